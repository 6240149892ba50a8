# Who is the primary, by a person's word: `ecp-node step-down` and `ecp-node promote`. Sourced by ecp-node.
# shellcheck shell=bash disable=SC2154

# usage: mirrored KEY -> what the monitor saw of the mirror
mirrored() { monitored mirror | sed -n "s/^$1|//p"; }

require_member() {
  is_member || complain 2 'ecp-node: this server is no member of a mirror'
}

# The planned way: the primary is stopped in good order, which hands over to an active backup, and joins as backup when it starts again (High
# Availability Guide, "Maintenance of Primary Failover Member"). The container and its ISCAgent stay up. Ends with 0 when this member is the
# backup of another primary.
step_down() {
  local end=$((SECONDS + 300)) backup role turn
  require_member
  role="$(mirrored role)" backup="$(mirrored backup)"
  [[ "$role" == primary ]] || complain 1 "ecp-node: this member is not the primary, it is ${role:-not in the mirror}"
  [[ "$backup" == active ]] || complain 1 "ecp-node: the other member is no active backup (${backup:-away}): it would not take over"
  exec {turn}>>"$RUN/step-down.lock"
  flock -n "$turn" || complain 1 'ecp-node: a switch-over is going on already'
  iris stop "$INSTANCE" quietly >"$RUN/step-down.log" 2>&1 {turn}>&- || complain 1 "ecp-node: InterSystems IRIS could not be stopped: $(last_words)"
  iris start "$INSTANCE" quietly >"$RUN/step-down.log" 2>&1 {turn}>&- ||
    complain 1 "ecp-node: InterSystems IRIS did not start again: $(last_words); start the container $HOSTNAME again"
  rm -f "$RUN/monitor"
  until [[ "$(mirrored role)" == backup ]]; do
    [[ "$(mirrored role)" != primary ]] || complain 1 'ecp-node: the other member did not take over, this one is the primary again'
    ((SECONDS < end)) || complain 1 "ecp-node: this member is not back as the backup after 300 s: $(jq -r '"\(.state): \(.reason)"' "$RUN/state.json")"
    sleep 0.5
  done
}

last_words() { tail -c 300 "$RUN/step-down.log" | tr -s '\n' ' '; }

# By hand, when the other member is known to be down. It is forced down if it is not.
promote() {
  local answer
  require_member
  [[ "$(mirrored role)" != primary ]] || return 0
  rm -f "$RUN/promoted"
  session 120 'do ##class(EcpCluster.Mirror).Promote()' || true
  answer="$(head -n 1 "$RUN/promoted" 2>/dev/null || echo 'no answer within 120 s')"
  [[ "$answer" == ok ]] || complain 1 "ecp-node: this member is not the primary: $answer"
}
