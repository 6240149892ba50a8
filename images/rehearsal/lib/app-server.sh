# The application server: HAProxy as the way out, a job that touches the data server every second. Sourced by ecp-entrypoint.
# shellcheck shell=bash disable=SC2034,SC2154 # sourced: its variables are shared with ecp-entrypoint and config.env

# shellcheck source=host-names.sh
. /opt/ecp/lib/host-names.sh
# shellcheck source=diagnosis.sh
. /opt/ecp/lib/diagnosis.sh
# shellcheck source=remotes.sh
. /opt/ecp/lib/remotes.sh
ECP_NAMED=$(names_pattern "$ECP_ADDRESS")
export ECP_NAMED
define_ways

start_job() { GTCM_1='[127.0.0.1]:2981' start_part job claim_and_run "$ECP_ADDRESS:$ECP_PORT" "$gtm_dist/mumps" -run ecpjob </dev/null >&3 2>/dev/null; }

# usage: claim_and_run ADDRESS:PORT COMMAND...; a data server that does not answer is the command's to find out
claim_and_run() {
  # In a process of its own: what it leaves behind would be a child of the command, which waits for none.
  (claim 1 -connect "$1") >/dev/null || true
  exec "${@:2}"
}

# usage: claim_again ADDRESS:PORT; a data server that was away may have forgotten who started when
claim_again() { claim 3 -connect "$1" >/dev/null & }

# shellcheck disable=SC2120 # hand_over passes arguments
start_haproxy() { start_part haproxy haproxy -db "${HAPROXY[@]}" "$@"; }

start_role() {
  local name
  rm -f "$gtmgbldir"
  {
    echo "add -segment ECP -file=1:${ECP_DIRECTORY}GTM.DAT"
    echo 'add -region ECP -dynamic=ECP -record_size=32767 -key_size=700'
    while read -r name; do echo "add -name $name -region=ECP"; done < <("$gtm_dist/mumps" -run names^ecpnode </dev/null)
    add_regions
    echo exit
  } | "$gtm_dist/mumps" -run GDE >"$RUN/gde.log" 2>&1
  read -r ECP_TOUCH _ < <("$gtm_dist/mumps" -run names^ecpnode </dev/null)
  ECP_TOUCH=${ECP_TOUCH%\*}
  export ECP_TOUCH=^${ECP_TOUCH:-ecp}
  [[ $ECP_VERIFY == required ]] || log "the data server's certificate is not verified (VerifyPeer 0)"
  # shellcheck disable=SC2119
  start_haproxy
  await_haproxy 2972
  start_job
  start_remotes
}

if [[ -n ${ECP_MIRROR_MEMBERS:-} ]]; then
  # shellcheck source=mirror-way.sh
  . /opt/ecp/lib/mirror-way.sh
fi

on_event() {
  case $1 in
    beat)
      if [[ -n ${connected:-} && $primary_state != Normal ]]; then claim_again "$ECP_ADDRESS:$ECP_PORT"; fi
      connected=1 && set_primary Normal && settle
      ;;
    error) set_primary Trouble && trouble '' "$2" ;;
    renew) renew_job ;;
    silent) set_primary Trouble && trouble 'no answer within 3.5 s' '' && renew_job ;;
    diagnosis) [[ $primary_state == Normal ]] || { set_primary "${2%% | *}" && set_state "${2%% | *}" "${2#* | }"; } ;;
    remote) on_remote_event "${2%% *}" "${2#* }" ;;
  esac
  [[ $1 == remote || $1 == diagnosis ]] || look_at_remotes
}

# A new connection: proves every minute that the data server would still let us in, and frees a job that waits forever.
renew_job() {
  kill -9 "${parts[job]}" 2>/dev/null || true
  wait "${parts[job]}" 2>/dev/null || true
  start_job
}
