# A member's part in the mirror: hears the peer and the arbiter, asks the rule (lib/mirror-rule.sh), and has it done (lib/mirror-steps.sh). A part of
# its own, so that nothing that takes time keeps it from hearing. Sourced by mirror-database.sh.
# shellcheck shell=bash disable=SC2034,SC2154 # its variables are the rule's

# shellcheck source=mirror-rule.sh
. /opt/ecp/lib/mirror-rule.sh
# shellcheck source=mirror-poll.sh
. /opt/ecp/lib/mirror-poll.sh
# shellcheck source=mirror-steps.sh
. /opt/ecp/lib/mirror-steps.sh
readonly MEMBER_STATE=/durable/.ecp-mirror PEER=2991 ARBITER=2992

start_agent() { start_part agent mirror_agent; }

mirror_agent() {
  local commands word
  trap 'exit 0' TERM
  trap : PIPE
  name=$HOSTNAME first=0 want=none follow=- acks=closed serving=0 same_run=0
  [[ $ECP_MIRROR_MEMBERS != "$name "* ]] || first=1
  [[ -p $RUN/mirror/commands ]] || mkfifo "$RUN/mirror/commands"
  exec {commands}<>"$RUN/mirror/commands"
  now
  heard_at[$PEER]=$at heard_at[$ARBITER]=$at answered_at=$at tried_at=0 waiting_since=$at unserving_since=$at unwell_since=0
  open=0 job_mode=closed following=0
  peer_role=- peer_joined=0 peer_serving=0 peer_e=0 arbiter_known=0
  load_member
  # What a process before this one left open is no longer known to be right.
  mirror_shut_door || true
  mirror_sync_mode closed 0 || true
  before && do_steps
  while true; do
    listen_to_others
    note_times
    before && look_at_clock && do_steps
    bring_up
    publish
    word=
    set_pause
    IFS= read -r -t "$pause" -u "$commands" word || true
    [[ -z $word ]] || obey "$word"
  done
}

# What is being decided is asked for more often.
set_pause() {
  pause=0.25
  [[ $want == none && $role$serving != primary0 && $role$peer_serving != backup0 ]] || pause=0.05
}

listen_to_others() {
  ask $PEER
  [[ -z ${ECP_MIRROR_ARBITER:-} ]] || ask $ARBITER
  if answer $PEER 0.3 && take_apart peer; then
    # To a primary a backup that does not confirm is as good as none: one that has not joined, or has not answered the job (m/ecpmirror.m).
    # It counts as reached nevertheless.
    answered_at=${heard_at[$PEER]}
    [[ $role$mode != primarywith || ! -e $RUN/mirror/unconfirmed ]] || peer_joined=0 confirmed_at=0
    [[ $role$mode != primarywith || $peer_joined == 1 ]] || heard_at[$PEER]=${confirmed_at:-0}
    confirmed_at=${heard_at[$PEER]}
    # One that has just started may go on by itself.
    ((peer_serving == 0)) || unserving_since=$at
    ((at - unserving_since > 1000000)) || peer_serving=1
    has_waited 800000
    before && hear_peer && do_steps
  fi
  if answer $ARBITER 0.1 && take_apart arbiter; then
    before && hear_arbiter && do_steps
  fi
}

# usage: has_waited MICROSECONDS
has_waited() {
  now
  waited=0
  if [[ $role != primary || $serving == 1 ]] || ((unwell_since)); then waiting_since=$at; elif ((at - waiting_since > $1)); then waited=1; fi
}

# The clock's words for the rule. A server in Trouble for some seconds lets the other one have it.
note_times() {
  local text=
  has_waited 4000000
  peer_lost=0 arbiter_lost=0 caught_up=0 confirmed=0 unwell=0
  ! is_lost $PEER || peer_lost=1
  ! is_lost $ARBITER || arbiter_lost=1
  [[ -n ${ECP_MIRROR_ARBITER:-} ]] || arbiter_lost=1
  isolated=0
  ! { ((at - answered_at > ISOLATED)) && { [[ -z ${ECP_MIRROR_ARBITER:-} ]] || is_lost $ARBITER $ISOLATED; }; } || isolated=1
  { read -r text <"$RUN/state.json"; } 2>/dev/null || true
  well=0
  [[ $text != *'"state":"Normal"'* ]] || well=1
  if [[ $role$open == primary1 && $text == *'"state":"Trouble"'* ]]; then
    ((unwell_since)) || unwell_since=$at
    ((at - unwell_since < 3000000)) || unwell=1
  elif ((unwell_since && at - unwell_since > 20000000)) || [[ $well == 1 ]]; then
    unwell_since=0
  fi
}

# A primary alone whose backup confirms, first as a trial, then for good.
bring_up() {
  [[ $role$mode$serving == primaryalone1 && $peer_joined$peer_lost$open == 101 && $peer_e == "$e" ]] && ((at - tried_at > 1000000)) || return 0
  tried_at=$at
  if ! mirror_confirmed; then return; fi
  caught_up=1
  before && look_at_clock && do_steps
  caught_up=0
  # What counts is confirmed after no sync is answered without the backup any more.
  [[ $job_mode != "with $e" ]] || ! mirror_confirmed || confirmed=1
  before && look_at_clock && do_steps
  confirmed=0
}

# usage: obey "WORD ID"; from ecp-node, which gets its answer as a line in a file: ok, or an exit code and a sentence
obey() {
  local id=${1#* } text='' code=1
  [[ $id =~ ^[0-9]{1,10}$ ]] || return 0
  case $1 in
    step-down\ *) step_down ;;
    promote\ *) promote_on_request ;;
  esac
  echo "${text:+$code }${text:-ok}" >"$RUN/mirror/said.$id.new" && mv "$RUN/mirror/said.$id.new" "$RUN/mirror/said.$id"
}

step_down() {
  if [[ $role != primary ]]; then text='this member is not the primary'; elif [[ $mode != with || $serving != 1 || $peer_joined != 1 ]]; then text='there is no active backup that could take over'; else hand_over_to_peer; fi
}

promote_on_request() {
  now
  if [[ $role$serving == primary1 && $mode == alone ]]; then
    return 0
  elif [[ $role != primary ]] && ! is_lost $PEER && [[ $peer_role$peer_serving == primary1 ]]; then
    text="$ECP_MIRROR_PEER is the primary and serves: use step-down there"
  else
    before && promote_by_hand && do_steps && publish
  fi
}
