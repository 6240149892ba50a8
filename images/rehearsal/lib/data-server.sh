# The data server: a journaled GT.M database, GT.CM behind HAProxy, the sync job. Sourced by ecp-entrypoint.
# shellcheck shell=bash disable=SC2034,SC2154 # sourced: its variables are shared with ecp-entrypoint and config.env

# shellcheck source=database.sh
. /opt/ecp/lib/database.sh

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

# shellcheck disable=SC2120 # hand_over passes arguments
start_haproxy() { start_part haproxy haproxy -db "${HAPROXY[@]}" "$@" > >(read_haproxy_log 3>&-); }

beats=0 silence=0
start_role() {
  claim_volume
  open_database
  start_gtcm
  start_job
  # shellcheck disable=SC2119
  start_haproxy
}

stop_role() { [[ -z ${parts[gtcm]:-} ]] || close_database; }

on_event() {
  case $1 in
    beat)
      silence=0
      ((beats++ % 20)) || look_at_disk
      if [[ -n $full ]]; then set_state Trouble "$full"; else set_state Normal "${warning:-}"; fi
      ;;
    error)
      set_state Trouble "$2"
      [[ $2 != 'journaling has stopped'* ]] || resume_journal
      ;;
    silent) ((++silence < 10)) || die 'the database has not answered for 30 s'; set_state Trouble 'the database does not answer' ;;
  esac
}

# GT.M does not take up a journal again that it had to give up. Closed and opened anew, the database has all writes and a journal.
resume_journal() {
  look_at_disk
  [[ -n $full ]] || die 'there is room for the journal again: the database has to be opened anew'
}

# HAProxy's log lines -> the container's log, and refusals to /run/ecp/refused (the newest 20)
read_haproxy_log() {
  local kind at code words subject why lines=()
  [[ ! -e $RUN/refused ]] || mapfile -t lines <"$RUN/refused"
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
