# One backup: freeze, keep, thaw, remove what retention does not keep. Sourced by ecp-backup.
# shellcheck shell=bash disable=SC2154

# shellcheck source=forget.sh
. /opt/ecp/lib/forget.sh

# usage: run_backup [NAME]; `scheduled` is set for one that nobody asked for
run_backup() {
  local id began seconds manifest paths=("$BACKUP/staging" "$BACKUP/journals") tags name=${1:-}
  [[ $name =~ ^[A-Za-z0-9._-]{0,40}$ ]] || complain 2 "'--tag' must be at most 40 letters, digits, '.', '_' and '-', got '${name:0:60}'"
  take_turn 600
  began=$EPOCHREALTIME
  id=$(date -u +%Y%m%dT%H%M%SZ)
  seconds=$(setting freezeSec)
  (open_repository make && await_others) 2>"$WORK/refusal" || fail "$(sed 's/^ecp-backup: //' "$WORK/refusal")"
  forget_unwanted
  thaw_leftover
  frozen=$id
  manifest=$(ask $((seconds + 30)) freeze "$id" "$seconds" 2>"$WORK/refusal") || fail "the data server could not be frozen: $(tr '\n' ' ' <"$WORK/refusal")"
  printf '%s' "$manifest" >"$WORK/manifest.json"
  if [[ -n ${scheduled:-} ]] && is_empty && [[ $(snapshots) != '[]' ]]; then
    fail 'the database is empty and the repository is not: ./ecp restore brings the data back, ./ecp backup takes a backup anyway'
  fi
  tags=$(jq -r --arg name "$name" '["ecp", "id=\(.id)", "at=\(.at)", "engine=\(.engine)", "bytes=\(.bytes)", "timeline=\(.timeline)", "previous=\(.previous)"]
    + (if $name == "" then [] else ["name=\($name)"] end) | map(gsub("[,\n]"; "")) | join(",")' "$WORK/manifest.json")
  [[ -d $BACKUP/journals ]] || paths=("$BACKUP/staging")
  # Of InterSystems IRIS the files themselves, which rest while they are read.
  mapfile -t -O "${#paths[@]}" paths < <(jq -r '.directories // [] | .[]' "$FILES/config.json")
  interrupt_when_full >/dev/null 2>&1 {turn}>&- &
  local watch=$!
  if ! limit=$seconds repo backup --host "$(setting cluster)" --tag "$tags" --exclude '.new' --exclude '.aside-*' "${paths[@]}" >/dev/null; then
    kill "$watch" 2>/dev/null || true
    if is_locked && ((--attempts > 0)); then
      begin_again "$id" "$name"
      return
    fi
    cut_short "$id"
  fi
  kill "$watch" 2>/dev/null || true
  ask 60 thaw "$id" kept >/dev/null 2>"$WORK/refusal" || { forget_snapshot "$id"; fail "$(tr '\n' ' ' <"$WORK/refusal")"; }
  frozen=''
  keep_what_retention_says
  note "$id" "$began" ''
  log "backup $id of $(jq -r .bytes "$WORK/manifest.json") bytes in $(jq -r .duration_sec "$BACKUP/last.json") s"
  printf '%s\n' "$id"
}

# How often a backup begins before it gives way to others.
attempts=3

# usage: begin_again ID NAME; a run of another cluster came first after all. The data server goes on while it lasts.
begin_again() {
  frozen=''
  ask 60 thaw "$1" >/dev/null 2>"$WORK/refusal" || fail "$(tr '\n' ' ' <"$WORK/refusal")"
  run_backup "$2"
}

# Before the data server is frozen. A call that takes a lock, and does nothing, is refused for as long as others check or prune.
await_others() { [[ ! -s $WORK/locks ]] || limit=$SHORT_SEC when_unlocked cat config >/dev/null || cannot 'the backup could not begin'; }

# After a loss the newest backup must not be one of nothing.
is_empty() { jq -e '.globals != null and ([.globals[] | select(.name | startswith("%") | not)] | length) == 0' "$WORK/manifest.json" >/dev/null; }

# usage: cut_short ID; restic keeps what it could read, and half a backup is none
cut_short() {
  local words
  words=$(cannot 'the backup could not be written' 2>&1) || true
  # First of all the data server goes on. It may know better what happened.
  frozen=''
  if ! ask 20 thaw "$1" >/dev/null 2>"$WORK/refusal"; then
    # A deadline that passed while restic asked again and again is no cause.
    [[ $words == *'has no room'* || $words == *'cannot be reached'* ]] || words=$(tr '\n' ' ' <"$WORK/refusal")
  fi
  SHORT_SEC=20
  forget_snapshot "$1"
  fail "${words#ecp-backup: }"
}

# A run that was killed has left the data server frozen. Nobody else of this container is at work.
thaw_leftover() {
  local left
  left=$(ask 30 backup-info 2>/dev/null | jq -r 'select(.state == "frozen") | .id') || return 0
  ! is_id "$left" || ask 30 thaw "$left" >/dev/null 2>&1 || true
}

fail() { note '' "$began" "$1"; complain 1 "$1"; }

note_fault() { note '' "$EPOCHREALTIME" "$1"; }

give_up() { [[ -z ${frozen:-} ]] || ask 20 thaw "$frozen" >/dev/null 2>&1 || true; }

# usage: note ID BEGAN FAULT; what status and metrics show: the last run and the last one that was kept
note() {
  local now=$EPOCHREALTIME last='{}'
  [[ ! -f $BACKUP/last.json ]] || last=$(jq -c 'if type == "object" then . else {} end' "$BACKUP/last.json" 2>/dev/null) || last='{}'
  jq -n --argjson last "$last" --arg id "$1" --arg began "$2" --arg now "$now" --arg fault "$3" --argjson which "$(which_repository)" --slurpfile manifest <(cat "$WORK/manifest.json" 2>/dev/null) '
    $last + {fault: $fault, tried: ($now | tonumber | floor | todate)} + if $id == "" then {} else
    {which: $which, id: $id, at: $manifest[0].at, bytes: $manifest[0].bytes, duration_sec: (($now | tonumber) - ($began | tonumber) | . * 10 | round / 10)} end' >"$BACKUP/last.json.new"
  mv "$BACKUP/last.json.new" "$BACKUP/last.json"
}
