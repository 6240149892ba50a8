# Journals that are kept for backups, in the volume that the data server shares with them. An unbroken row of journals is a timeline; one that
# is deleted and not kept ends it, and no restore goes from one timeline to another. The members of a mirror share the volume: only the one whose
# timeline it is adds journals. Sourced by data-server.sh and ecp-node.
# shellcheck shell=bash disable=SC2154

readonly BACKUP=/backup
# Journals that wait for a backup. Beyond that the oldest go, and points in time between two backups are lost.
readonly MOST_ARCHIVED_KIB=1048576

has_backup() { [[ -d $BACKUP && ! -L $BACKUP ]]; }

# usage: put NAME <TEXT; a file of the shared volume, replaced by a rename. A link that somebody left there is not followed.
put() {
  rm -rf "${BACKUP:?}/$1.new"
  (set -C && cat >"$BACKUP/$1.new") && mv -T "$BACKUP/$1.new" "$BACKUP/$1"
}

end_timeline() { rm -f "${ECP_DIRECTORY}timeline"; }

# usage: read_timelines -> `here`, of this database, and `there`, of the volume
read_timelines() {
  here='' there=''
  { read -r here <"${ECP_DIRECTORY}timeline"; } 2>/dev/null || true
  { read -r there <"$BACKUP/timeline"; } 2>/dev/null || true
}

# usage: archive_journals; in a mirror with the lock of mirror-copies.sh. Keeps all that have ended and are not kept yet. 1 when one could not be.
archive_journals() {
  local file name here there rc=0
  has_backup || { end_timeline && return 0; }
  read_timelines
  [[ -z ${ECP_MIRROR:-} || (-n $here && $here == "$there") ]] || return 0
  if [[ -L $BACKUP/journals ]] || ! mkdir -p "$BACKUP/journals" 2>/dev/null; then end_timeline && return 1; fi
  for file in "${ECP_DIRECTORY}"GTM.MJL_*; do
    name=${file##*/}
    [[ -f $file && ! -e $BACKUP/journals/$name ]] || continue
    ! grep -qxF -- "$name" "$BACKUP/archived" 2>/dev/null || continue
    if ! { cp --remove-destination "$file" "$BACKUP/journals/.new" && mv -T "$BACKUP/journals/.new" "$BACKUP/journals/$name"; } 2>/dev/null; then
      rm -f "$BACKUP/journals/.new"
      end_timeline
      rc=1
    fi
  done
  bound_archive
  return "$rc"
}

bound_archive() {
  local oldest
  while (($(du -sk "$BACKUP/journals" | cut -f1) > MOST_ARCHIVED_KIB)); do
    oldest=$(find "$BACKUP/journals" -type f -name 'GTM.MJL_*' -printf '%f\n' | LC_ALL=C sort | sed -n 1p)
    [[ -n $oldest ]] || return 0
    rm -f "$BACKUP/journals/$oldest"
    end_timeline
  done
}

# usage: note_archived NAME...; a backup has them
note_archived() {
  local name
  for name; do rm -f "$BACKUP/journals/$name"; done
  # Of what is gone here nothing needs to be known.
  { cat "$BACKUP/archived" 2>/dev/null || true; printf '%s\n' "$@"; } | while read -r name; do
    [[ ! $name =~ ^GTM\.MJL_[0-9_]+$ || ! -e $ECP_DIRECTORY$name ]] || echo "$name"
  done | put archived
}

# -> the name of this row of journals. The volume knows it too: with another volume the journals that were kept are lost.
timeline() {
  local here there
  read_timelines
  if [[ ! $here =~ ^[0-9a-f-]{36}$ || $here != "$there" ]]; then
    here=$(</proc/sys/kernel/random/uuid)
    # What is there leads to a backup of before, or is another member's.
    rm -rf "${BACKUP:?}/journals"
    find "$ECP_DIRECTORY" -maxdepth 1 -type f -name 'GTM.MJL_*' -printf '%f\n' | put archived
    put timeline <<<"$here"
    echo "$here" >"${ECP_DIRECTORY}timeline"
  fi
  printf %s "$here"
}
