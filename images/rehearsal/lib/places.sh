# Places for the processes that commands make, as many as the memory limit bears: without a bound the kernel would end the server's own
# parts. Sourced by ecp-node.
# shellcheck shell=bash disable=SC2154

# Measured: a session takes 1.0 to 1.4 MiB of an application server, its TLS included, and 1.4 MiB of a data server.
readonly SPARE_PLACES=8 MOST_PLACES=120 # 120 sessions with a sync each are within what the data server takes from one address

# -> the memory limit in MiB; nothing when there is none
memory_limit() {
  local file bytes=
  for file in /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes; do
    [[ ! -r $file ]] || read -r bytes <"$file" || true
  done
  [[ ! $bytes =~ ^[0-9]{1,15}$ ]] || printf '%d' $((bytes / 1048576))
}

# What the server itself and the start of a command take stays free: on the data server also its share of each remote connection.
session_places() {
  local own=32 limit places=$MOST_PLACES
  [[ $ECP_ROLE == app-server ]] || own=96
  limit=$(memory_limit)
  [[ -z $limit ]] || places=$(((limit - own) * 2 / 3))
  ((places >= 4)) || places=4
  ((places <= MOST_PLACES)) || places=$MOST_PLACES
  printf '%d' "$places"
}

# usage: take_place SECONDS; SECONDS is 0 for a session. Commands that end by themselves find some places that sessions leave them.
take_place() {
  local places most lock pid taken=0 comm gone=()
  # Where memory runs out anyway, a command ends before a part of the server does.
  { echo 500 >/proc/self/oom_score_adj; } 2>/dev/null || true
  most=$(session_places)
  places=$((most + ($1 ? SPARE_PLACES : 0)))
  [[ -d $RUN/places ]] || mkdir -p "$RUN/places"
  exec {lock}>"$RUN/places.lock"
  flock -w 8 "$lock" || complain 3 'this server is busy starting other commands'
  for pid in "$RUN"/places/*; do
    pid=${pid##*/} comm=
    { read -r comm <"/proc/$pid/comm"; } 2>/dev/null || true
    if [[ $comm == mumps || $comm == ecp-node ]]; then ((++taken)); else gone+=("$RUN/places/$pid"); fi
  done
  [[ -z ${gone[*]:-} ]] || rm -f "${gone[@]}"
  ((taken < places)) || complain 3 "all $most places for sessions on this server are taken: end one, or give the server more memory (memoryMiB)"
  : >"$RUN/places/$$"
  exec {lock}>&-
}
