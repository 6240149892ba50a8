# The copy of the database, from which the data file can be rebuilt at any moment together with the journals since then. Sourced by data-server.sh.
# shellcheck shell=bash disable=SC2034,SC2154 # sourced: its variables are shared with ecp-entrypoint and config.env

# A copy is called after its hash. One rename makes it valid, and a file that is not what its name says is no copy.
copies() { # prints them, newest first
  find "$ECP_DIRECTORY" -maxdepth 1 -type f -printf '%T@ %f\n' | sort -rn | sed -nE 's/^[0-9.]+ (copy\.[0-9a-f]{64})$/\1/p'
}

# usage: name_copy FILE HASH; the copies before it are superfluous from then on
name_copy() {
  local name
  mv -T "$1" "$copy.$2" || return 1
  for name in $(copies); do [[ $name == "copy.$2" ]] || rm -f "$ECP_DIRECTORY$name"; done
}

# usage: has_copy HASH; whether there is a copy of the file with this hash, by its name. What it holds is read once the server serves.
has_copy() {
  local name
  unread=
  [[ -n $1 && -f $copy.$1 && ! -L $copy.$1 ]] || return 1
  unread=$copy.$1
  for name in $(copies); do [[ $name == "copy.$1" ]] || rm -f "$ECP_DIRECTORY$name"; done
}

# In the background. A copy that the disk has not kept is replaced, if need be at a later look.
read_copy() {
  if [[ $(hash_of "$unread" 2>/dev/null) == "${unread##*.}" ]]; then
    : >"$RUN/copy-read"
  else
    log 'error: the copy that a restore has made is damaged, and is replaced' >&2
    renew_copy
  fi
}

put_copy() { # usage: put_copy FROM
  local hash
  if hash=$(tee "$copy.new" <"$1" 2>/dev/null | hash_of) && name_copy "$copy.new" "$hash"; then return; fi
  drop_copies
  return 1
}

drop_copies() {
  local name
  for name in $(copies) copy.new copy.backup; do rm -f "$ECP_DIRECTORY$name"; done
}

# Releases before 0.3 had one file `copy` and its hash beside it.
adopt_old_copy() {
  [[ -f $copy && -f $copy.hash ]] || return 0
  local hash
  hash=$(head -c 64 "$copy.hash" | tr -d '\0')
  if [[ $hash =~ ^[0-9a-f]{64}$ ]]; then mv -T "$copy" "$copy.$hash"; fi
  rm -f "$copy" "$copy.hash"
}

no_room() { # usage: no_room COPY
  rm -f "$data.new"
  refuse "the disk of /durable has no room, or no inodes, to rebuild the database: $(du -m "$1" | cut -f1) MiB more are needed"
}

# Replaces a data file that is not believed with a copy and the journals since then: GT.M's blocks carry no checksum, so a byte flipped in
# a value passes every check of the structure; the records of the journal do carry one. 1 when there is no copy.
rebuild() {
  local name output=
  for name in $(copies); do
    [[ $(hash_of "$ECP_DIRECTORY$name") == "${name#copy.}" ]] || continue
    # Without room nothing is tried that writes to the only data file: the next look may find some.
    cp "$ECP_DIRECTORY$name" "$data.new" 2>/dev/null || no_room "$ECP_DIRECTORY$name"
    log 'rebuilding the database from its copy and the journal'
    [[ -e $data.crashed ]] || mv "$data" "$data.crashed"
    mv "$data.new" "$data"
    if output=$("$gtm_dist/mupip" journal -recover -forward "$journal" 2>&1); then return 0; fi
  done
  rm -f "$data.new"
  # As it was found, so that the next look says the same.
  [[ ! -e $data.crashed ]] || mv "$data.crashed" "$data"
  [[ -n $output ]] || return 1
  refuse "rebuilding the database from its copy and the journal failed: $(in_short "$output"); $WAY_OUT"
}

# Old journals call for a new copy; one that a restore has made is read once.
look_at_copy() {
  local old=("$journal"_*)
  ! { [[ -n ${copying:-} ]] && kill -0 "$copying" 2>/dev/null; } || return 0
  if [[ -n $unread && -e $unread && ! -e $RUN/copy-read ]]; then
    read_copy 3>&- &
    copying=$!
  elif [[ -e ${old[1]:-} ]]; then
    renew_copy 3>&- &
    copying=$!
  fi
}

# A new copy makes the journals before it superfluous; until it has its name the one before it counts, with all journals since then. In the
# background: the database is in use.
renew_copy() {
  local output hash renamed old door turn
  # A stop waits for it as for a command.
  exec {door}>>"$RUN/door"
  flock -n -s "$door" || return 0
  # A backup is another copy in the making.
  exec {turn}>>"$RUN/copying.lock"
  flock -n "$turn" || return 0
  if output=$(gtm_baktmpdir=$ECP_DIRECTORY "$gtm_dist/mupip" backup -newjnlfiles=prevlink DEFAULT "$copy.backup" 2>&1) &&
    hash=$(hash_of "$copy.backup") && name_copy "$copy.backup" "$hash"; then
    archive_journals || log 'error: no room for the journals that the next backup needs' >&2
    renamed=$(sed -n 's/.* is renamed to //p' <<<"$output" | tail -n1)
    [[ ! -e $renamed ]] || find "$ECP_DIRECTORY" -maxdepth 1 -name 'GTM.MJL_*' ! -newer "$renamed" -delete
  else
    log "error: no new copy of the database: $(in_short "$output")" >&2
    rm -f "$copy.backup"
    # The next look tries again. Journals must not pile up for want of a copy.
    old=("$journal"_*)
    ((${#old[@]} < 5)) || { archive_journals || true && drop_copies && rm -f "${old[0]}"; }
  fi
}
