# What befalls a repository, in words. Sourced by repository.sh.
# shellcheck shell=bash disable=SC2154

# usage: cannot WHAT [OTHERWISE]; restic's words as one sentence, with the likely remedy. OTHERWISE begins it when the cause is none of those known
cannot() {
  local words server=SFTP
  [[ $(setting repository) != s3:* ]] || server=S3
  # restic may end before it has heard why ssh did.
  # shellcheck disable=SC2046
  ! grep -q 'start the sftp session' "$WORK/restic.log" || timeout 30 $(ssh_words) </dev/null >/dev/null 2>>"$WORK/restic.log" || true
  words=$(grep -v 'retrying after' "$WORK/restic.log" | tr -s '\n\t ' ' ' | cut -c1-400) || true
  case $(tr '[:upper:]' '[:lower:]' <"$WORK/restic.log") in
    *'wrong password'*) complain 1 "$1: the password is not the repository's" ;;
    *'already locked'*) complain 1 "$1: the repository is locked by $(sed -nE 's/.*locked (exclusively )?by (PID [0-9]+ on [^ ]+).*/\2/p' "$WORK/restic.log" | head -n1); a lock that a killed run has left is void 30 minutes after it" ;;
    *'no space left'* | *'quota'*) complain 1 "$1: the repository has no room" ;;
    # SFTP has no word for a full disk.
    *'write: sftp: "failure"'*) complain 1 "$1: the repository has no room, or the SFTP server cannot write for another reason" ;;
    *'permission denied (publickey'*) complain 1 "$1: the SFTP server does not take the key" ;;
    *'host key verification failed'*) complain 1 "$1: the SFTP server's key is none of the known hosts" ;;
    *'signature you provided'* | *'access key id you provided'* | *'access denied'*) complain 1 "$1: the S3 server does not take the key" ;;
    *'dial tcp'* | *'could not resolve hostname'* | *'connect to host'*) complain 1 "$1: the $server server cannot be reached ($(grep -oiE '(no such host|connection refused|could not resolve hostname|no route to host|timed out|i/o timeout)' "$WORK/restic.log" | head -n1))" ;;
    *'no answer within'*) complain 1 "$1: the repository gave $(sed -nE 's/^Fatal: (no answer within .*)/\1/p' "$WORK/restic.log" | head -n1)" ;;
    *) complain 1 "${2:-$1}: $words" ;;
  esac
}

# restic asks a server that is full again and again for a quarter of an hour. Only the one run whose turn it is has a restic here.
interrupt_when_full() {
  local pids=()
  until (($(grep -ciE 'no space left|quota|write: sftp: "failure"' "$WORK/restic.log" 2>/dev/null) >= 6)); do sleep 1; done
  read -ra pids < <(pidof restic) && kill -INT "${pids[@]}"
}
