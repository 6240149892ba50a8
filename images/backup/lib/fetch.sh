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
    [[ ! -d $2.part$directory ]] || mv "$2.part$directory" "$2/files/"
  done < <(jq -r '.directories // [] | .[]' "$FILES/config.json")
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
    else
      restored "$snapshot" "$target" journals
      [[ ! -d $target.part/backup/journals ]] || find "$target.part/backup/journals" -type f -name 'GTM.MJL_*' -exec mv -t "$target/journals" {} +
    fi
    rm -rf "$target.part"
  done
  printf '%s\n' "$base"
}
