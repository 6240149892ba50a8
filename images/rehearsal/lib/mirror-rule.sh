# The rule by which two members and an arbiter decide who is the primary (docs/mirror.md). Pure: no input, no output, no process, no clock.
# Each function takes one thing that happened and changes the variables of the one that it happened to. What is persistent must be on the disk
# before it is published or acted on; __tests__/images/mirror-rule.test.ts runs these functions in all orders.
#
# Of a member persistent: role (none, primary, backup), e and k (the version of the mirror: epoch and step), mode (with, alone: does a sync need
# the backup? a backup at mode `with` is active), yielded. In memory: serving, want (none, alone, takeover), follow (the arbiter that it listens
# to), acks (with, alone: what the sync job does), same_run (a promotion goes on with the run of before).
# Of the arbiter in memory only: incarnation, e, k, mode, primary, known, heard (names).
# What the peer says is peer_*, what the arbiter says arbiter_*, what a member says to the arbiter member_*.
# shellcheck shell=bash disable=SC2034,SC2154 # its variables are those of the one that sources it

# usage: newer E K THAN-E THAN-K
newer() { (($1 > $3 || ($1 == $3 && $2 > $4))); }

be_primary() { role=primary e=$1 k=$2 mode=alone acks=alone serving=1 want=none same_run=${3:-0}; }

# A backup of an epoch that it meets for the first time is not active, whatever the primary says: it has confirmed nothing in it yet.
be_backup() { role=backup e=$1 k=$2 mode=alone acks=with serving=0 want=none yielded=0 same_run=0; }

resume() { [[ $role != primary || $mode != alone || $serving == 1 ]] || serving=1 acks=alone; }

# usage: hear_peer; knows also `first` (1: this member begins when both are empty) and `waited` (3 s without a way on)
hear_peer() {
  if [[ $peer_role == primary ]] && { [[ $role == none ]] || ((peer_e > e)); }; then
    be_backup "$peer_e" "$peer_k"
  elif [[ $role == none ]]; then
    [[ $peer_role != none || $first == 0 ]] || be_primary 1 0
  elif ((peer_e > e)); then
    return 0 # it has heard that this one is to be the primary
  elif [[ $role == primary ]]; then
    hear_backup
  elif [[ $peer_role == primary ]] && ((peer_e == e)); then
    hear_primary
  fi
}

hear_primary() {
  ! newer "$peer_e" "$peer_k" "$e" "$k" || k=$peer_k mode=$peer_mode
  [[ $mode == with && $peer_k == "$k" ]] || { want=none && return 0; }
  if [[ $peer_yielded == 1 ]]; then
    be_primary $((e + 1)) 0 1
  elif [[ $peer_serving == 1 ]]; then
    want=none
  else
    want=takeover
  fi
}

hear_backup() {
  if [[ $peer_role == primary ]] && ((peer_e == e)); then
    serving=0 # two by hand: only a hand can end it
  elif [[ $mode == alone ]]; then
    resume
  elif [[ $yielded == 1 ]]; then
    return 0
  elif [[ $peer_role == none || ($peer_mode == alone && $peer_e == "$e" && $peer_k == "$k") ]]; then
    want=alone # it has lost its data
  else
    want=none
    # A backup that confirms is no primary: what is acknowledged from here on, it has.
    [[ $peer_mode != with || $peer_e != "$e" || $peer_k != "$k" || $waited == 0 ]] || serving=1 acks=with
  fi
}

# An arbiter without memory asks who follows it before it knows anything. So a decision of another incarnation never counts.
hear_arbiter() {
  [[ $arbiter_incarnation == "$follow" ]] || { follow=$arbiter_incarnation && return 0; }
  [[ $arbiter_known == 1 ]] || return 0
  newer "$arbiter_e" "$arbiter_k" "$e" "$k" || { resume && return 0; }
  if [[ $arbiter_primary != "$name" ]]; then
    if [[ $role == none ]] || ((arbiter_e > e)); then
      be_backup "$arbiter_e" "$arbiter_k"
    elif [[ $role == backup ]]; then
      k=$arbiter_k mode=$arbiter_mode want=none
    fi
  elif [[ $role == backup && $mode == with ]] && ((arbiter_e == e + 1 && arbiter_k == 0)); then
    be_primary "$arbiter_e" 0
  elif [[ $role == primary && $mode == with && $yielded == 0 && $arbiter_mode == alone ]] && ((arbiter_e == e && arbiter_k == k + 1)); then
    be_primary "$e" "$arbiter_k"
  fi
}

# usage: look_at_clock; peer_lost: not heard for 2 s. isolated: neither the peer nor the arbiter has been heard. unwell: this member cannot serve.
# caught_up: the backup confirms on trial. confirmed: it has confirmed a number that was noted after acks became `with`.
look_at_clock() {
  if [[ $role == backup ]]; then
    [[ $mode != with || $peer_lost == 0 ]] || want=takeover
  elif [[ $role == primary && $mode == with && $yielded == 0 ]]; then
    [[ $peer_lost == 0 ]] || want=alone
    [[ $isolated == 0 && $unwell == 0 ]] || serving=0
  elif [[ $role == primary && $mode == alone ]]; then
    [[ $waited == 0 ]] || resume
    if [[ $serving == 0 || $peer_lost == 1 ]]; then
      acks=alone
    elif [[ $caught_up == 1 ]]; then
      acks=with
    elif [[ $acks == with && $confirmed == 1 ]]; then
      ((++k)) && mode=with
    else
      acks=alone
    fi
  fi
}

# usage: yield; when the door is shut, requests have ended and the backup has confirmed the last number. It is final: the backup may act on the
# word at any time from now on.
yield() { [[ $role != primary || $mode != with || $serving == 0 ]] || yielded=1 serving=0 want=none; }

# usage: promote_by_hand; whoever calls it answers for the other member
promote_by_hand() { yielded=0 && be_primary $((e + 1)) 0; }

# usage: arbiter_hears NAME OTHER; other_down: OTHER has not answered for 2 s, or says that it does not serve
arbiter_hears() {
  [[ $member_follow == "$incarnation" ]] || return 0
  [[ " $heard " == *" $1 "* ]] || heard+=" $1"
  if newer "$member_e" "$member_k" "$e" "$k" || [[ $member_role == primary && $member_e == "$e" && $member_k == "$k" ]]; then
    e=$member_e k=$member_k mode=$member_mode primary=$2
    [[ $member_role != primary ]] || primary=$1
  fi
  [[ " $heard " != *" $2 "* && ($member_role != primary || $member_mode != alone) ]] || known=1
  [[ $known == 1 && $mode == with && $member_mode == with && $member_e == "$e" && $member_k == "$k" ]] || return 0
  if [[ $member_want == alone && $member_role == primary && $member_yielded == 0 && $primary == "$1" ]]; then
    ((++k)) && mode=alone
  elif [[ $member_want == takeover && $member_role == backup && $primary == "$2" && $other_down == 1 ]]; then
    ((++e)) && k=0 mode=alone primary=$1
  fi
}
