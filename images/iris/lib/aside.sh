# What a restore does with the files that are there: they go aside, and come back when it fails. An instance has up to three volumes, and a mark in the
# first one says how far a restore has come, for the one after it when it is cut short: as in the rehearsal engine. Sourced by restore-database.
# shellcheck shell=bash

# An instance does not start while it is there.
readonly MARK=/durable/.restoring

# Where an instance keeps what a backup has: the volumes of its data server.
ROOTS=(/durable /journal /alternate-journal)

roots() { printf '%s\n' "${ROOTS[@]}"; }

# usage: read_roots LINES; those that a backup names, or that were noted beside what is aside. What is not there is left out.
read_roots() {
  local root
  mapfile -t ROOTS < <(
    awk '!seen[$0]++' <<<"$1" | while read -r root; do
      [[ ! "$root" =~ ^(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$ || ! -d "$root" || -L "$root" ]] || printf '%s\n' "$root"
    done
  )
}

note_step() { # usage: note_step aside|placing|back
  rm -f "$MARK.new" # what a backup left there is not written through
  echo "$1 $aside" >"$MARK.new" && mv -T "$MARK.new" "$MARK"
}

# Never beside a data server that somebody has started meanwhile: it waits for this, and looks for the mark then.
hold_data() {
  [[ -z "${held:-}" ]] || return 0
  { exec {held}>>/durable/.in-use; } 2>/dev/null || refuse 1 '/durable cannot be written (is the disk full?)'
  flock -w 2 -E 75 "$held" || (($? != 75)) || refuse 1 'the data server runs: it has to be stopped while its data is replaced'
}

# usage: own_entries ROOT -> what a restore moves or removes: all but the marks, what is aside and what a file system has
own_entries() {
  find "$1" -mindepth 1 -maxdepth 1 ! -name '.aside-*' ! -name '.ecp-engine' ! -name '.in-use' ! -name '.restoring*' ! -name lost+found -print0
}

remove_entries() {
  local root entry
  while read -r root; do
    while IFS= read -r -d '' entry; do rm -rf "$entry"; done < <(own_entries "$root")
  done < <(roots)
}

# usage: set_aside; goes on with what an earlier one has begun. Each entry is one rename, and comes back by one.
set_aside() {
  local step='' name='' root entry
  hold_data
  { read -r step name <"$MARK"; } 2>/dev/null || true
  if [[ "$step" =~ ^(aside|placing|back)$ && "$name" =~ ^\.aside-[0-9TZ]+$ && -d "/durable/$name" ]]; then
    aside="$name"
  else
    step='' aside=".aside-$(date -u +%Y%m%dT%H%M%SZ)"
  fi
  [[ -z "$step" ]] || read_roots "$(roots; cat "/durable/$aside.roots" 2>/dev/null || true)"
  # All that was there is aside already: the rest is a restore that was cut short.
  if [[ "$step" == placing ]]; then remove_entries; fi
  trap '[[ ! -e $MARK ]] || exit 3' EXIT
  # The mark comes first: without one all is believed to be aside.
  note_step aside || not_begun "$step" /durable
  while read -r root; do mkdir -p "$root/$aside" || not_begun "$step" "$root"; done < <(roots)
  { rm -f "/durable/$aside.roots" && roots >"/durable/$aside.roots"; } || not_begun "$step" /durable
  while read -r root; do
    while IFS= read -r -d '' entry; do mv "$entry" "$root/$aside/"; done < <(own_entries "$root")
  done < <(roots)
  note_step placing
}

not_begun() { # usage: not_begun STEP ROOT; of a restore that is new nothing stays
  [[ -n "$1" ]] || { forget "$aside"; rm -f "$MARK" "$MARK.new"; }
  refuse 1 "$2 cannot be written (is the disk full?)"
}

bring_back() { # usage: bring_back NAME
  local root entry step='' name=''
  hold_data
  aside="$1"
  { read -r step name <"$MARK"; } 2>/dev/null || true
  [[ -z "$step" || "$name" == "$aside" ]] || refuse 1 'a restore was cut short after this one: ./ecp restore goes on with it'
  # What is not aside yet, or is back already, is the data itself.
  [[ "$step" == aside || "$step" == back ]] || remove_entries
  note_step back
  rm -f "/durable/$aside/.in-use" # of a release that moved it too
  while read -r root; do
    [[ -d "$root/$aside" ]] || continue
    while IFS= read -r -d '' entry; do mv "$entry" "$root/"; done < <(find "$root/$aside" -mindepth 1 -maxdepth 1 -print0)
    # The one by which the mark is believed goes last.
    [[ "$root" == /durable ]] || rmdir "$root/$aside"
  done < <(roots)
  [[ ! -d "/durable/$aside" ]] || rmdir "/durable/$aside"
  rm -f "/durable/$aside.roots" "$MARK"
}

is_back() { [[ "$(cat "$MARK" 2>/dev/null)" == "back $1" ]]; } # usage: is_back NAME; all but the mark

forget() { # usage: forget NAME
  local root
  while read -r root; do rm -rf "${root:?}/$1"; done < <(roots)
  rm -f "/durable/$1.roots"
}
