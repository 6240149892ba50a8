# The second and further data servers of an application server. The first one is app-server.sh's; these have a way out, a job and a state of
# their own, which the server's state takes in. Sourced by app-server.sh.
# shellcheck shell=bash disable=SC2034,SC2154 # sourced: its variables are shared with ecp-entrypoint and config.env

declare -A remote_state=() remote_reason=() remote_heard=() remote_connected=() remote_diagnosing=()
primary_state='In Progress'

# usage: of_remote NUMBER NAME -> the value of ECP_<NAME>_<NUMBER>
of_remote() { local name=ECP_$2_$1; printf '%s' "${!name:-}"; }

# The first data server's way out with other names and ports; common.sh has the ports of the databases.
define_ways() {
  local i
  mkdir -p "$RUN/haproxy"
  for ((i = 2; i <= ECP_SERVERS; i++)); do
    export "ECP_NAMED_$i=$(names_pattern "$(of_remote "$i" ADDRESS)")"
    sed -E "1,/^frontend/{/^frontend/!d}; s/^(frontend|backend|    default_backend) (.*)/\1 \2-$i/; s/:2972/:$((2872 + 100 * i))/; s/:2981/:$((2881 + 100 * i))/
      s/sync\.sock/sync.$i.sock/; s/\\$\{ECP_(ADDRESS|NAMED|PORT)\}/\${ECP_\1_$i}/g" /opt/ecp/haproxy/app-server.cfg >"$RUN/haproxy/remote-$i.cfg"
    HAPROXY+=(-f "$RUN/haproxy/remote-$i.cfg")
  done
}

# usage: add_regions -> commands for GDE
add_regions() {
  local i name
  for ((i = 2; i <= ECP_SERVERS; i++)); do
    echo "add -segment ECP$i -file=$i:$(of_remote "$i" DIRECTORY)GTM.DAT"
    echo "add -region ECP$i -dynamic=ECP$i -record_size=32767 -key_size=700"
    while read -r name; do echo "add -name $name -region=ECP$i"; done < <(ECP_MAPPED=$(of_remote "$i" MAPPED) "$gtm_dist/mumps" -run names^ecpnode </dev/null)
  done
}

start_remotes() { local i; for ((i = 2; i <= ECP_SERVERS; i++)); do remote_state[$i]='In Progress' remote_reason[$i]=starting && start_remote "$i"; done; }

start_remote() { # usage: start_remote NUMBER; its job
  local touch
  read -r touch _ < <(ECP_MAPPED=$(of_remote "$1" MAPPED) "$gtm_dist/mumps" -run names^ecpnode </dev/null)
  touch=${touch%\*}
  remote_heard[$1]=${EPOCHREALTIME/[.,]/}
  start_part "remote-$1" claim_and_run "$(of_remote "$1" ADDRESS):$(of_remote "$1" PORT)" env "GTCM_$1=[127.0.0.1]:$((2881 + 100 * $1))" "ECP_TOUCH=^${touch:-ecp}" "ECP_WORD=remote $1 " \
    "$gtm_dist/mumps" -run ecpjob </dev/null >&3 2>/dev/null
}

renew_remote() {
  kill -9 "${parts[remote-$1]}" 2>/dev/null || true
  wait "${parts[remote-$1]}" 2>/dev/null || true
  start_remote "$1"
}

on_remote_event() { # usage: on_remote_event NUMBER EVENT; the event is a kind, and perhaps a text
  local kind=${2%% *} text=${2#* }
  [[ $kind == diagnosis ]] || remote_heard[$1]=${EPOCHREALTIME/[.,]/}
  case $kind in
    beat)
      if [[ -n ${remote_connected[$1]:-} && ${remote_state[$1]} != Normal ]]; then claim_again "$(of_remote "$1" ADDRESS):$(of_remote "$1" PORT)"; fi
      remote_connected[$1]=1 && set_remote "$1" Normal ''
      ;;
    error) remote_trouble "$1" '' "$text" ;;
    renew) renew_remote "$1" ;;
    diagnosis) [[ ${remote_state[$1]} == Normal ]] || set_remote "$1" "${text%% | *}" "${text#* | }" ;;
  esac
}

# A job that is silent has a data server that does not answer. Called at each sign of life of the first one's job.
look_at_remotes() {
  local i
  for ((i = 2; i <= ECP_SERVERS; i++)); do
    ((${EPOCHREALTIME/[.,]/} - ${remote_heard[$i]} > 3500000)) || continue
    renew_remote "$i" && remote_trouble "$i" 'no answer within 3.5 s' ''
  done
}

remote_trouble() { # usage: remote_trouble NUMBER WORDS WHAT_THE_DATABASE_SAID
  if [[ -n ${remote_connected[$1]:-} && ${remote_state[$1]} == Normal ]]; then set_remote "$1" Trouble "$(of_remote "$1" PEER): ${2:-the connection was lost}"; fi
  [[ -z ${remote_diagnosing[$1]:-} ]] || ! kill -0 "${remote_diagnosing[$1]}" 2>/dev/null || return 0
  diagnose_remote "$1" "$3" >&3 3>&- &
  remote_diagnosing[$1]=$!
}

# Its locals stand for the first data server's in what it calls.
diagnose_remote() { # usage: diagnose_remote NUMBER WHAT_THE_DATABASE_SAID
  local ECP_ADDRESS ECP_PORT ECP_PEER ECP_DIRECTORY connected=${remote_connected[$1]:-}
  ECP_ADDRESS=$(of_remote "$1" ADDRESS) ECP_PORT=$(of_remote "$1" PORT) ECP_PEER=$(of_remote "$1" PEER) ECP_DIRECTORY=$(of_remote "$1" DIRECTORY)
  diagnose "$2" | sed "s/^/remote $1 /"
}

set_remote() { # usage: set_remote NUMBER STATE REASON
  [[ ${remote_state[$1]} != "$2" || ${remote_reason[$1]} != "$3" ]] || return 0
  remote_state[$1]=$2 remote_reason[$1]=$3
  note_peers
  [[ $primary_state != Normal ]] || settle
}

# The first data server is Normal: the server is as well, unless one of the others is not.
settle() {
  local i
  for ((i = 2; i <= ECP_SERVERS; i++)); do
    if [[ ${remote_state[$i]} != Normal ]]; then set_state "${remote_state[$i]}" "${remote_reason[$i]}" && return; fi
  done
  set_state Normal "${warning:-}"
}

# usage: set_primary STATE
set_primary() { [[ $primary_state == "$1" ]] || { primary_state=$1 && note_peers; }; }

# For `status`.
note_peers() {
  local i list
  printf -v list '{"name":"%s","state":"%s"}' "$(json_string "$ECP_PEER")" "$primary_state"
  for ((i = 2; i <= ECP_SERVERS; i++)); do printf -v list '%s,{"name":"%s","state":"%s"}' "$list" "$(json_string "$(of_remote "$i" PEER)")" "${remote_state[$i]:-In Progress}"; done
  echo "[$list]" >"$RUN/peers.new"
  mv "$RUN/peers.new" "$RUN/peers.json"
}
