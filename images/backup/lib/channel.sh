# The data server is asked through a volume that both share: one line in, its answer out. Sourced by ecp-backup.
# shellcheck shell=bash disable=SC2154

# usage: ask SECONDS WORDS... -> the answer; 1 when the server refuses or does not answer, with its words on standard error
ask() {
  local seconds=$1 words first='' last=''
  shift
  words=$*
  rm -f "$BACKUP/answer"
  printf '%s\n' "$words" >"$BACKUP/request.new"
  mv -T "$BACKUP/request.new" "$BACKUP/request"
  local end=$((SECONDS + seconds))
  until [[ -f $BACKUP/answer && ! -L $BACKUP/answer ]] && { read -r first <"$BACKUP/answer"; [[ $first == "$words" ]]; }; do
    if ((SECONDS >= end)); then
      rm -f "$BACKUP/request"
      echo "the data server did not answer within $seconds s: does it run?" >&2
      return 1
    fi
    sleep 0.1
  done
  tail -n +2 "$BACKUP/answer" >"$RUN/answer"
  rm -f "$BACKUP/answer"
  last=$(tail -n1 "$RUN/answer")
  if [[ $last =~ ^failed\ [0-9]+$ ]]; then
    head -n -1 "$RUN/answer" | sed 's/^ecp-node: //' >&2
    return 1
  fi
  cat "$RUN/answer"
}
