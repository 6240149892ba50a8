# Answers questions to the rule, one a line, until the input ends. usage: bash mirror-rule.sh RULE
# shellcheck shell=bash disable=SC2034,SC2154 # the rule's variables
set -Eeuo pipefail
# shellcheck source=/dev/null
. "$1"
set -f
while read -r line; do
  # shellcheck disable=SC2086 # words
  set -- $line
  what=$1
  if [[ $what == arbiter ]]; then
    incarnation=$2 e=$3 k=$4 mode=$5 primary=$6 known=$7 heard=${8//,/ }
    member_role=${11} member_e=${12} member_k=${13} member_mode=${14} member_yielded=${15} member_serving=${16} member_want=${17} member_follow=${18} other_down=${19}
    heard=${heard#-}
    arbiter_hears "$9" "${10}"
    heard=${heard# } heard=${heard:--}
    echo "$incarnation $e $k $mode $primary $known ${heard// /,}"
    continue
  fi
  name=$2 role=$3 e=$4 k=$5 mode=$6 yielded=$7 serving=$8 want=$9 follow=${10} acks=${11} same_run=${12} first=0
  [[ $name != a ]] || first=1
  shift 12
  case $what in
    hear_peer) peer_role=$1 peer_e=$2 peer_k=$3 peer_mode=$4 peer_yielded=$5 peer_serving=$6 waited=$9 ;;
    hear_arbiter) arbiter_incarnation=$1 arbiter_e=$2 arbiter_k=$3 arbiter_mode=$4 arbiter_primary=$5 arbiter_known=$6 ;;
    look_at_clock) peer_lost=$1 isolated=$2 unwell=0 waited=$3 caught_up=$4 confirmed=$5 ;;
  esac
  "$what"
  echo "$role $e $k $mode $yielded $serving $want $follow $acks $same_run"
done
