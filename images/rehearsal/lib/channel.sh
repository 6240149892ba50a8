# Requests of the backup container, which has no way in but a volume that both share: a file with one line in, a file with the answer out.
# Nothing in it is run. Sourced by data-server.sh.
# shellcheck shell=bash disable=SC2154

# shellcheck source=archive.sh
. /opt/ecp/lib/archive.sh

start_channel() { start_part channel serve_channel 3>&-; }

# What a start finds of a backup that was being taken is void, and who waits for an answer gets one.
clear_channel() {
  [[ ! -e $BACKUP/frozen.json ]] || void_backup
  [[ -f $BACKUP/serving && ! -L $BACKUP/serving ]] || return 0
  { head -c 100 "$BACKUP/serving" | tr -d '\0' | head -n1 && echo 'the data server was started again' && echo 'failed 3'; } | put answer
  rm -f "$BACKUP/serving"
}

void_backup() {
  { jq -r '.id // "" | tostring | .[0:16]' "$BACKUP/frozen.json" 2>/dev/null || true; } | put void
  rm -rf "$BACKUP/staging" "$BACKUP/frozen.json"
}

serve_channel() {
  local bell
  trap 'exit 0' TERM INT
  [[ -p $RUN/channel.bell ]] || mkfifo "$RUN/channel.bell"
  exec {bell}<>"$RUN/channel.bell"
  while true; do
    [[ ! $BACKUP/last.json -nt $RUN/backup && -s $RUN/backup ]] || publish_backup
    [[ ! -f $BACKUP/request || -L $BACKUP/request ]] || answer_request
    [[ ! -f $BACKUP/frozen.json ]] || look_at_deadline
    read -r -t 0.3 -u "$bell" _ || true
  done
}

# For /metrics/ecp: a file for the HAProxy that starts next, the runtime API for the one that runs.
publish_backup() {
  local key value words=''
  jq -r 'def seconds: (strings | sub("\\.[0-9]+Z$"; "Z") | fromdate?) // 0; def number: if type == "number" then . else 0 end;
    "at \(.at | seconds)", "verified \(.verifiedAt | seconds)", "bytes \(.bytes | number | floor)", "duration \(.duration_sec | number)",
    "failed \(if (.fault // "") == "" then 0 else 1 end)"' "$BACKUP/last.json" >"$RUN/backup.new" 2>/dev/null ||
    printf '%s 0\n' at verified bytes duration failed >"$RUN/backup.new"
  mv "$RUN/backup.new" "$RUN/backup"
  while read -r key value; do
    [[ $key =~ ^[a-z]+$ && $value =~ ^[0-9.]{1,20}$ ]] || continue
    words+="del map $RUN/backup $key; add map $RUN/backup $key $value; "
  done <"$RUN/backup"
  haproxy_cli "${words%; }" >/dev/null 2>&1 || true
}

answer_request() {
  local verb='' id='' option='' words
  mv -T "$BACKUP/request" "$BACKUP/serving"
  words=$(head -c 100 "$BACKUP/serving" | tr -d '\0' | head -n1)
  read -r verb id option _ <<<"$words"
  [[ $verb =~ ^(freeze|thaw|backup-info)$ ]] || verb=unknown
  local arguments=("$verb")
  [[ $verb == backup-info ]] || arguments+=("$id")
  [[ -z $option ]] || arguments+=("$option")
  {
    echo "$words"
    ecp-node "${arguments[@]}" 2>&1 || echo "failed $?"
  } </dev/null | put answer
  rm -f "$BACKUP/serving"
}

look_at_deadline() {
  local deadline turn
  deadline=$(date -u -d "$(jq -r '.deadline // "" | tostring' "$BACKUP/frozen.json" 2>/dev/null)" +%s 2>/dev/null) || deadline=0
  ((EPOCHSECONDS > deadline)) || return 0
  exec {turn}>>"$RUN/freeze.lock"
  if flock -n "$turn" && [[ -f $BACKUP/frozen.json ]]; then
    void_backup
    log 'error: a backup was not ended before its deadline: it is void' >&2
  fi
  exec {turn}>&-
}
