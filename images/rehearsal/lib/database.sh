# The data server's database: opened, recovered, copied, closed. Sourced by data-server.sh.
# shellcheck shell=bash disable=SC2034,SC2154 # sourced: its variables are shared with ecp-entrypoint and config.env

# usage: mupip_step WHAT ARGUMENTS...; refuses to serve when it fails
mupip_step() {
  local what=$1 output
  shift
  output=$("$gtm_dist/mupip" "$@" 2>&1) || refuse "$what failed: $(grep -v -- '-[IS]-' <<<"$output" | tr -s '\n\t ' ' ' | cut -c1-300)"
}

# usage: put_copy FROM; keeps FROM as `copy` with its hash, so that a copy without a matching hash is none
put_copy() {
  local hash
  rm -f "$copy.hash"
  if hash=$(tee "$copy.new" <"$1" 2>/dev/null | sha256sum) && mv "$copy.new" "$copy"; then
    { echo "${hash%% *}  $copy" >"$copy.hash"; } 2>/dev/null && return
  fi
  rm -f "$copy" "$copy.new" "$copy.hash"
  return 1
}

# After a crash nothing in the data file is believed: the copy and the journal since then rebuild it. GT.M's blocks carry no checksum, so a byte
# flipped in a value passes every check of the structure; the records of the journal do carry one.
rebuild() {
  { [[ -s $copy.hash ]] && has_hash "$copy" "$copy.hash" && cp "$copy" "$data.new" 2>/dev/null; } || { rm -f "$data.new" && return 1; }
  log 'not stopped cleanly: rebuilding the database from its copy and the journal'
  [[ -e $data.crashed ]] || mv "$data" "$data.crashed"
  mv "$data.new" "$data"
  mupip_step 'rebuilding the database from its copy and the journal' journal -recover -forward "$journal"
}

# The seal is the file's hash at the last clean stop: it finds any flipped byte.
open_database() {
  local synced
  seal=${ECP_DIRECTORY}seal opening=${ECP_DIRECTORY}opening
  data=${ECP_DIRECTORY}GTM.DAT copy=${ECP_DIRECTORY}copy journal=${ECP_DIRECTORY}GTM.MJL sync=${ECP_DIRECTORY}synced
  mkdir -p "$ECP_DIRECTORY" 2>/dev/null || refuse "$ECP_DIRECTORY cannot be made (is the disk full?)"
  rm -f "$gtmgbldir"
  # 36864-byte blocks hold the largest record that GT.CM carries (32767 bytes, key included) without spanning blocks, which it refuses.
  "$gtm_dist/mumps" -run GDE >"$RUN/gde.log" 2>&1 <<<"change -segment DEFAULT -block_size=36864 -allocation=100 -extension_count=100 -global_buffer_count=256 -file=$data
change -region DEFAULT -record_size=32767 -key_size=700 -null_subscripts=never
exit"
  if [[ ! -e $data && ! -e $data.crashed ]]; then
    [[ ! -e $journal && ! -e $copy ]] || refuse "$data is missing and its journal is not; restore it from a copy"
    : >"$opening"
    mupip_step 'creating the database' create && chmod 600 "$data"
  elif [[ -e $opening ]]; then
    log 'ended while it opened the database, which nobody has used since'
    mupip_step 'the check of the database' integ "$data"
  elif [[ -e $seal ]]; then
    has_hash "$data" "$seal" || refuse "$data is damaged: it has changed since its clean stop; restore it from a copy"
  else
    rebuild || {
      log 'not stopped cleanly and without a copy: recovering from the journal'
      mupip_step 'recovering from the journal' journal -recover -backward "$journal"
    }
    mupip_step 'the check of the database' integ "$data"
    synced=$("$gtm_dist/mumps" -run synced^ecpjob </dev/null) || refuse 'the recovered database cannot be read'
    reaches "$synced" "$sync".[01] ||
      refuse "the journal is damaged: writes that a sync has confirmed are missing; restore the database from a copy (remove $sync.* to accept the loss)"
  fi
  start_journal
}

# From here to the end an interrupted start has nothing to recover: `opening` says so to the next one.
start_journal() {
  : >"$opening"
  rm -f "$seal" "$copy.hash"
  mupip_step 'starting the journal' set "-journal=enable,on,before_images,epoch_interval=60,autoswitchlimit=262144,file=$journal" -region DEFAULT
  put_copy "$data" || log 'error: no room for a copy of the database: after a crash its values cannot be checked' >&2
  rm -f "$journal"_* "$ECP_DIRECTORY"*.MJF* "$ECP_DIRECTORY"*rolled_bak* "$data.crashed" "$opening"
}

# A new copy makes the journals before it superfluous. In the background: the database is in use.
renew_copy() {
  local output renamed
  if output=$(gtm_baktmpdir=$ECP_DIRECTORY "$gtm_dist/mupip" backup -newjnlfiles=noprevlink DEFAULT "$copy.backup" 2>&1) && put_copy "$copy.backup"; then
    renamed=$(sed -n 's/.* is renamed to //p' <<<"$output" | tail -n1)
    find "$ECP_DIRECTORY" -name 'GTM.MJL_*' ! -newer "$renamed" -delete
  else
    log "error: no new copy of the database: $(tr -s '\n' ' ' <<<"$output" | cut -c1-200)" >&2
    rm -f "$copy.hash" "$(find "$ECP_DIRECTORY" -name 'GTM.MJL_*' | sort | head -n1)"
  fi
  rm -f "$copy.backup"
}

# Old journals go; a full disk shows before a write fails.
look_at_disk() {
  local old=("$journal"_*) free
  if [[ -e ${old[1]:-} ]] && ! { [[ -n ${copying:-} ]] && kill -0 "$copying" 2>/dev/null; }; then
    renew_copy 3>&- &
    copying=$!
  fi
  free=$(df --output=avail "$ECP_DIRECTORY" | tail -n1)
  full=
  ((free > 1024)) || full='the disk of /durable is full'
}

close_database() {
  if "$gtm_dist/mupip" rundown -file "$data" >/dev/null 2>&1; then
    { sha256sum "$data" >"$seal.new" && mv "$seal.new" "$seal"; } 2>/dev/null || rm -f "$seal.new"
  else
    log 'error: the database could not be closed; the next start recovers it' >&2
  fi
}
