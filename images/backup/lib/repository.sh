# The repository, by restic: opened and made. Sourced by ecp-backup.
# shellcheck shell=bash disable=SC2154

# shellcheck source=faults.sh
. /opt/ecp/lib/faults.sh

# restic's own lock holds one run from another; this one keeps the runs of this container apart, so that a lock of this host is a dead run's.
take_turn() {
  [[ -z ${turn:-} ]] || return 0
  exec {turn}>>"$BACKUP/turn"
  flock -w "${1:-5}" "$turn" || complain 1 'another backup or check is at work'
}

# A call that only looks, or writes a line: a server that is silent must not hold the next backup up.
SHORT_SEC=120

# Each word was checked when the stack was synthesized. restic takes the words apart itself.
ssh_words() {
  local options="-o IdentitiesOnly=yes -o BatchMode=yes -o ConnectTimeout=15 -o ServerAliveInterval=15 -o ServerAliveCountMax=4 -o StrictHostKeyChecking=yes"
  echo "ssh -p $(setting sftpPort) -i $FILES/sftp-key $options -o UserKnownHostsFile=$FILES/sftp-known-hosts $(setting sftpUser)@$(setting sftpHost) -s sftp"
}

# usage: [limit=SECONDS] repo ARGUMENTS...
repo() {
  local place options=()
  place=$(setting repository)
  if [[ $place == sftp:* ]]; then
    options=(-o "sftp.command=$(ssh_words)")
    place=sftp:$(setting sftpHost):$(setting sftpPath)
  elif [[ $place == s3:* ]]; then
    AWS_ACCESS_KEY_ID=$(<"$FILES/s3-key-id") AWS_SECRET_ACCESS_KEY=$(<"$FILES/s3-secret-key")
    export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
    [[ -z $(setting s3Region) ]] || options=(-o "s3.region=$(setting s3Region)")
  fi
  local rc=0
  # Interrupted it takes its lock away. What is silent even then is killed, and the next run takes the lock.
  # In the foreground, so that its ssh, which it needs for that, is not interrupted.
  GOGC=20 timeout --foreground -s INT -k 10 "${limit:-86400}" restic --no-cache --quiet --repo "$place" --password-file "$FILES/repository-password" "${options[@]}" "$@" 2>"$WORK/restic.log" || rc=$?
  ((rc != 124 && rc != 137)) || echo "Fatal: no answer within ${limit:-86400} s" >>"$WORK/restic.log"
  return "$rc"
}

# Whether restic ended because somebody else uses the repository.
is_locked() { grep -q 'already locked' "$WORK/restic.log"; }

# usage: when_unlocked ARGUMENTS...; repo, once no run of another cluster that shares the repository is in its way
when_unlocked() {
  local end=$((SECONDS + $(setting freezeSec)))
  until repo "$@"; do
    is_locked && ((SECONDS < end)) || return 1
    sleep 2
  done
}

# The first backup makes the repository. A folder that holds something else is refused by restic.
open_repository() {
  # Each call of restic derives the key from the password, which takes most of its time: this one also lists the locks.
  if limit=$SHORT_SEC repo list locks --no-lock >"$WORK/locks"; then
    # Without the turn a lock of this host may be that of a run.
    [[ -z ${turn:-} ]] || remove_own_locks
    return
  fi
  # restic asks "Is there a repository?" whatever the cause is.
  grep -qE 'specified (bucket|key) does not exist|file does not exist|no such file' "$WORK/restic.log" || cannot 'the repository cannot be opened'
  [[ ${1:-} == make ]] || complain 1 'there is no repository yet: no backup has been taken'
  [[ -z ${scheduled:-} ]] || ! had_backups || complain 1 'the repository is gone, and had backups: bring it back, or begin a new one by ./ecp backup'
  limit=$SHORT_SEC repo init >/dev/null || cannot 'the repository cannot be made'
  log "made the repository $(setting repository)"
}

# Which repository this is, for `note`.
which_repository() { jq -c '[.repository, .name, .sftpHost, .sftpPort, .sftpPath]' "$FILES/config.json"; }

# A folder that is not mounted, or a bucket that somebody removed, must not pass for a new one.
had_backups() { jq -e --argjson which "$(which_repository)" '.which == $which and (.id // "") != ""' "$BACKUP/last.json" >/dev/null 2>&1; }

# A run that was killed leaves its lock. Nobody else of this host runs now.
remove_own_locks() {
  local id host
  while read -r id; do
    [[ $id =~ ^[0-9a-f]{64}$ ]] || continue
    host=$(limit=$SHORT_SEC repo cat lock "$id" --no-lock | jq -r '.hostname // ""') || continue
    # Of another host only what is not renewed any more.
    [[ $host == "$HOSTNAME" ]] || { limit=$SHORT_SEC repo unlock >/dev/null || true && return 0; }
  done <"$WORK/locks"
  [[ ! -s $WORK/locks ]] || limit=$SHORT_SEC repo unlock --remove-all >/dev/null || cannot 'the lock of a killed run cannot be removed'
}

# usage: snapshots -> all backups of this cluster, oldest first, as JSON. What is known of one is in its tags.
snapshots() {
  limit=$SHORT_SEC repo snapshots --json --no-lock --host "$(setting cluster)" --tag ecp >"$WORK/snapshots.json" || cannot 'the backups cannot be listed'
  jq '[.[]? | . as $snapshot | ([.tags[] | select(contains("=")) | capture("^(?<key>[a-z]+)=(?<value>.*)$")] | from_entries) as $tags
    | {id: $tags.id, at: $tags.at, engine: $tags.engine, bytes: ($tags.bytes // "0" | tonumber? // 0), timeline: $tags.timeline, previous: $tags.previous,
       tag: ($tags.name // ""), verified: ($tags.verified // ""), snapshot: $snapshot.id} | select(.id != null and (.id | test("^[0-9]{8}T[0-9]{6}Z$")))] | sort_by(.id)' "$WORK/snapshots.json"
}
