# The repository, by restic: opened, made, and its faults in words. Sourced by ecp-backup.
# shellcheck shell=bash disable=SC2154

# restic's own lock holds one run from another; this one keeps the runs of this container apart, so that a lock of this host is a dead run's.
take_turn() {
  [[ -z ${turn:-} ]] || return 0
  exec {turn}>>"$BACKUP/turn"
  flock -w "${1:-5}" "$turn" || complain 1 'another backup or check is at work'
}

# usage: repo ARGUMENTS...
repo() {
  local place options=()
  place=$(setting repository)
  if [[ $place == sftp:* ]]; then
    # Each word was checked when the stack was synthesized. restic takes the words apart itself.
    options=(-o "sftp.command=ssh -p $(setting sftpPort) -i $FILES/sftp-key -o IdentitiesOnly=yes -o BatchMode=yes -o ConnectTimeout=15 -o StrictHostKeyChecking=yes -o UserKnownHostsFile=$FILES/sftp-known-hosts $(setting sftpUser)@$(setting sftpHost) -s sftp")
    place=sftp:$(setting sftpHost):$(setting sftpPath)
  elif [[ $place == s3:* ]]; then
    AWS_ACCESS_KEY_ID=$(<"$FILES/s3-key-id") AWS_SECRET_ACCESS_KEY=$(<"$FILES/s3-secret-key")
    export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
    [[ -z $(setting s3Region) ]] || options=(-o "s3.region=$(setting s3Region)")
  fi
  GOGC=20 restic --no-cache --quiet --repo "$place" --password-file "$FILES/repository-password" "${options[@]}" "$@" 2>"$WORK/restic.log"
}

# usage: cannot WHAT; restic's words as one sentence, with the likely remedy
cannot() {
  local words
  words=$(grep -v 'retrying after' "$WORK/restic.log" | tr -s '\n\t ' ' ' | cut -c1-400) || true
  case $(<"$WORK/restic.log") in
    *'wrong password'*) complain 1 "$1: the password is not the repository's" ;;
    *'already locked'*) complain 1 "$1: the repository is locked by $(sed -nE 's/.*locked (exclusively )?by (PID [0-9]+ on [^ ]+).*/\2/p' "$WORK/restic.log" | head -n1)" ;;
    *'no space left'*) complain 1 "$1: the repository has no room" ;;
    *'Permission denied (publickey'*) complain 1 "$1: the SFTP server does not take the key" ;;
    *'Host key verification failed'*) complain 1 "$1: the SFTP server's key is none of the known hosts" ;;
    *) complain 1 "$1: $words" ;;
  esac
}

# The first backup makes the repository. A folder that holds something else is refused by restic.
open_repository() {
  # Each call of restic derives the key from the password, which takes most of its time: this one also lists the locks.
  if repo list locks --no-lock >"$WORK/locks"; then
    remove_own_locks
    return
  fi
  grep -qE 'Is there a repository|does not exist|no such file' "$WORK/restic.log" || cannot 'the repository cannot be opened'
  [[ ${1:-} == make ]] || complain 1 'there is no repository yet: no backup has been taken'
  repo init >/dev/null || cannot 'the repository cannot be made'
  log "made the repository $(setting repository)"
}

# A run that was killed leaves its lock. Nobody else of this host runs now.
remove_own_locks() {
  local id host
  while read -r id; do
    [[ $id =~ ^[0-9a-f]{64}$ ]] || continue
    host=$(repo cat lock "$id" --no-lock | jq -r '.hostname // ""') || continue
    [[ $host == "$HOSTNAME" ]] || return 0
  done <"$WORK/locks"
  [[ ! -s $WORK/locks ]] || repo unlock --remove-all >/dev/null || cannot 'the lock of a killed run cannot be removed'
}

# usage: snapshots -> all backups of this cluster, oldest first, as JSON. What is known of one is in its tags.
snapshots() {
  repo snapshots --json --no-lock --host "$(setting cluster)" --tag ecp >"$WORK/snapshots.json" || cannot 'the backups cannot be listed'
  jq '[.[]? | . as $snapshot | ([.tags[] | select(contains("=")) | capture("^(?<key>[a-z]+)=(?<value>.*)$")] | from_entries) as $tags
    | {id: $tags.id, at: $tags.at, engine: $tags.engine, bytes: ($tags.bytes // "0" | tonumber? // 0), timeline: $tags.timeline, previous: $tags.previous,
       tag: ($tags.name // ""), verified: ($tags.verified // ""), snapshot: $snapshot.id} | select(.id != null and (.id | test("^[0-9]{8}T[0-9]{6}Z$")))] | sort_by(.id)' "$WORK/snapshots.json"
}
