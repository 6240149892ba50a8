# What a member of a mirror becomes: primary or backup, and from there only back to undecided, by a new start of the entry point. Sourced by
# mirror-database.sh.
# shellcheck shell=bash disable=SC2034,SC2154 # sourced: its variables are shared with ecp-entrypoint and config.env

# shellcheck source=mirror-parts.sh
. /opt/ecp/lib/mirror-parts.sh
# shellcheck source=mirror-join.sh
. /opt/ecp/lib/mirror-join.sh

on_mirror() { # usage: on_mirror "ID WORDS"; what lib/mirror-hooks.sh asks for, with an answer in a file, and what the own processes tell (ID -)
  local id words rc=0
  read -r id words <<<"$1"
  case $words in
    promote\ *) become_primary "${words#* }" || rc=1 ;;
    follow) join_mirror ;;
    joined) [[ $mirror_role != opening ]] || become_backup || rejoin 'could not become the backup' ;;
    unjoined\ *) set_role undecided "${words#* }" ;;
    ended) [[ $mirror_role != opening || -n ${parts[join]:-} ]] || rejoin 'what joined it to the primary has ended' ;;
    demote) rejoin 'leaves its role in the mirror' ;;
    waits\ *) [[ $mirror_role == primary || $mirror_role == backup ]] || set_state 'In Progress' "${words#* }" ;;
  esac
  [[ $id == - ]] || { echo "$rc" >"$RUN/mirror/answer.$id.new" && mv "$RUN/mirror/answer.$id.new" "$RUN/mirror/answer.$id"; }
}

# A primary that ended in order hands its run on: nothing that was acknowledged in it is lost. It is in the database.
become_primary() { # usage: become_primary same|new
  local began=${EPOCHREALTIME/[.,]/} run=
  [[ $mirror_role != primary ]] || return 0
  if [[ $mirror_role == backup ]]; then
    [[ $1 == new ]] || run=$("$gtm_dist/mumps" -run run^ecpjob </dev/null) || run=
    stop_part job
    stop_part receiver
    mirror_step 'the promotion' "$gtm_dist/mupip" replicate -source -activate -rootprimary "${REPLICATION_OUT[@]}" "-instsecondary=$peer_instance" || return 1
  else
    if [[ -n ${parts[join]:-} ]]; then
      stop_part join
      [[ ! -e $data || -e $seeding ]] || ! is_journaled || mirror_step 'recovering from the journal' "$gtm_dist/mupip" journal -rollback -backward '*' || return 1
    fi
    [[ $1 == new ]] || run=${ECP_RUN:-}
    [[ ! -e $seeding ]] || { set_role undecided "it has no database: a copy was not complete" && return 1; }
    if [[ ! -e $data ]]; then
      create_database || return 1
    elif ! is_journaled; then
      log 'GT.M had given the journal up: replication begins again'
      start_instance
    fi
    rm -f "$seal" "$plain"
    start_source -rootprimary "${REPLICATION_OUT[@]}" || return 1
  fi
  export ECP_RUN=${run:-$(</proc/sys/kernel/random/uuid)}
  echo "$ECP_RUN" >"$RUN/run"
  serve_as primary
  start_gtcm
  start_client
  start_seed
  set_role primary
  log "is the primary of $ECP_MIRROR, after $(((${EPOCHREALTIME/[.,]/} - began) / 1000)) ms"
}

# A full disk ends the journal, and replication with it, for good. The other member then has to be seeded.
is_journaled() { [[ $("$gtm_dist/mumps" -run journaled^ecpjob </dev/null 2>/dev/null) != 0 ]]; }

serve_as() { # usage: serve_as primary|backup; the job starts with its door shut: the agent opens it
  local file
  echo "$1" >"${ECP_DIRECTORY}mirror-role"
  for file in "$sync".{0,1}; do [[ -e $file ]] || : >"$file"; done
  set_mode closed
  export ECP_MIRROR_AS=$1
  start_job
}

join_mirror() {
  [[ $mirror_role == undecided ]] || return 0
  set_role opening
  start_part join join_peer
}

become_backup() {
  local seeded=()
  [[ ! -e $seeding ]] || seeded=("-updateresync=$instance.seed" -initialize)
  rm -f "$seal"
  { start_source -passive -updnotok && start_receiver "${seeded[@]}"; } || return 1
  echo >"$RUN/run"
  serve_as backup
  set_role backup
  log "is a backup in $ECP_MIRROR"
}

# The way back to undecided: the entry point starts again, with a database that nobody has open.
rejoin() { # usage: rejoin WHY
  log "$1"
  # What is ignored here would stay ignored for good: bash traps no signal that it was started without.
  trap 'export ECP_ENDING=1' TERM INT
  set_state 'In Progress' "$1"
  close_door || true
  # What does not end by itself leaves nothing that GT.M could not take back.
  stop_within=3
  stop_parts
  exec {closed}>&-
  unset ECP_RUN
  export state since reason
  exec {generation}<&-
  exec "$0"
}

close_member() {
  if close_door && timeout -k 5 25 "$gtm_dist/mupip" rundown -region '*' >/dev/null 2>&1; then
    { hash_of "$data" >"$seal.new" && echo "run ${ECP_RUN:-}" >>"$seal.new" && mv "$seal.new" "$seal"; } 2>/dev/null || rm -f "$seal.new"
  else
    log 'error: the database could not be closed; the next start recovers it' >&2
  fi
}
