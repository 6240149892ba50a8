# What a repository does not keep: backups that are no whole ones, and those that retention leaves out. Sourced by run.sh.
# shellcheck shell=bash disable=SC2154

# usage: forget_snapshot ID; a repository that does not answer now is asked again by the next run
forget_snapshot() {
  local snapshot
  printf '%s\n' "$1" >"$BACKUP/unwanted"
  snapshot=$(snapshots | jq -r --arg id "$1" '.[] | select(.id == $id) | .snapshot') || return 0
  [[ -z $snapshot ]] || limit=$SHORT_SEC repo forget "$snapshot" >/dev/null || return 0
  rm -f "$BACKUP/unwanted"
}

forget_unwanted() {
  local id=''
  { read -r id <"$BACKUP/unwanted"; } 2>/dev/null || return 0
  ! is_id "$id" || forget_snapshot "$id"
}

keep_what_retention_says() {
  local options=()
  mapfile -t options < <(jq -r '.keep // {} | to_entries[] | "--keep-\(.key)", (.value | tostring)' "$FILES/config.json")
  ((${#options[@]} > 0)) || return 0
  when_unlocked forget --host "$(setting cluster)" --tag ecp --group-by host --prune "${options[@]}" >/dev/null || log "error: retention: $(tr -s '\n ' ' ' <"$WORK/restic.log" | cut -c1-300)" >&2
}
