# The database of a backup, written to where a data server opens it. Sourced by restore-database.
# shellcheck shell=bash disable=SC2154

# shellcheck source=region.sh
. /opt/ecp/lib/region.sh

# What GT.M says in warnings and errors.
in_short() { grep -v -- '-[IS]-' <<<"$1" | tr -s '\n\t ' ' ' | cut -c1-300; }

# usage: poured FROM TO [COPY] -> the hash, of one pass. A copy that there is no room for is left out, as at a start.
poured() {
  local hash
  if [[ -n ${3:-} ]]; then
    if hash=$(tee "$2" "$3" <"$1" | hash_of); then echo "$hash" && return; fi
    rm -f "$3"
  fi
  tee "$2" <"$1" | hash_of
}

# usage: apply_journals TIME; prints nothing, or why not
apply_journals() {
  local journals output
  journals=$(find "$source/journals" -type f -name 'GTM.MJL_*' 2>/dev/null | LC_ALL=C sort | paste -sd,)
  [[ -n $journals ]] || return 0
  output=$("$gtm_dist/mupip" journal -recover -forward -nochecktn "-before=\"$(date -u -d "$1" '+%d-%b-%Y %H:%M:%S')\"" "$journals" 2>&1) ||
    { echo "the journals could not be applied: $(in_short "$output")" && return 1; }
}

# usage: [copy=FILE] put_in_place ID [TIME]; prints nothing, or why not. With `copy` the database has the copy that a crash is recovered from before a
# data server writes to it: that one need not make it before it serves.
put_in_place() {
  local data=${directory}GTM.DAT output hash first=${copy:-}
  # Journals change what is copied.
  [[ -z ${2:-} ]] || first=''
  { mkdir -p "$directory" && hash=$(poured "$source/GTM.DAT" "$data" "$first"); } 2>/dev/null || { echo 'there is no room in /durable' && return 1; }
  [[ $hash == "$noted" ]] || { echo "the database of the backup $1 is not what was backed up" && return 1; }
  define_region "$data"
  if [[ -n ${2:-} ]]; then
    apply_journals "$2" || return 1
    hash=$(poured "$data" /dev/null "${copy:-}" 2>/dev/null) || { echo 'the restored database cannot be read' && return 1; }
  fi
  # It changes nothing in the file.
  output=$("$gtm_dist/mupip" integ "$data" 2>&1) || { echo "the check of the database failed: $(in_short "$output")" && return 1; }
  rm -f "$directory"*.broken* "$directory"*.lost*
  [[ ! -e ${copy:-} ]] || mv -T "$copy" "${directory}copy.$hash"
  # The next start finds a database with the seal of a clean stop and no run, and begins a run and a journal of its own.
  { echo "$hash" >"${directory}seal"; } 2>/dev/null || { echo 'there is no room in /durable' && return 1; }
}
