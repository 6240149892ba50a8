# The data server's database: opened, recovered, closed. Sourced by data-server.sh.
# shellcheck shell=bash disable=SC2034,SC2154 # sourced: its variables are shared with ecp-entrypoint and config.env

# shellcheck source=region.sh
. /opt/ecp/lib/region.sh
readonly WAY_OUT='put the whole folder back from a backup (docs/reliability.md)'

in_short() { grep -v -- '-[IS]-' <<<"$1" | tr -s '\n\t ' ' ' | cut -c1-300; } # usage: in_short WORDS OF MUPIP

# usage: mupip_step WHAT ARGUMENTS...; refuses to serve when it fails
mupip_step() {
  local what=$1 output
  shift
  output=$("$gtm_dist/mupip" "$@" 2>&1) || refuse "$what failed: $(in_short "$output")"
}

# The seal is the file's hash at the last clean stop: it finds any flipped byte. With it goes the name of the run that ended cleanly: nothing of that run
# is lost, so the next start goes on with it. After a crash another run begins, and a sync of writes to the one before it fails.
open_database() {
  seal=${ECP_DIRECTORY}seal opening=${ECP_DIRECTORY}opening
  data=${ECP_DIRECTORY}GTM.DAT copy=${ECP_DIRECTORY}copy journal=${ECP_DIRECTORY}GTM.MJL sync=${ECP_DIRECTORY}synced
  mkdir -p "$ECP_DIRECTORY" 2>/dev/null || refuse "$ECP_DIRECTORY cannot be made (is the disk full?)"
  define_region "$data"
  leave_mirror
  adopt_old_copy
  if [[ ! -e $data && ! -e $data.crashed ]]; then
    [[ ! -e $journal && -z $(copies) ]] || refuse "$data is missing and its journal is not; $WAY_OUT"
    note_opening
    mupip_step 'creating the database' create && chmod 600 "$data"
  elif [[ -e $opening ]]; then
    log 'ended while it opened the database, which nobody has used since'
    mupip_step 'the check of the database' integ "$data"
  elif [[ -e $seal ]] && has_hash "$data" "$seal"; then
    ECP_RUN=$(sed -nE 's/^run ([0-9a-f-]{36})$/\1/p' "$seal")
  else
    recover_database
  fi
  export ECP_RUN=${ECP_RUN:-$(</proc/sys/kernel/random/uuid)}
  echo "$ECP_RUN" >"$RUN/run"
  start_journal
}

# A database that was a mirror's: its primary goes on as a single server. The backup may lack what the primary acknowledged alone.
leave_mirror() {
  local role='' given=''
  [[ -e ${ECP_DIRECTORY}GTM.REPL ]] || return 0
  { read -r role <"${ECP_DIRECTORY}mirror-role"; } 2>/dev/null || true
  { read -r given </durable/.ecp-mirror; } 2>/dev/null || true
  [[ $role == primary && $given != *'yielded=1'* && $given != *'role=backup'* ]] ||
    refuse "/durable was a backup's in a mirror: switch over to this member before the mirror is taken off"
  log 'leaves the mirror'
  export gtm_repl_instance=${ECP_DIRECTORY}GTM.REPL
  [[ -e $opening ]] || { [[ -e $seal ]] && has_hash "$data" "$seal"; } || mupip_step 'recovering from the journal' journal -rollback -backward '*'
  unset gtm_repl_instance
  note_opening
  mupip_step 'ending replication' set -replication=off -region DEFAULT
  rm -f "${ECP_DIRECTORY}GTM.REPL"* "${ECP_DIRECTORY}mirror-role" /durable/.ecp-mirror
}

note_opening() { { : >"$opening"; } 2>/dev/null || refuse "$opening cannot be written (is the disk full?)"; }

# After a crash, and when the file is not what its seal says, nothing in the data file is believed.
recover_database() {
  local synced why='was not stopped cleanly'
  [[ ! -e $seal ]] || why='has changed since its clean stop'
  log "$data $why"
  if ! rebuild; then
    [[ ! -e $seal ]] || refuse "$data is damaged: it $why, and there is no copy to rebuild it from; $WAY_OUT"
    log 'there is no copy: recovering from the journal'
    end_timeline
    mupip_step 'recovering from the journal' journal -recover -backward "$journal"
  fi
  mupip_step 'the check of the database' integ "$data"
  synced=$("$gtm_dist/mumps" -run synced^ecpjob </dev/null) || refuse 'the recovered database cannot be read'
  reaches "$synced" "$sync".[01] ||
    refuse "the journal is damaged: writes that a sync has confirmed are missing; $WAY_OUT (or remove $sync.* to accept the loss)"
}

# From here to the end an interrupted start has nothing to recover: `opening` says so to the next one.
start_journal() {
  local file
  note_opening
  rm -f "$seal" "$data.crashed"
  mupip_step 'starting the journal' set "-journal=enable,on,before_images,epoch_interval=60,autoswitchlimit=262144,file=$journal" -region DEFAULT
  put_copy "$data" || log 'error: no room for a copy of the database: after a crash its values cannot be checked' >&2
  # A sync must not fail for want of an inode.
  for file in "$sync".{0,1}; do [[ -e $file ]] || { : >"$file"; } 2>/dev/null || refuse "$file cannot be written (are no inodes left?)"; done
  archive_journals || log 'error: no room for the journals that the next backup needs' >&2
  # Also what a backup that was cut short has left.
  rm -f "$journal"_* "$ECP_DIRECTORY"*.MJF* "$ECP_DIRECTORY"*rolled_bak* "$copy.backup" "$copy.new" "$data.new" "$seal.new"
  rm -f "$opening"
}

# Old journals go; a full disk shows before a write fails.
look_at_disk() {
  local old=("$journal"_*) kib inodes of size
  if [[ -n ${ECP_MIRROR:-} ]]; then
    trim_journals
    look_at_logs
  elif [[ -e ${old[1]:-} ]] && ! { [[ -n ${copying:-} ]] && kill -0 "$copying" 2>/dev/null; }; then
    renew_copy 3>&- &
    copying=$!
  fi
  read -r kib inodes of size < <(df --output=avail,iavail,itotal,size "$ECP_DIRECTORY" | tail -n1)
  volume_free=$((kib * 1024)) volume_bytes=$((size * 1024))
  full=
  # A file system without a fixed number of inodes has 0 of 0.
  if is_number "$of" && ((of > 0 && inodes == 0)); then full='the disk of /durable has no inodes left'; fi
  ((kib > 1024)) || full='the disk of /durable is full'
}

close_database() {
  [[ -z ${copying:-} ]] || kill -9 "$copying" 2>/dev/null || true
  if close_door && timeout -k 5 25 "$gtm_dist/mupip" rundown -file "$data" >/dev/null 2>&1; then
    { hash_of "$data" >"$seal.new" && echo "run $ECP_RUN" >>"$seal.new" && mv "$seal.new" "$seal"; } 2>/dev/null || rm -f "$seal.new"
  else
    log 'error: the database could not be closed; the next start recovers it' >&2
  fi
}
