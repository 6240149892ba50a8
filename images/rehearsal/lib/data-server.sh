# The data server: a journaled GT.M database, GT.CM behind HAProxy, the sync job. Sourced by ecp-entrypoint.

# usage: mupip_step WHAT ARGUMENTS...; refuses to serve when it fails
mupip_step() {
  local what=$1 output
  shift
  output=$("$gtm_dist/mupip" "$@" 2>&1) || refuse "$what failed: $(grep -v -- '-[IS]-' <<<"$output" | tr -s '\n\t ' ' ' | cut -c1-300)"
}

claim_volume() {
  local marker=/durable/.ecp-engine
  if [[ ! -w /durable ]]; then refuse "/durable is not writable for user $(id -u)"; fi
  if [[ -e $marker ]]; then
    [[ $(<"$marker") == rehearsal ]] || refuse "/durable was written by the engine '$(head -c 40 "$marker")': this one is 'rehearsal', give it a volume of its own"
  else
    [[ -z $(find /durable -mindepth 1 -maxdepth 1 ! -name lost+found -print -quit) ]] ||
      refuse "/durable is not empty and carries no mark of the engine 'rehearsal': give this data server a volume of its own"
    { echo rehearsal >"$marker"; } 2>/dev/null || refuse "/durable cannot be written (is the disk full?)"
  fi
}

# The seal is the file's hash at the last clean stop: it finds any flipped byte. After a crash the journal and the structure check have to do.
open_database() {
  local data=${ECP_DIRECTORY}GTM.DAT seal=${ECP_DIRECTORY}seal old
  mkdir -p "$ECP_DIRECTORY" 2>/dev/null || refuse "$ECP_DIRECTORY cannot be made (is the disk full?)"
  rm -f "$gtmgbldir"
  # 36864-byte blocks hold the largest record that GT.CM carries (32767 bytes, key included) without spanning blocks, which it refuses.
  "$gtm_dist/mumps" -run GDE >"$RUN/gde.log" 2>&1 <<<"change -segment DEFAULT -block_size=36864 -allocation=100 -extension_count=100 -global_buffer_count=256 -file=$data
change -region DEFAULT -record_size=32767 -key_size=700 -null_subscripts=never
exit"
  if [[ ! -e $data ]]; then
    mupip_step 'creating the database' create && chmod 600 "$data"
  elif [[ -e $seal ]]; then
    sha256sum --status -c "$seal" || refuse "$data is damaged: it has changed since its clean stop; restore it from a copy"
  else
    log 'not stopped cleanly: recovering from the journal'
    mupip_step 'recovering from the journal' journal -recover -backward "${ECP_DIRECTORY}GTM.MJL"
    mupip_step 'the check of the database' integ "$data"
  fi
  rm -f "$seal"
  mupip_step 'starting the journal' set "-journal=enable,on,before_images,epoch_interval=60,autoswitchlimit=262144,file=${ECP_DIRECTORY}GTM.MJL" -region DEFAULT
  for old in "$ECP_DIRECTORY"GTM.MJL_* "$ECP_DIRECTORY"*.MJF* "$ECP_DIRECTORY"*rolled_bak*; do rm -f "$old"; done
}

start_gtcm() {
  rm -f "$RUN"/gtcm.log*
  "$gtm_dist/gtcm_gnp_server" '-service=[127.0.0.1]:2972' "-log=$RUN/gtcm.log" </dev/null >/dev/null 2>&1
  for _ in {1..50}; do
    [[ $(<"$RUN/gtcm.log") =~ pid\ :\ ([0-9]+) ]] && parts[gtcm]=${BASH_REMATCH[1]} && return
    sleep 0.1
  done
  die 'GT.CM does not start'
}

start_job() {
  rm -f "$RUN/sync.sock"
  start_part job "$gtm_dist/mumps" -run serve^ecpjob </dev/null >&3 2>/dev/null
}

start_haproxy() { start_part haproxy haproxy -db -f /opt/ecp/haproxy/common.cfg -f /opt/ecp/haproxy/data-server.cfg > >(read_haproxy_log 3>&-); }

start_role() {
  claim_volume
  open_database
  start_gtcm
  start_job
  start_haproxy
}

stop_role() {
  local data=${ECP_DIRECTORY:-}GTM.DAT
  [[ -n ${parts[gtcm]:-} ]] || return 0
  if "$gtm_dist/mupip" rundown -file "$data" >/dev/null 2>&1; then
    sha256sum "$data" >"${ECP_DIRECTORY}seal"
  else
    log 'error: the database could not be closed; the next start recovers it' >&2
  fi
}

on_event() {
  case $1 in
    beat) silence=0 && set_state Normal "${warning:-}" && prune_journals ;;
    error) set_state Trouble "$2" ;;
    silent) ((++silence < 10)) || die 'the database has not answered for 30 s'; set_state Trouble 'the database does not answer' ;;
  esac
}

prune_journals() {
  local old=("$ECP_DIRECTORY"GTM.MJL_*)
  ((${#old[@]} < 3)) || rm -f "${old[0]}"
}

# HAProxy's log lines -> the container's log, and refusals to /run/ecp/refused (the newest 20 to 40)
read_haproxy_log() {
  local kind at code words subject why lines=()
  while IFS='| ' read -r kind at code words; do
    [[ $kind == end || $kind == handshake ]] || { log "haproxy: $kind $at $code $words" && continue; }
    subject=${words#*|} words=${words%%|*} why=
    [[ $subject != - ]] || subject=
    case $kind:$code:$words in
      end:*:unauthorized) why='the subject is not in authorized-clients' ;;
      end:*) continue ;;
      handshake:9:*) why='the certificate is not yet valid' ;;
      handshake:10:*) why='the certificate has expired' ;;
      handshake:18:* | handshake:19:* | handshake:2[01]:*) why='the certificate is not from the CA of this cluster' ;;
      *'did not return a certificate'*) why='no certificate' ;;
      *'wrong version number'* | *'http request'* | *'packet length'*) why='not TLS (plain text?)' ;;
      *'unsupported protocol'* | *'no protocols available'*) why="a TLS version other than $ECP_TLS_MIN to $ECP_TLS_MAX" ;;
      *'onnection closed during SSL handshake'*) continue ;;
      *' alert '*) why="the client broke off:${words##* alert}" ;;
      *) why="TLS handshake: ${words%: -}" ;;
    esac
    log "refused ${subject:-a client without certificate}: $why"
    ((${#lines[@]} < 20)) || lines=("${lines[@]:1}")
    lines+=("{\"subject\":\"$subject\",\"why\":\"$why\",\"at\":\"$at\"}")
    printf '%s\n' "${lines[@]}" >"$RUN/refused"
  done
}
