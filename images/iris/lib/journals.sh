# What a backup notes for a restore to a point in time: where journals are, and whether they lead from the backup before it to this one. A row of
# backups that a restore broke, or journals that IRIS purged between them, is a new one. Sourced by ecp-node and restore-database.
# shellcheck shell=bash disable=SC2034,SC2154

# [prefix]YYYYMMDD.NNN (Data Integrity Guide, "Journal File Names and Rollover"), and a z when it is compressed.
readonly JOURNAL='[A-Za-z0-9_-]*[0-9]{8}\.[0-9]{3,}z?'
readonly TIMELINE=/durable/.ecp-timeline

# usage: prepare ID; what InterSystems IRIS says before it is frozen. A backup without it is one too.
prepare() {
  rm -f "$RUN/backup"
  session 20 "do ##class(EcpCluster.Backup).Prepare(\"$1\")" || true
  [[ "$(tail -n 1 "$RUN/backup" 2>/dev/null)" == end ]] || rm -f "$RUN/backup"
}

prepared() { sed -n "s/^$1=//p" "$RUN/backup" 2>/dev/null || true; } # usage: prepared KEY

# usage: journals -> the paths of all journals, oldest first
journals() {
  local directory
  while IFS= read -r directory; do
    [[ ! -d "$directory" ]] || find "$directory" -maxdepth 1 -type f -regextype posix-extended -regex ".*/$JOURNAL" -printf '%f\t%p\n'
  done < <(prepared journals | sed 's#/*$##' | sort -u) | sort -t. -k1,1 -k2,2n | cut -f2
}

# -> the name of this row
timeline() {
  local here=''
  { read -r here <"$TIMELINE"; } 2>/dev/null || true
  [[ "$here" =~ ^[0-9a-f-]{36}$ ]] || { here="$(cat /proc/sys/kernel/random/uuid)" && rm -f "$TIMELINE" && echo "$here" >"$TIMELINE"; }
  printf %s "$here"
}

# usage: previous TIMELINE -> the backup before this one, unless the journal that it ended with is gone
previous() {
  local id='' of='' journal=''
  { read -r id of journal <"$BACKUP/kept"; } 2>/dev/null || true
  [[ "$of" == "$1" && "$id" =~ ^[0-9]{8}T[0-9]{6}Z$ && "$journal" =~ ^$JOURNAL$ ]] || return 0
  ! grep -qE "/${journal%z}z?\$" <(journals) || printf %s "$id"
}
