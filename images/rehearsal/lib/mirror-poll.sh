# What the peers and the arbiter say of themselves, asked through the local HAProxy (haproxy/mirror.cfg, arbiter.cfg) without a process. One question
# to each at a time: the rule counts on answers in the order of the questions. Sourced by mirror-agent.sh and arbiter.sh.
# shellcheck shell=bash disable=SC2034,SC2154
declare -A asking=() asked_at=() heard_at=() # by port: descriptor, microseconds

# Not heard for so long is lost, in microseconds. A primary that hears nobody stops to serve some time before anybody takes over.
readonly LOST=2500000 ISOLATED=1800000

now() { printf -v at %s "${EPOCHREALTIME/[.,]/}"; }

ask() { # usage: ask PORT
  local fd
  [[ -z ${asking[$1]:-} ]] || return 0
  { exec {fd}<>"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null || return 0
  asking[$1]=$fd
  now
  asked_at[$1]=$at
  printf 'GET /mirror HTTP/1.0\r\n\r\n' 1>&"$fd" 2>/dev/null || hang_up "$1"
}

hang_up() { # usage: hang_up PORT; what comes on it now, nobody hears
  local fd=${asking[$1]}
  asking[$1]=
  exec {fd}>&-
}

# usage: answer PORT SECONDS -> `said`; 1 when there is none yet
answer() {
  local line rc fd=${asking[$1]:-}
  said=
  [[ -n $fd ]] || return 1
  while rc=0 && { IFS= read -r -t "$2" -u "$fd" line || rc=$?; } && ((rc == 0)); do
    [[ $line != name=* ]] || { said=${line%$'\r'} && break; }
  done
  now
  if [[ -n $said ]]; then
    heard_at[$1]=$at
    hang_up "$1"
    return 0
  fi
  ((rc > 128 && at - asked_at[$1] < 1000000)) || hang_up "$1"
  return 1
}

# usage: is_lost PORT [MICROSECONDS]
is_lost() { ((at - ${heard_at[$1]:-0} > ${2:-$LOST})); }

# usage: take_apart PREFIX; sets PREFIX_role and so on from `said`; 1 when it is not of that form
take_apart() {
  local pair key value
  for key in role mode want follow primary incarnation; do printf -v "$1_$key" %s -; done
  for key in e k yielded serving joined known; do printf -v "$1_$key" %s 0; done
  for pair in $said; do
    key=${pair%%=*} value=${pair#*=}
    case $key in
      role | mode | want | follow | primary | incarnation) [[ $value =~ ^[A-Za-z0-9._-]{1,63}$ ]] || return 1 ;;
      e | k) [[ $value =~ ^(0|[1-9][0-9]{0,14})$ ]] || return 1 ;;
      yielded | serving | joined | known) [[ $value == [01] ]] || return 1 ;;
      *) continue ;;
    esac
    printf -v "$1_$key" %s "$value"
  done
}
