# A backup out of the repository, for a container with the engine to put in its place. Sourced by ecp-backup.
# shellcheck shell=bash disable=SC2154

# usage: choose ID [TIME] -> the backup to start from, then those whose journals lead to TIME, one a line: id and snapshot. ID may be `newest`.
choose() {
  local all
  all=$(snapshots) || exit 1
  jq -r --arg id "$1" --arg to "${2:-}" '
    def at: .at | sub("\\.[0-9]+Z$"; "Z") | fromdate;
    def no($why): "no \($why)" | halt_error(1);
    . as $all | (if length == 0 then no("backup is in the repository") else . end)
    | (if $to == "" then map(select($id == "newest" or .id == $id)) else map(select(($id == "newest" or .id == $id) and at < ($to | fromdate))) end) as $fit
    | (if ($fit | length) == 0 then no(if $to != "" then "backup is older than \($to); the oldest is of \($all[0].at)" else "backup is called \($id); ./ecp backups lists them" end) else . end)
    | $fit[-1] as $base
    | if $to == "" then [$base] else
        [$base] | until((.[-1] | at) >= ($to | fromdate); . as $row | ($all | map(select(.previous == $row[-1].id and .timeline == $row[-1].timeline)) | .[0]) as $next
          | if $next == null then no("backup covers \($to): what leads there from \($base.id) reaches to \($row[-1].at)") else $row + [$next] end) end
    | .[] | "\(.id) \(.snapshot)"' <<<"$all" 2>"$WORK/refusal" || complain 1 "$(sed 's/^jq: //' "$WORK/refusal" | tr '\n' ' ')"
}

# usage: restored SNAPSHOT FOLDER PATH; the snapshot's PATH below /backup becomes FOLDER
restored() {
  rm -rf "$2.part" && mkdir -m 0700 "$2.part"
  when_unlocked restore "$1" --target "$2.part" --include "/backup/$3" >/dev/null || { words=$(cannot 'the backup cannot be read' 2>&1) || complain 1 "${words#ecp-backup: }"; }
  [[ -z $(find "$2.part" ! -type f ! -type d -print -quit) ]] || complain 1 'the backup holds what is no file'
}

# usage: restore_directories SNAPSHOT FOLDER; what was read of InterSystems IRIS
restore_directories() {
  local directory
  while read -r directory; do
    rm -rf "$2.part" && mkdir -m 0700 "$2.part"
    when_unlocked restore "$1" --target "$2.part" --include "$directory" >/dev/null || { words=$(cannot 'the backup cannot be read' 2>&1) || complain 1 "${words#ecp-backup: }"; }
    [[ -d $2.part$directory ]] || continue
    mkdir -p "$2/files${directory%/*}"
    mv "$2.part$directory" "$2/files$directory"
    printf '%s\n' "$directory" >>"$2/directories"
  done < <(jq -r '.directories // [] | .[]' "$FILES/config.json")
}

# usage: add_journals FOLDER [SNAPSHOT]; journals of InterSystems IRIS and their history, of a later backup or of the one that is there, from the
# directories that its manifest names
add_journals() {
  local directory manifest=$1/manifest.json from=$1/files
  [[ $(jq -r '.engine // ""' "$manifest") == iris ]] || return 0
  if [[ -n ${2:-} ]]; then
    restored "$2" "$1" staging
    from=$1.part manifest=$WORK/later.json
    cp "$1.part/backup/staging/manifest.json" "$manifest"
  fi
  while read -r directory; do
    is_read "$directory" || continue
    if [[ -n ${2:-} ]]; then
      rm -rf "$from" && mkdir -m 0700 "$from"
      when_unlocked restore "$2" --target "$from" --include "$directory" >/dev/null || { words=$(cannot 'the backup cannot be read' 2>&1) || complain 1 "${words#ecp-backup: }"; }
    fi
    take_journals "$from$directory" "$1/journals"
  done < <(jq -r '((.journalDirectories // [])[] | strings), "/durable/iris/mgr/journal.log"' "$manifest")
}

# usage: take_journals PLACE FOLDER; a directory's journals, [prefix]YYYYMMDD.NNN with a z when compressed, or their history. What a later backup
# has is whole, and may be compressed since. Linked, in one volume.
take_journals() {
  local file name
  [[ ! -f $1 || -L $1 ]] || ln -f "$1" "$2/journal.log"
  [[ -d $1 && ! -L $1 ]] || return 0
  while read -r file; do
    name=${file##*/}
    rm -f "$2/${name%z}" "$2/${name%z}z"
    ln "$file" "$2/$name"
  done < <(find "$1" -maxdepth 1 -type f -regextype posix-extended -regex '.*/[A-Za-z0-9_-]*[0-9]{8}\.[0-9]{3,}z?')
}

# usage: is_read PATH; whether it is below a directory that backups read, and named plainly
is_read() {
  [[ $1 =~ ^(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$ ]] &&
    jq -e --arg path "$1" 'any((.directories // [])[]; . as $read | $path == $read or ($path | startswith($read + "/")))' "$FILES/config.json" >/dev/null
}

fetch() { # usage: fetch ID [TIME] -> the id of the backup that is below /backup/restore now
  local chosen=() base='' id snapshot target place
  [[ $1 == newest ]] || is_id "$1" || complain 2 "'ID' is called after its time, such as 20260131T120000Z, got '${1:0:40}'"
  [[ -z ${2:-} || $2 =~ ^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$ ]] || complain 2 "'--to' is a time such as 2026-01-31T12:00:00Z, got '${2:0:40}'"
  take_turn 60
  open_repository
  choose "$1" "${2:-}" >"$WORK/chosen"
  mapfile -t chosen <"$WORK/chosen"
  place=$BACKUP/${into:-restore}
  rm -rf "$place" && mkdir -m 0700 "$place"
  for each in "${chosen[@]}"; do
    id=${each%% *} snapshot=${each##* }
    if [[ -z $base ]]; then
      base=$id target=$place/$id
      restored "$snapshot" "$target" staging
      mv "$target.part/backup/staging" "$target" && mkdir -m 0700 "$target/journals" "$target/files"
      restore_directories "$snapshot" "$target"
      [[ -z ${2:-} ]] || add_journals "$target"
    else
      restored "$snapshot" "$target" journals
      [[ ! -d $target.part/backup/journals ]] || find "$target.part/backup/journals" -type f -name 'GTM.MJL_*' -exec mv -t "$target/journals" {} +
      add_journals "$target" "$snapshot"
    fi
    rm -rf "$target.part"
  done
  printf '%s\n' "$base"
}
