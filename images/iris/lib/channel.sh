# Requests of the backup container, as in the rehearsal engine: a file with one line in, a file with the answer out, in a volume that both share.
# Nothing in it is run. Sourced by ecp-entrypoint.
# shellcheck shell=bash disable=SC2154
readonly BACKUP=/backup

# usage: put NAME <TEXT; a file of the shared volume, replaced by a rename. A link that somebody left there is not followed.
put() {
  rm -rf "${BACKUP:?}/$1.new"
  (set -C && cat >"$BACKUP/$1.new") && mv -T "$BACKUP/$1.new" "$BACKUP/$1"
}

has_backup() { [[ -d "$BACKUP" && ! -L "$BACKUP" ]]; }

# What a start finds of a backup that was being taken is void, and who waits for an answer gets one; an instance that starts is not frozen.
clear_channel() {
  [[ ! -e "$BACKUP/frozen.json" ]] || void_backup
  [[ -f "$BACKUP/serving" && ! -L "$BACKUP/serving" ]] || return 0
  { head -c 100 "$BACKUP/serving" | tr -d '\0' | head -n1 && echo 'the data server was started again' && echo 'failed 3'; } | put answer
  rm -f "$BACKUP/serving"
}

void_backup() {
  { jq -r '.id // "" | tostring | .[0:16]' "$BACKUP/frozen.json" 2>/dev/null || true; } | put void
  rm -rf "$BACKUP/staging" "$BACKUP/frozen.json"
}

serve_channel() {
  while true; do
    [[ ! -f "$BACKUP/request" || -L "$BACKUP/request" ]] || answer_request
    [[ ! -f "$BACKUP/frozen.json" ]] || look_at_deadline
    sleep 0.5
  done
}

answer_request() {
  local verb='' id='' option='' words
  mv -T "$BACKUP/request" "$BACKUP/serving"
  words="$(head -c 100 "$BACKUP/serving" | tr -d '\0' | head -n1)"
  read -r verb id option _ <<<"$words"
  [[ "$verb" =~ ^(freeze|thaw|backup-info)$ ]] || verb=unknown
  local arguments=("$verb")
  [[ "$verb" == backup-info ]] || arguments+=("$id")
  [[ -z "$option" ]] || arguments+=("$option")
  {
    printf '%s\n' "$words"
    ecp-node "${arguments[@]}" 2>&1 || echo "failed $?"
  } </dev/null | put answer
  rm -f "$BACKUP/serving"
}

look_at_deadline() {
  local deadline turn
  deadline="$(date -u -d "$(jq -r '.deadline // "" | tostring' "$BACKUP/frozen.json" 2>/dev/null)" +%s 2>/dev/null)" || deadline=0
  ((EPOCHSECONDS > deadline)) || return 0
  exec {turn}>>"$RUN/freeze.lock"
  if flock -n "$turn" && [[ -f "$BACKUP/frozen.json" ]]; then
    timeout -k 5 60 iris thaw "$INSTANCE" >/dev/null 2>&1 || log 'error: InterSystems IRIS could not be thawed' >&2
    void_backup
    log 'error: a backup was not ended before its deadline: it is void' >&2
  fi
  exec {turn}>&-
}
