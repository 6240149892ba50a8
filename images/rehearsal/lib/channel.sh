# Requests of the backup container, which has no way in but a volume that both share: a file with one line in, a file with the answer out.
# Nothing in it is run. Sourced by data-server.sh.
# shellcheck shell=bash disable=SC2154

# shellcheck source=archive.sh
. /opt/ecp/lib/archive.sh
# shellcheck source=mirror-copies.sh
. /opt/ecp/lib/mirror-copies.sh
# Members of a mirror share the volume.
readonly SERVING=$BACKUP/serving${ECP_MIRROR:+.$HOSTNAME}

start_channel() { start_part channel serve_channel 3>&-; }

# What a start finds of a backup that was being taken is void.
clear_channel() {
  if lock_backups 1; then
    [[ ! -e $BACKUP/frozen.json ]] || ! is_own_backup || void_backup
    unlock_backups
  fi
  end_request "$SERVING" 'the data server was started again'
}

# usage: end_request FILE WHY; who waits for an answer gets one
end_request() {
  [[ -f $1 && ! -L $1 ]] || return 0
  { head -c 100 "$1" | tr -d '\0' | head -n1 && echo "$2" && echo 'failed 3'; } | put answer
  rm -f "$1"
}

is_own_backup() { [[ -z ${ECP_MIRROR:-} || $(jq -r '.server | strings' "$BACKUP/frozen.json" 2>/dev/null) == "$HOSTNAME" ]]; }

# One member of a mirror answers.
takes_backups() {
  local state=''
  [[ -n ${ECP_MIRROR:-} ]] || return 0
  { read -r state <"$RUN/state.json"; } 2>/dev/null || true
  [[ $state =~ \"state\":\"(Normal|Trouble)\" ]] && has_all
}

void_backup() {
  { jq -r '.id // "" | tostring | .[0:16]' "$BACKUP/frozen.json" 2>/dev/null || true; } | put void
  rm -rf "$BACKUP/staging" "$BACKUP/frozen.json"
}

serve_channel() {
  local bell others=$BACKUP/serving.${ECP_MIRROR_PEER:-}
  trap 'exit 0' TERM INT
  [[ -p $RUN/channel.bell ]] || mkfifo "$RUN/channel.bell"
  exec {bell}<>"$RUN/channel.bell"
  while true; do
    [[ ! $BACKUP/last.json -nt $RUN/backup && -s $RUN/backup ]] || publish_backup
    [[ ! -f $BACKUP/request || -L $BACKUP/request ]] || ! takes_backups || answer_request
    [[ -z ${ECP_MIRROR:-} || ! -f $others ]] || ! takes_backups || end_request "$others" "$ECP_MIRROR_PEER does not copy any more"
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
  mv -T "$BACKUP/request" "$SERVING" 2>/dev/null || return 0
  words=$(head -c 100 "$SERVING" | tr -d '\0' | head -n1)
  read -r verb id option _ <<<"$words"
  [[ $verb =~ ^(freeze|thaw|backup-info)$ ]] || verb=unknown
  local arguments=("$verb")
  [[ $verb == backup-info ]] || arguments+=("$id")
  [[ -z $option ]] || arguments+=("$option")
  {
    echo "$words"
    ecp-node "${arguments[@]}" 2>&1 || echo "failed $?"
  } </dev/null | put answer
  rm -f "$SERVING"
}

look_at_deadline() {
  local deadline
  deadline=$(date -u -d "$(jq -r '.deadline // "" | tostring' "$BACKUP/frozen.json" 2>/dev/null)" +%s 2>/dev/null) || deadline=0
  ((EPOCHSECONDS > deadline)) || return 0
  lock_backups 0 || return 0
  if [[ -f $BACKUP/frozen.json ]]; then
    void_backup
    log 'error: a backup was not ended before its deadline: it is void' >&2
  fi
  unlock_backups
}
