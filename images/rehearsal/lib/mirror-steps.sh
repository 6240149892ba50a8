# What the rule has decided, done: first on the disk, then published, then to the database and the door. Sourced by mirror-agent.sh.
# shellcheck shell=bash disable=SC2034,SC2153,SC2154 # its variables are the rule's and those of mirror-agent.sh

load_member() {
  local text=
  role=none e=0 k=0 mode=alone yielded=0
  { read -r text <"$MEMBER_STATE"; } 2>/dev/null || true
  if [[ $text =~ ^role=(none|primary|backup)\ e=([0-9]{1,15})\ k=([0-9]{1,15})\ mode=(with|alone)\ yielded=([01])$ ]]; then
    role=${BASH_REMATCH[1]} e=${BASH_REMATCH[2]} k=${BASH_REMATCH[3]} mode=${BASH_REMATCH[4]} yielded=${BASH_REMATCH[5]}
  elif [[ -e $MEMBER_STATE ]]; then
    mirror_says "$MEMBER_STATE cannot be read: $SEED_IT"
    while true; do mirror_idle 60; done
  fi
  kept="role=$role e=$e k=$k mode=$mode yielded=$yielded"
  was_primary=0
  [[ $role$yielded != primary0 ]] || was_primary=1
}

# A member that cannot note what it is stays what it was: it starts again.
keep_member() {
  local text="role=$role e=$e k=$k mode=$mode yielded=$yielded"
  [[ $text != "$kept" ]] || return 0
  # What a backup has caught up with is later in its journal than it was acknowledged.
  [[ $role != backup ]] || end_timeline
  { echo "$text" >"$MEMBER_STATE.new" && sync "$MEMBER_STATE.new" && mv "$MEMBER_STATE.new" "$MEMBER_STATE" && sync /durable; } 2>/dev/null ||
    { log "error: $MEMBER_STATE cannot be written (is the disk full?)" >&2 && exit 1; }
  kept=$text
  log "mirror $ECP_MIRROR: $text"
}

before() { role_before=$role serving_before=$serving; }

do_steps() {
  local changed=$kept is
  # What ends, ends before it is noted that it has.
  ((!open || serving)) || shut || true
  [[ $role_before != backup || $role != primary ]] || mirror_stop_confirming
  [[ $role == primary ]] || was_primary=0
  keep_member
  [[ $kept == "$changed" ]] || publish
  { read -r is <"$RUN/mirror/role"; } 2>/dev/null || is=undecided
  case $role in
    primary) be_a_primary "$is" ;;
    backup) be_a_backup "$is" ;;
    none) mirror_waits "waits for the other member, $ECP_MIRROR_PEER" ;;
  esac
}

# Tried again at the next step when HAProxy does not answer.
shut() {
  ! mirror_shut_door || open=0
  ((!open))
}

be_a_primary() {
  local run
  if [[ $serving == 0 ]]; then
    [[ $1 == primary ]] || mirror_waits "$(why_not)"
    return
  fi
  if [[ $1 != primary ]]; then
    publish
    # One that was stopped in order and was nobody's backup since goes on with its run.
    run=new
    if [[ $same_run == 1 || ($was_primary == 1 && $1 == undecided) ]]; then run=same; fi
    mirror_promote "$run" || { serving=0 && log "error: cannot become the primary: $(<"$RUN/mirror/fault")" >&2 && return; }
    job_mode=closed
  fi
  [[ $job_mode == "$acks $e" ]] || { switch_job "$acks" && job_mode="$acks $e"; } || return 0
  waits=
  # Also one that was shut in part.
  [[ $open == 1 && ! -e $RUN/mirror/shut ]] || { mirror_open_door && open=1 && publish && log "serves as the primary of $ECP_MIRROR ($e.$k $mode)"; } || true
}

# A job that has not answered in time may have switched: what it does is not known until it has answered.
switch_job() { # usage: switch_job with|alone|closed
  job_mode=unknown
  mirror_sync_mode "$1" "$e"
}

be_a_backup() {
  local fault
  if [[ $1 == primary || ($1 == backup && $following != "$e") ]]; then
    # Also from the epoch of before, whose history may not be this one's.
    if [[ $following$1 != 0backup ]]; then
      publish
      mirror_demote || true
      return 0
    fi
    following=$e
  fi
  if [[ $1 == undecided ]]; then
    { read -r fault <"$RUN/mirror/fault"; } 2>/dev/null || fault=
    mirror_waits "${fault:-waits for the primary, $ECP_MIRROR_PEER}"
    [[ $peer_role == primary && $peer_e == "$e" && $peer_serving == 1 ]] && ((at - ${followed_at:-0} > 2000000)) || return 0
    followed_at=$at
    following=$e
    mirror_join || true
  elif [[ $1 == backup && $job_mode != "confirm $e" ]]; then
    ! mirror_confirming "$e" || job_mode="confirm $e"
  fi
}

mirror_waits() { [[ ${waits:-} == "$1" ]] || { waits=$1 && mirror_says "$1"; }; }

why_not() {
  if [[ $yielded == 1 ]]; then
    echo "has handed over to $ECP_MIRROR_PEER, which has not taken over; ecp-node promote on one of them decides"
  elif [[ $mode == with && -n ${ECP_MIRROR_ARBITER:-} ]]; then
    echo "waits for $ECP_MIRROR_PEER, or for the arbiter to let it go on alone"
  elif [[ $mode == with ]]; then
    echo "waits for $ECP_MIRROR_PEER; without it, ecp-node promote lets this member go on alone"
  else
    echo "waits for $ECP_MIRROR_PEER or the arbiter to say that nobody else is the primary"
  fi
}

publish() {
  local line joined=0 active=0
  [[ $role != backup || $job_mode != "confirm $e" || ${well:-0} != 1 ]] || joined=1
  [[ $role$mode != backupwith ]] || active=1
  line="name=$name $kept active=$active serving=$open want=$want follow=$follow joined=$joined"
  [[ $line == "${published:-}" ]] || { mirror_publish "$line" && published=$line; } || true
  describe_member
  [[ $facts == "${described:-}" ]] || { printf '%s' "$facts" >"$RUN/mirror/facts.new" && mv "$RUN/mirror/facts.new" "$RUN/mirror/facts" && described=$facts; }
}

# For `status`: what lib/mirror-state.sh makes JSON of.
describe_member() {
  local backup=away arbiter=none failover='by hand'
  now
  if [[ $mode == with ]]; then
    backup=active
  elif [[ $role == backup && $following != 0 ]] || { [[ $role$peer_role == primarybackup ]] && ! is_lost "$PEER"; }; then
    backup='catching up'
  fi
  [[ $role != primary || $mode != with ]] || ! is_lost "$PEER" || backup=away
  if [[ -n ${ECP_MIRROR_ARBITER:-} ]]; then
    arbiter=connected
    ! is_lost "$ARBITER" || arbiter=away
    [[ $arbiter$arbiter_known$mode != connected1with ]] || failover=automatic
  fi
  printf -v facts '%s\n' "role $role" "epoch $e" "step $k" "mode $mode" "backup $backup" "arbiter $arbiter" "failover $failover" "serving $open" "state ${waits:-}"
}

# The door is shut, requests have ended, the backup has the last number: then the word is given that cannot be taken back. A backup that is slow at the
# moment is found with the door open; once it is shut all must be done within the 9 s for which clients ask again (m/ecpnode.m).
hand_over_to_peer() {
  log "hands over to $ECP_MIRROR_PEER"
  text="$ECP_MIRROR_PEER has not confirmed the last writes: this member goes on" code=3
  mirror_confirmed || return 0
  mirror_drain || true
  if within 2 close_and_confirm; then
    text=
    before && yield && do_steps && publish
  else
    do_steps
  fi
}

close_and_confirm() { shut && { [[ $job_mode == closed ]] || switch_job closed; } && job_mode=closed && mirror_confirmed; }

# usage: within SECONDS COMMAND...; again until it is done, last begun after so many seconds
within() {
  local end=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000))
  until "${@:2}"; do
    ((${EPOCHREALTIME/[.,]/} < end)) || return 1
    mirror_idle 0.1
  done
}
