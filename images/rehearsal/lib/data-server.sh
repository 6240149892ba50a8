# The data server: a journaled GT.M database, GT.CM behind HAProxy, the sync job. Sourced by ecp-entrypoint.
# shellcheck shell=bash disable=SC2034,SC2154 # sourced: its variables are shared with ecp-entrypoint and config.env

# shellcheck source=database.sh
. /opt/ecp/lib/database.sh
# shellcheck source=copy.sh
. /opt/ecp/lib/copy.sh
# shellcheck source=door.sh
. /opt/ecp/lib/door.sh
# shellcheck source=holders.sh
. /opt/ecp/lib/holders.sh
# shellcheck source=channel.sh
. /opt/ecp/lib/channel.sh
# shellcheck source=refusals.sh
. /opt/ecp/lib/refusals.sh
# shellcheck source=own-client.sh
. /opt/ecp/lib/own-client.sh
# shellcheck source=fence.sh
. /opt/ecp/lib/fence.sh
if [[ -n ${ECP_MIRROR:-} ]]; then
  # shellcheck source=mirror-database.sh
  . /opt/ecp/lib/mirror-database.sh
  name_members
fi

# The container that had the volume before may still be about to end: two on one database would ruin it.
hold_volume() {
  local rc
  [[ -z ${ECP_HELD:-} ]] || return 0 # since before the entry point started again
  { exec {ECP_HELD}>>/durable/.in-use; } 2>/dev/null || refuse '/durable cannot be written (is the disk full?)'
  while rc=0 && { flock -n "$ECP_HELD" || rc=$?; } && ((rc == 1)); do
    set_state 'In Progress' 'waits for the server that still has /durable'
    sleep 0.5
  done
  ((rc == 0)) || log 'the file system of /durable has no locks: two servers on it would not notice each other' >&2
  export ECP_HELD
}

require_whole_volume() {
  [[ -e /durable/.restoring ]] || return 0
  # What goes on with it holds the volume.
  [[ -z ${ECP_HELD:-} ]] || exec {ECP_HELD}>&-
  unset ECP_HELD
  refuse 'a restore into /durable was cut short: ./ecp restore goes on with it, and the data of before is still aside'
}

claim_volume() {
  local marker=/durable/.ecp-engine engine
  if [[ ! -w /durable ]]; then refuse "/durable is not writable for user $(id -u)"; fi
  require_whole_volume
  if [[ -e $marker || -L $marker ]]; then
    [[ -f $marker && ! -L $marker ]] || refuse "$marker is not a file: give this data server a volume of its own"
    engine=$(head -c 40 "$marker" | tr -d '\0')
    [[ $engine == rehearsal ]] || refuse "/durable was written by the engine '$engine': this one is 'rehearsal', give it a volume of its own"
  else
    [[ -z $(find /durable -mindepth 1 -maxdepth 1 ! -name lost+found ! -name .in-use -print -quit) ]] ||
      refuse "/durable is not empty and carries no mark of the engine 'rehearsal': give this data server a volume of its own"
    { echo rehearsal >"$marker"; } 2>/dev/null || refuse "/durable cannot be written (is the disk full?)"
  fi
  hold_volume
  # One that began while this server waited.
  require_whole_volume
}

start_gtcm() {
  rm -f "$RUN"/gtcm.log*
  "$gtm_dist/gtcm_gnp_server" '-service=[127.0.0.1]:2972' "-log=$RUN/gtcm.log" </dev/null >/dev/null 2>&1
  for _ in {1..200}; do
    [[ $(<"$RUN/gtcm.log") =~ pid\ :\ ([0-9]+) ]] && parts[gtcm]=${BASH_REMATCH[1]} && return
    sleep 0.02
  done
  die 'GT.CM does not start'
}

# GT.M's own limit is 64 connections; each that is provided for takes 5 KB.
start_job() {
  rm -f "$RUN/sync.sock"
  gtm_max_sockets=1000 start_part job "$gtm_dist/mumps" -run serve^ecpjob </dev/null >&3 2>/dev/null
}

# shellcheck disable=SC2120 # hand_over passes arguments
start_haproxy() { start_part haproxy haproxy -db "${HAPROXY[@]}" "$@" > >(read_haproxy_log 3>&-); }

beats=0 silence=0
start_role() {
  claim_volume
  ! has_backup || clear_channel
  if [[ -n ${ECP_MIRROR:-} ]]; then
    start_member
  else
    start_single
  fi
  ! has_backup || start_channel
}

start_single() {
  open_database
  open_door
  start_gtcm
  start_job
  # shellcheck disable=SC2119
  start_haproxy
  prepare_client
  await_haproxy 2981
  start_client
}

stop_role() {
  if [[ -n ${ECP_MIRROR:-} ]]; then [[ $mirror_role != @(primary|backup) ]] || close_member; elif [[ -n ${parts[gtcm]:-} ]]; then close_database; fi
}

on_event() {
  case $1 in
    beat)
      silence=0
      ((beats++ % 20)) || look_at_disk
      if [[ ${mirror_role:-primary} == primary ]]; then look_at_client; else served=1 unserved= && look_at_seed; fi
      [[ -z ${ECP_MIRROR:-} ]] || look_at_source
      if [[ -n $full$unserved ]]; then set_state Trouble "${full:-$unserved}"; elif [[ -n $served ]] && ((haproxy_silence < 2)); then set_state Normal "${warning:-}"; fi
      ;;
    client) on_client "$2" ;;
    renew) renew_client ;;
    error)
      set_state Trouble "$2"
      [[ $2 != 'journaling has stopped'* ]] || resume_journal
      ;;
    mirror) on_mirror "$2" ;;
    silent) [[ ${mirror_role:-primary} != @(undecided|opening|seeding) ]] || return 0; ((++silence < $(patience))) || abandon 'the database does not answer'; set_state Trouble 'the database does not answer' ;;
  esac
}

# Silences of 3.5 s that are borne. A job that was killed may have held GT.M's lock on the database, which frees itself after most of a minute:
# then a new start is quicker.
patience() {
  if ((SECONDS - ${died[job]:--60} < 60)); then echo 2; else echo 6; fi
}

# To close a database that does not answer would mean to wait for what holds it. The next start rebuilds it.
abandon() { # usage: abandon SENTENCE
  log "error: $1" >&2
  trap '' TERM INT
  rm -f "$RUN/beat"
  kill -9 "${parts[@]}" "${retired[@]}" 2>/dev/null || true
  exit 1
}

# GT.M does not resume a journal that it had to abandon. Closed and reopened, the database has all writes and a journal.
resume_journal() {
  look_at_disk
  [[ -n $full ]] || die 'there is room for the journal again: the database must be reopened'
}
