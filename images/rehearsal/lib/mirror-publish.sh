# What a member or the arbiter says of itself, from a map of HAProxy. Sourced by mirror-hooks.sh and arbiter.sh.
# shellcheck shell=bash disable=SC2154

# What GET /mirror answers, and what a HAProxy that starts next knows. usage: mirror_publish LINE
mirror_publish() {
  mirror_line=$1
  set_map line "${1// /\\ }"
}

set_map() { # usage: set_map KEY VALUE
  local answer
  printf 'serving %s\nline %s\n' "${mirror_serving:-0}" "${mirror_line:-name=$HOSTNAME}" >"$RUN/mirror.map.new"
  mv "$RUN/mirror.map.new" "$RUN/mirror.map"
  { exec {answer}<>/dev/tcp/127.0.0.1/9999; } 2>/dev/null || return 1
  printf 'set map %s %s %s; set map %s serving %s\n' "$RUN/mirror.map" "$1" "$2" "$RUN/mirror.map" "${mirror_serving:-0}" >&"$answer"
  read -r -t 1 -u "$answer" _ || true
  exec {answer}>&-
}

# A HAProxy that has just started may have read the file before it changed. The agent changes the file before the map: what is read here and is in
# the file still was the newest.
repeat_map() {
  local key value told=
  until [[ $(<"$RUN/mirror.map") == "$told" ]]; do
    told=$(<"$RUN/mirror.map")
    while read -r key value; do haproxy_cli "set map $RUN/mirror.map $key ${value// /\\ }" >/dev/null || true; done <<<"$told"
  done
}
