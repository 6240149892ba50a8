# How a member of a mirror comes to follow its primary: with what it has, less what nobody else has, or with a copy of the primary's database
# when it has none. In the background: the entry point goes on. Sourced by mirror-roles.sh.
# shellcheck shell=bash disable=SC2154 # sourced: its variables are shared with ecp-entrypoint and config.env

join_peer() {
  child=''
  # Only the entry point may start itself again.
  # shellcheck disable=SC2317 # called by what it calls
  refuse() { cannot_join "$1"; }
  trap '[[ -z $child ]] || kill "$child" 2>/dev/null; exit 0' TERM
  # A copy that no replication has followed yet is none: the next one is complete.
  [[ ! -e $seeding ]] || rm -f "$data" "$instance" "$journal"*
  [[ ! -e $plain ]] || cannot_join "it has data of before the mirror, which is not $ECP_MIRROR_PEER's; $SEED_IT"
  if [[ -e $data ]]; then take_back; else fetch_seed; fi
  echo 'mirror - joined' >&3
}

# Asked for by `ecp-node seed`: what this member has is deleted, and a copy comes in its place.
forget_for_seed() {
  [[ -e ${ECP_DIRECTORY}seed-asked ]] || return 0
  log "deletes its database: a copy of $ECP_MIRROR_PEER's takes its place"
  : >"$seeding"
  # A member without data has no place in the mirror: nobody may count on it.
  rm -f /durable/.ecp-mirror && sync /durable
  rm -f "$data"* "$instance"* "$journal"* "$seal" "$sync".? "$opening" "$plain" "${ECP_DIRECTORY}seed-asked"
}

cannot_join() { echo "mirror - unjoined $1" >&3 && exit 0; }

# The primary's history decides. What was taken back is kept, since it was written once, though nobody was told that it is safe.
take_back() {
  local lost
  # What is taken back is in journals that were kept.
  end_timeline
  rm -f "$seal"
  printf -v lost '%slost.%(%Y%m%dT%H%M%SZ)T' "$ECP_DIRECTORY" -1
  "${LISTENING[@]}" journal -rollback -backward -fetchresync=2994 "-losttrans=$lost" '*' >"$RUN/mirror/join.log" 2>&1 &
  child=$!
  wait "$child" || cannot_join "it cannot follow the primary: $(in_short "$(tail -n 5 "$RUN/mirror/join.log")"); $SEED_IT"
  [[ ! -s $lost ]] || log "$(($(wc -l <"$lost") - 1)) updates that the primary has not got were taken back; they are in $lost"
  # Numbers of syncs that were taken back count no more.
  : >"$sync.0" && : >"$sync.1"
}

fetch_seed() {
  local peer words of_instance instance_hash of_data data_hash
  : >"$seeding" || cannot_join "$seeding cannot be written (is the disk full?)"
  { exec {peer}<>/dev/tcp/127.0.0.1/2995; } 2>/dev/null || cannot_join 'HAProxy does not answer'
  log "copies the database of $ECP_MIRROR_PEER"
  read -r words of_instance instance_hash of_data data_hash <&"$peer" || cannot_join "$ECP_MIRROR_PEER gives no copy of its database"
  [[ $words == seed ]] || cannot_join "$ECP_MIRROR_PEER gives no copy of its database: $of_instance $instance_hash $of_data $data_hash"
  if ! is_number "$of_instance" || ! is_number "$of_data"; then cannot_join 'the copy is none'; fi
  { head -c "$of_instance" <&"$peer" >"$instance.seed" && head -c "$of_data" <&"$peer" >"$data.new"; } 2>/dev/null || cannot_join 'the disk of /durable has no room for a copy of the database'
  exec {peer}>&-
  [[ $(hash_of "$instance.seed") == "$instance_hash" && $(hash_of "$data.new") == "$data_hash" ]] || { rm -f "$data.new" && cannot_join 'the copy of the database came in pieces'; }
  mv "$data.new" "$data"
  start_instance
}
