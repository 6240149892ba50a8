# What `status` reports of a mirror, and what a person asks a member of it. Sourced by ecp-node.
# shellcheck shell=bash disable=SC2154

# shellcheck source=mirror-hooks.sh
. /opt/ecp/lib/mirror-hooks.sh
# shellcheck source=mirror-peer.sh
. /opt/ecp/lib/mirror-peer.sh

# usage: mirror_status -> JSON, from what the agent or the arbiter notes (lines of a key and words)
mirror_status() {
  local lag=- backup
  backup=$(fact backup)
  [[ $ECP_ROLE == arbiter || $(fact role) != primary || $backup == away ]] || lag=$(mirror_lag "$backup" 2>/dev/null) || lag=-
  jq -Rcn --arg name "$ECP_MIRROR" --arg lag "$lag" --arg role "$ECP_ROLE" '
    [inputs | capture("^(?<key>[a-z]+) ?(?<value>.*)$")] | from_entries
    | if $role == "arbiter" then {name: $name, role: "arbiter", primary, epoch: (.epoch | tonumber), mode, known: (.known == "1")}
      else {name: $name, role, state, epoch: (.epoch | tonumber), mode, backup, arbiter, failover, lag: ($lag | tonumber? // null)} end
  ' "$RUN/mirror/facts" 2>/dev/null || jq -cn --arg name "$ECP_MIRROR" '{name: $name, role: "none", state: "starting", epoch: 0, mode: "alone", backup: "away", arbiter: "away", failover: "by hand", lag: null}'
}

fact() { sed -n "s/^$1 //p" "$RUN/mirror/facts" 2>/dev/null; }

# What the arbiter says of the two.
mirror_peers() {
  # shellcheck disable=SC2086 # two names
  printf '%s\n' ${ECP_MIRROR_MEMBERS:-} | jq -Rcn --arg first "$(fact peer2991)" --arg second "$(fact peer2992)" '[[inputs], [$first, $second]] | transpose | map({name: .[0], state: .[1]})'
}

# usage: ask_agent step-down|promote; its sentence is the failure
ask_agent() {
  local answer='' tries=0
  [[ $ECP_ROLE == data-server && -n ${ECP_MIRROR:-} ]] || complain 2 "'$1' is for a member of a mirror"
  [[ -p $RUN/mirror/commands ]] || complain 3 'this member is starting'
  rm -f "$RUN/mirror/said.$$"
  echo "$1 $$" 1<>"$RUN/mirror/commands"
  while ((tries++ < 400)) && ! { read -r answer <"$RUN/mirror/said.$$"; } 2>/dev/null; do mirror_idle 0.05; done
  rm -f "$RUN/mirror/said.$$"
  [[ -n $answer ]] || complain 1 'this member has not answered within 20 s'
  [[ $answer == ok ]] || complain "${answer%% *}" "${answer#* }"
}

step_down() {
  ask_agent step-down
  await_other
}

# Until the other member says that it serves, at most 20 s.
await_other() {
  local tries=0
  while ((tries++ < 200)); do
    ask_peer || true
    [[ $peer_line != *' role=primary '*' serving=1 '* ]] || return 0
    mirror_idle 0.05
  done
  complain 1 'the other member has not taken over within 20 s: see status of both, and promote one of them'
}
