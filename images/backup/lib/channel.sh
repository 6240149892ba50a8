# The data server and the verifier are asked through a volume that is shared with them: one line in, an answer out. Sourced by ecp-backup.
# shellcheck shell=bash disable=SC2154

# usage: ask SECONDS WORDS... -> the data server's answer; 1 when it refuses or does not answer, with its words on standard error
ask() { question request answer 'the data server' "$@"; }

# usage: question FILE ANSWER WHO SECONDS WORDS...
question() {
  local file=$BACKUP/$1 answer=$BACKUP/$2 who=$3 seconds=$4 words first='' last=''
  shift 4
  words=$*
  rm -f "$answer" "$file.new"
  printf '%s\n' "$words" >"$file.new"
  mv -T "$file.new" "$file"
  local end=$((SECONDS + seconds))
  until [[ -f $answer && ! -L $answer ]] && { read -r first <"$answer"; [[ $first == "$words" ]]; }; do
    if ((SECONDS >= end)); then
      rm -f "$file"
      echo "$who did not answer within $seconds s: does it run?" >&2
      return 1
    fi
    sleep 0.1
  done
  tail -n +2 "$answer" >"$WORK/answer"
  rm -f "$answer"
  last=$(tail -n1 "$WORK/answer")
  if [[ $last =~ ^failed\ [0-9]+$ ]]; then
    head -n -1 "$WORK/answer" | sed -E 's/^(ecp-node|restore-database): //' >&2
    return 1
  fi
  cat "$WORK/answer"
}
