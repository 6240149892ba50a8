# freeze, thaw and backup-info: a consistent copy of the database for a backup, beside running writers. Sourced by ecp-node.
# shellcheck shell=bash disable=SC2154

# shellcheck source=archive.sh
. /opt/ecp/lib/archive.sh
# shellcheck source=mirror-copies.sh
. /opt/ecp/lib/mirror-copies.sh
# shellcheck source=tally.sh
. /opt/ecp/lib/tally.sh
readonly STAGING=$BACKUP/staging FROZEN=$BACKUP/frozen.json

# What is in the shared volume is data, and may be anybody's: names are checked, links are not followed.
require_backup() { # usage: require_backup ID
  [[ $ECP_ROLE == data-server ]] || complain 2 'only a data server is backed up'
  [[ -d $BACKUP && ! -L $BACKUP && -w $BACKUP ]] || complain 2 "no backup was set up for this server: $BACKUP is not there"
  [[ $1 =~ ^[0-9]{8}T[0-9]{6}Z$ ]] || complain 2 "a backup is called after its time, such as 20260131T120000Z, got '${1:0:40}'"
  read_state
  [[ ! $state =~ \"(Failed|Disabled|In\ Progress)\" ]] || complain 3 "this server does not serve: $(jq -r '"\(.state): \(.reason)"' <<<"$state")"
  # shellcheck disable=SC1091
  set -a && . "$RUN/config.env" && set +a
  [[ -z ${ECP_MIRROR:-} ]] || export gtm_repl_instance=${ECP_DIRECTORY}GTM.REPL
  lock_backups 5 || complain 1 'another command of a backup is at work'
}

frozen() { jq -r --arg key "$1" '.[$key] // "" | tostring' "$FROZEN" 2>/dev/null || true; } # usage: frozen KEY

is_frozen() { [[ -f $FROZEN && ! -L $FROZEN ]]; }

# usage: freeze ID SECONDS; what takes longer than SECONDS is no backup
freeze() {
  local began at line journals output
  require_backup "$1"
  [[ $2 =~ ^[0-9]{1,5}$ ]] || complain 2 "the deadline is a number of seconds of at most five digits, got '${2:0:20}'"
  ! is_frozen || complain 1 "the backup $(frozen id) has not ended yet"
  enter
  rm -rf "$STAGING" "$BACKUP/void"
  mkdir -m 0700 "$STAGING" || complain 1 "$STAGING cannot be made (is the disk full?)"
  line=$(timeline)
  exec {copier}>>"$RUN/copying.lock"
  flock -w 60 "$copier" || complain 1 'the database is being copied'
  printf -v began '%s' "$EPOCHREALTIME"
  output=$(gtm_baktmpdir=$ECP_DIRECTORY "$gtm_dist/mupip" backup -online -newjnlfiles=prevlink -bkupdbjnl=disable DEFAULT "$STAGING/GTM.DAT" 2>&1) ||
    { rm -rf "$STAGING" && complain 1 "the database could not be copied: $(grep -v -- '-[IS]-' <<<"$output" | tr -s '\n\t ' ' ' | cut -c1-300)"; }
  printf -v at '%s' "$EPOCHREALTIME"
  # All that was acknowledged until now was in it, if the primary still says so.
  has_all || { rm -rf "$STAGING" && complain 1 'the other member of the mirror may have acknowledged more than this one has'; }
  archive_journals || true
  exec {copier}>&-
  journals=$(find "$BACKUP/journals" -type f -name 'GTM.MJL_*' -printf '%f\n' | LC_ALL=C sort | jq -Rn '[inputs]')
  jq -n --arg id "$1" --arg server "$HOSTNAME" --arg began "$began" --arg at "$at" --arg deadline "$((EPOCHSECONDS + 10#$2))" --arg directory "$ECP_DIRECTORY" \
    --arg timeline "$line" --arg unbroken "$(cat "${ECP_DIRECTORY}timeline" 2>/dev/null)" --arg previous "$(previous "$line")" --argjson journals "$journals" '
    def iso: (tonumber | . * 1000 | floor) as $ms | ($ms / 1000 | floor | todate | rtrimstr("Z")) + "." + ("00\($ms % 1000)"[-3:]) + "Z";
    {id: $id, engine: "rehearsal", server: $server, state: "frozen", began: ($began | iso), at: ($at | iso), deadline: ($deadline | tonumber | todate),
     directory: $directory, timeline: $timeline, previous: (if $unbroken == $timeline then $previous else "" end), journals: $journals}' | put frozen.json
  finish_manifest
  cat "$STAGING/manifest.json"
}

# usage: previous TIMELINE -> the backup before this one, unless journals between them are lost
previous() {
  local id='' of=''
  { read -r id of <"$BACKUP/kept"; } 2>/dev/null || true
  [[ $of != "$1" || ! $id =~ ^[0-9]{8}T[0-9]{6}Z$ ]] || printf %s "$id"
}

# What a restore is compared with, counted in the copy: the database itself goes on.
finish_manifest() {
  local globals
  globals=$(tally "$STAGING/GTM.DAT") || complain 1 'the copy of the database cannot be read'
  jq --argjson globals "$globals" --arg sha256 "$(hash_of "$STAGING/GTM.DAT")" --arg bytes "$(stat -c %s "$STAGING/GTM.DAT")" \
    'del(.state, .deadline) + {sha256: $sha256, bytes: ($bytes | tonumber), globals: $globals}' "$FROZEN" >"$STAGING/manifest.json"
}

# usage: thaw ID [kept]; `kept` says that the repository has it all
thaw() {
  local names
  require_backup "$1"
  [[ ! -e $BACKUP/void || $(head -c 16 "$BACKUP/void") != "$1" ]] || complain 1 "the backup $1 is void: its deadline has passed or the server was started again"
  [[ -f $FROZEN && ! -L $FROZEN && $(frozen id) == "$1" ]] || complain 1 "there is no backup $1 to end"
  if [[ ${2:-} == kept ]]; then
    mapfile -t names < <(jq -r '.journals[] | select(test("^GTM\\.MJL_[0-9_]+$"))' "$FROZEN")
    note_archived "${names[@]}"
    put kept <<<"$1 $(frozen timeline)"
  fi
  rm -rf "$STAGING"
  jq -c '.state = "thawed"' "$FROZEN"
  rm -f "$FROZEN"
}

# The backup that is being taken, or that none is. One that ends between the look and the read is no longer taken.
backup_info() {
  has_backup || complain 2 "no backup was set up for this server: $BACKUP is not there"
  ! is_frozen || ! jq -c . "$FROZEN" 2>/dev/null || return 0
  if [[ -e $BACKUP/void ]]; then jq -Rc '{id: .[0:16], engine: "rehearsal", state: "void"}' "$BACKUP/void"; else echo '{"engine":"rehearsal","state":"none"}'; fi
}
