# A restored instance, started alone in a container without a network: that nobody uses it meanwhile is what the documents ask for (Data Integrity
# Guide, "Starting InterSystems IRIS for Maintenance", whose first way is a mechanism of the environment). Sourced by restore-database.
# shellcheck shell=bash disable=SC2154

# shellcheck source=common.sh
. /opt/ecp/lib/common.sh
# shellcheck source=config.sh
. /opt/ecp/lib/config.sh
# A check of a large database takes its time.
readonly DAY_SEC=86400

in_short() { tail -c 300 "$1" 2>/dev/null | tr -s '\n' ' '; } # usage: in_short FILE

# usage: ask_alone CALL -> nothing when the class has left `ok`, or what is wrong. The databases are in /run/ecp/databases.
ask_alone() {
  local args=(--ISCAgent false --after /opt/ecp/lib/after-start) iris fault=''
  [[ ! -e "$FILES/iris.key" ]] || args+=(--key "$FILES/iris.key")
  [[ ! "$(product_version)" =~ ^20([01]|2[0-2]\.) ]] || args+=(--check-caps false)
  rm -f "$RUN/started" "$RUN/restored"
  (umask 022 && exec /iris-main "${args[@]}") >"$RUN/iris-main.log" 2>&1 &
  iris=$!
  until [[ -e "$RUN/started" ]]; do
    kill -0 "$iris" 2>/dev/null || { echo "InterSystems IRIS does not start on it: $(in_short "$RUN/iris-main.log")" && return; }
    sleep 0.5
  done
  if ! refresh_code >/dev/null; then
    fault="the classes could not be loaded: $(in_short "$RUN/session.log")"
  else
    session "$DAY_SEC" "do ##class(EcpCluster.$1" || true
    if [[ "$(tail -n 1 "$RUN/restored" 2>/dev/null)" != end ]]; then
      fault="InterSystems IRIS did not answer: $(in_short "$RUN/session.log")"
    elif [[ "$(head -n 1 "$RUN/restored")" != ok ]]; then
      fault="$(head -n 1 "$RUN/restored")"
    fi
  fi
  kill "$iris" 2>/dev/null || true
  wait "$iris" || true
  [[ "$(iris qlist "$INSTANCE" 2>/dev/null | cut -d^ -f4)" != running* ]] || fault="${fault:-InterSystems IRIS did not stop cleanly}"
  printf '%s' "$fault"
}

# usage: note_databases MANIFEST; for the classes, in the form of a data server's own
note_databases() {
  jq -r '(.databases // [])[] | strings | select(test("^/([A-Za-z0-9_-][A-Za-z0-9._-]*/)+$")) | "\t\(.)\t"' "$1" >"$RUN/databases"
  jq -r '(.marked // [])[] | strings | select(test("^/([A-Za-z0-9_-][A-Za-z0-9._-]*/)+$"))' "$1" >"$RUN/marked"
  [[ -s "$RUN/databases" ]] || { echo 'the backup names no database' && return; }
}

# usage: check_structure -> nothing, or what is wrong
check_structure() {
  note_databases "$source/manifest.json"
  [[ -s "$RUN/databases" ]] || return 0
  ask_alone "Backup).Check(\"$id\")"
}

# usage: reach TIME -> nothing, or why not
reach() {
  local first own
  first="$(jq -r '.rollback | strings' "$source/manifest.json" 2>/dev/null)" own="$(jq -r '.journal | strings' "$source/manifest.json" 2>/dev/null)"
  [[ "${first##*/}" =~ ^$JOURNAL$ && "$own" =~ ^(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$ && -f "$source/files$own" ]] ||
    { echo 'the backup did not note its journals: it is of an earlier release, or InterSystems IRIS did not name them' && return; }
  first="${first##*/}" first="${first%z}"
  [[ -f "$source/journals/journal.log" ]] || { echo 'the backups have no journal.log' && return; }
  # Names as the journal history has them: a compressed file has a z more.
  find "$source/journals" -type f -regextype posix-extended -regex ".*/$JOURNAL" -printf '%f\n' | sed 's/z$//' | sort -t. -k1,1 -k2,2n -u |
    awk -v folder="$source/journals/" -v first="$first" '$0 == first {seen = 1} seen {print folder $0}' >"$RUN/journals"
  [[ -s "$RUN/journals" ]] || { echo "the journal $first, which has the first open transaction, is in no backup any more" && return; }
  note_databases "$source/manifest.json"
  [[ -s "$RUN/databases" ]] || return 0
  ask_alone "PointInTime).Reach(\"$source/journals/\",\"$source/files$own\",\"$(date -u -d "$1" '+%F %T')\")"
}
