# Which member of a mirror is copied for a backup, and how the members keep apart in the volume that they share. Sourced by channel.sh and freeze.sh.
# shellcheck shell=bash disable=SC2154

# shellcheck source=mirror-peer.sh
. /opt/ecp/lib/mirror-peer.sh

# Whether this database has all that was acknowledged: that of a primary that is alone, or of the backup of a primary that says so at this moment.
# What a backup that is cut off believes may be old.
has_all() {
  local key value role='' epoch='' step='' mode='' serving=''
  [[ -n ${ECP_MIRROR:-} ]] || return 0
  while read -r key value; do
    case $key in role | epoch | step | mode | serving) printf -v "$key" %s "$value" ;; esac
  done 2>/dev/null <"$RUN/mirror/facts" || return 1
  [[ $role$mode$serving != primaryalone1 ]] || return 0
  [[ $role$mode == backupwith ]] || return 1
  ask_peer || return 1
  [[ $peer_line == *" role=primary e=$epoch k=$step mode=with "* ]]
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
