# Which member of a mirror is copied for a backup, and how the members keep apart in the volume that they share. Sourced by channel.sh and freeze.sh.
# shellcheck shell=bash disable=SC2154

# Whether this database has all that was acknowledged: that of a primary that is alone, or of the backup of a primary that says so at this moment.
# What a backup that is cut off believes may be old.
has_all() {
  local key value peer line='' role='' epoch='' step='' mode='' serving=''
  [[ -n ${ECP_MIRROR:-} ]] || return 0
  while read -r key value; do
    case $key in role | epoch | step | mode | serving) printf -v "$key" %s "$value" ;; esac
  done 2>/dev/null <"$RUN/mirror/facts" || return 1
  [[ $role$mode$serving != primaryalone1 ]] || return 0
  [[ $role$mode == backupwith ]] || return 1
  { exec {peer}<>/dev/tcp/127.0.0.1/2991; } 2>/dev/null || return 1
  printf 'GET /mirror HTTP/1.0\r\n\r\n' >&"$peer" || true
  while read -r -t 1 -u "$peer" line && [[ $line != name=* ]]; do :; done
  exec {peer}>&-
  [[ $line == *" role=primary e=$epoch k=$step mode=with "* ]]
}

# usage: lock_backups SECONDS -> `turn`, the lock of one who works in the volume; 1 when another one has it
lock_backups() {
  local file=$RUN/freeze.lock
  [[ -z ${ECP_MIRROR:-} ]] || file=$BACKUP/lock
  [[ ! -L $file ]] || return 1
  { exec {turn}>>"$file"; } 2>/dev/null || return 1
  flock -w "$1" "$turn" || { unlock_backups && return 1; }
}

unlock_backups() {
  exec {turn}>&-
  turn=
}
