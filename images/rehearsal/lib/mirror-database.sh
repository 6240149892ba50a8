# The database of a member of a mirror, replicated by GT.M. A member starts undecided, with a database that is recovered and closed; the agent
# (lib/mirror-agent.sh) says what it becomes, by an event. Sourced by data-server.sh.
#
# The copy that a single server keeps, and from which it rebuilds after a crash (lib/copy.sh), does not go with replication: GT.M takes back and
# repeats what it has in the data file itself (-rollback -backward). After a crash a byte flipped in a value is therefore not found here, unless
# the file's structure suffers; one that flips while the member is stopped is, by the seal.
# shellcheck shell=bash disable=SC2034,SC2154 # sourced: its variables are shared with ecp-entrypoint and config.env

# shellcheck source=host-names.sh
. /opt/ecp/lib/host-names.sh
# shellcheck source=mirror-hooks.sh
. /opt/ecp/lib/mirror-hooks.sh
# shellcheck source=mirror-roles.sh
. /opt/ecp/lib/mirror-roles.sh
readonly SEED_IT='ecp-node seed replaces what it has with a copy'
readonly JOURNALING='-journal=enable,on,before_images,epoch_interval=60,autoswitchlimit=262144'
HAPROXY+=(-f /opt/ecp/haproxy/mirror.cfg)

# usage: name_members; who is who, for this process, HAProxy and the agent
name_members() {
  local i names
  read -ra names <<<"${ECP_MIRROR_MEMBERS:-}"
  ((${#names[@]} == 2)) || refuse "ECP_MIRROR_MEMBERS must name two servers, got '${ECP_MIRROR_MEMBERS:-}'"
  for i in 0 1; do
    [[ ${names[i]} != "$HOSTNAME" ]] || { own_instance=member$((i + 1)) peer_instance=member$((2 - i)) ECP_MIRROR_PEER=${names[1 - i]}; }
  done
  [[ -n ${ECP_MIRROR_PEER:-} ]] || refuse "ECP_MIRROR_MEMBERS must name this server, $HOSTNAME, got '$ECP_MIRROR_MEMBERS'"
  export ECP_MIRROR_PEER ECP_MIRROR_PEER_NAMED ECP_MIRROR_ARBITER_NAMED
  ECP_MIRROR_PEER_NAMED=$(names_pattern "$ECP_MIRROR_PEER") ECP_MIRROR_ARBITER_NAMED=$(names_pattern "${ECP_MIRROR_ARBITER:-none}")
  mkdir -p "$RUN/mirror"
  rm -f "$RUN/mirror"/*
  printf 'serving 0\nline name=%s\n' "$HOSTNAME" >"$RUN/mirror.map"
  set_role undecided
}

# usage: set_role undecided|opening|seeding|backup|primary [FAULT]
set_role() {
  mirror_role=$1
  printf '%s\n' "${2:-}" >"$RUN/mirror/fault.new" && mv "$RUN/mirror/fault.new" "$RUN/mirror/fault"
  printf '%s\n' "$1" >"$RUN/mirror/role.new" && mv "$RUN/mirror/role.new" "$RUN/mirror/role"
}

start_member() {
  set_mode closed
  open_door
  # Also while the database is refused: ecp-node seed has to see the primary.
  # shellcheck disable=SC2119
  start_haproxy
  recover_member
  await_haproxy 2981
  prepare_client
  # shellcheck source=mirror-agent.sh
  . /opt/ecp/lib/mirror-agent.sh
  start_agent
}

# Leaves the database recovered and closed; an empty volume stays empty.
recover_member() {
  local synced
  seal=${ECP_DIRECTORY}seal opening=${ECP_DIRECTORY}opening data=${ECP_DIRECTORY}GTM.DAT copy=${ECP_DIRECTORY}copy journal=${ECP_DIRECTORY}GTM.MJL
  sync=${ECP_DIRECTORY}synced instance=${ECP_DIRECTORY}GTM.REPL seeding=${ECP_DIRECTORY}seeding plain=${ECP_DIRECTORY}before-mirror
  mkdir -p "$ECP_DIRECTORY" 2>/dev/null || refuse "$ECP_DIRECTORY cannot be made (is the disk full?)"
  define_region "$data"
  export gtm_repl_instance=$instance
  forget_for_seed
  if [[ -e $seeding ]]; then
    log 'ended before the copy of the database was complete'
  elif [[ -e $opening && -e $instance ]]; then
    log 'ended while it opened the database, which nobody has used since'
    start_instance
  elif [[ ! -e $data && ! -e $data.crashed ]]; then
    [[ ! -e $instance && ! -e $journal ]] || refuse "$data is missing and its journal is not; $WAY_OUT"
  elif [[ ! -e $instance ]]; then
    adopt_plain
  elif [[ -e $seal ]] && has_hash "$data" "$seal"; then
    ECP_RUN=$(sed -nE 's/^run ([0-9a-f-]{36})$/\1/p' "$seal")
  elif [[ -e $seal ]]; then
    refuse "$data is damaged: it has changed since its clean stop; $SEED_IT"
  else
    log "$data was not stopped cleanly"
    end_timeline
    recovery_step 'recovering from the journal' journal -rollback -backward '*'
    recovery_step 'the check of the database' integ "$data"
    synced=$("$gtm_dist/mumps" -run synced^ecpjob </dev/null) || refuse 'the recovered database cannot be read'
    reaches "$synced" "$sync".[01] || refuse "the journal is damaged: writes that this member has confirmed are missing; $SEED_IT"
  fi
}

# usage: recovery_step WHAT ARGUMENTS OF MUPIP...; what cannot be recovered here is on the other member. Room is waited for.
recovery_step() {
  local output
  until output=$("$gtm_dist/mupip" "${@:2}" 2>&1); do
    [[ $output == *ENO28* ]] || refuse "$1 failed: $(in_short "$output"); $SEED_IT"
    set_state 'In Progress' "$1 needs room: the disk of /durable is full"
    sleep 1
  done
}

# A database of before the mirror: opened as that of a single server, closed, then replicated. Only the first primary may have one.
adopt_plain() {
  log "$data is not replicated yet"
  unset gtm_repl_instance
  open_database
  mupip_step 'closing the database' rundown -file "$data"
  export gtm_repl_instance=$instance
  drop_copies
  note_opening
  : >"$plain"
  start_instance
}

create_database() {
  note_opening
  rm -f "$data" "$journal"
  mirror_step 'creating the database' "$gtm_dist/mupip" create && chmod 600 "$data" && start_instance
}

# A journal that begins here: what was before it is nothing that could be replicated.
start_instance() {
  end_timeline
  rm -f "$instance"
  mupip_step 'creating the instance' replicate -instance_create -noreplace "-name=$own_instance"
  mupip_step 'starting replication' set -replication=on "$JOURNALING,file=$journal" -region DEFAULT
  rm -f "$opening"
}

# What the peer may still need to catch up: the newest journals, 128 MB each, or none where room is short. Beyond them it has to be seeded.
trim_journals() {
  local old room size keep=8
  read -r room size < <(df --output=avail,size "$ECP_DIRECTORY" | tail -n1)
  ((room > size / 10)) || keep=0
  mapfile -t old < <(find "$ECP_DIRECTORY" -maxdepth 1 -name 'GTM.MJL_*' -printf '%T@ %p\n' | sort -rn | cut -d' ' -f2- | tail -n +$((keep + 1)))
  [[ -n ${old[*]:-} ]] || return 0
  if ! has_backup || ((keep == 0)); then
    end_timeline
  else
    # A backup is being taken: at the next look.
    lock_backups 0 || return 0
    archive_journals || log 'error: no room for the journals that the next backup needs' >&2
    unlock_backups
  fi
  log "deletes ${#old[@]} old journals"
  rm -f "${old[@]}"
}
