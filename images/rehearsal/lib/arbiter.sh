# The arbiter of a mirror: hears both members, and decides which of them may go on without the other (lib/mirror-rule.sh). It keeps nothing: a fresh
# one decides nothing before it has heard who the members are. Sourced by ecp-entrypoint.
# shellcheck shell=bash disable=SC2034,SC2154 # its variables are the rule's, and shared with ecp-entrypoint

# shellcheck source=host-names.sh
. /opt/ecp/lib/host-names.sh
# shellcheck source=mirror-rule.sh
. /opt/ecp/lib/mirror-rule.sh
# shellcheck source=mirror-poll.sh
. /opt/ecp/lib/mirror-poll.sh
# shellcheck source=mirror-publish.sh
. /opt/ecp/lib/mirror-publish.sh
read -r ECP_MIRROR_FIRST ECP_MIRROR_SECOND ECP_REST <<<"${ECP_MIRROR_MEMBERS:-}"
[[ -n $ECP_MIRROR_SECOND && -z $ECP_REST ]] || refuse "ECP_MIRROR_MEMBERS must name two servers, got '${ECP_MIRROR_MEMBERS:-}'"
export ECP_MIRROR_FIRST ECP_MIRROR_SECOND ECP_MIRROR_FIRST_NAMED ECP_MIRROR_SECOND_NAMED
ECP_MIRROR_FIRST_NAMED=$(names_pattern "$ECP_MIRROR_FIRST") ECP_MIRROR_SECOND_NAMED=$(names_pattern "$ECP_MIRROR_SECOND")
mkdir -p "$RUN/mirror"
printf 'line name=%s\n' "$HOSTNAME" >"$RUN/mirror.map"

# shellcheck disable=SC2120 # hand_over passes arguments
start_haproxy() { start_part haproxy haproxy -db "${HAPROXY[@]}" "$@"; }

start_role() {
  # shellcheck disable=SC2119
  start_haproxy
  await_haproxy 2991
  start_agent
}

start_agent() { start_part agent arbitrate; }

on_event() { [[ $1 != beat ]] || ((haproxy_silence > 1)) || set_state Normal "${warning:-}"; }

arbitrate() {
  local beat_at=0 idle
  trap 'exit 0' TERM
  trap : PIPE
  mkfifo "$RUN/mirror/idle" 2>/dev/null || true
  exec {idle}<>"$RUN/mirror/idle"
  incarnation=$(</proc/sys/kernel/random/uuid) e=0 k=0 mode=alone primary=- known=0 heard=
  declare -A serves=()
  now
  heard_at[2991]=$at heard_at[2992]=$at
  while true; do
    ask 2991
    ask 2992
    hear 2991 "$ECP_MIRROR_FIRST" 2992 "$ECP_MIRROR_SECOND"
    hear 2992 "$ECP_MIRROR_SECOND" 2991 "$ECP_MIRROR_FIRST"
    publish_decision
    now
    ((at - beat_at < 1500000)) || { beat_at=$at && echo beat >&3; }
    read -r -t 0.15 -u "$idle" _ || true
  done
}

# usage: hear PORT NAME OTHER-PORT OTHER
hear() {
  local decided="$e.$k $mode $primary"
  answer "$1" 0.2 && take_apart member || return 0
  serves[$1]=$member_serving
  other_down=0
  if is_lost "$3" || [[ ${serves[$3]:-1} == 0 ]]; then other_down=1; fi
  arbiter_hears "$2" "$4"
  [[ $decided == "$e.$k $mode $primary" ]] || log "mirror $ECP_MIRROR: $primary is the primary at $e.$k, $mode its backup"
}

publish_decision() {
  local line="name=$HOSTNAME role=arbiter incarnation=$incarnation e=$e k=$k mode=$mode primary=$primary known=$known" facts port
  [[ $line == "${published:-}" ]] || { mirror_publish "$line" && published=$line; } || true
  printf -v facts '%s\n' "epoch $e" "mode $mode" "primary $primary" "known $known"
  for port in 2991 2992; do
    if is_lost "$port"; then facts+="peer$port Not Connected"$'\n'; else facts+="peer$port Normal"$'\n'; fi
  done
  [[ $facts == "${described:-}" ]] || { printf '%s' "$facts" >"$RUN/mirror/facts.new" && mv "$RUN/mirror/facts.new" "$RUN/mirror/facts" && described=$facts; }
}
