# Batches of requests to EcpCluster.Requests.Run and what they need. Sourced by ecp-node.
# shellcheck shell=bash disable=SC2154,SC2034

# Requests hold data: they are files of this user alone, in memory.
open_batch() {
  umask 077
  batch="$(mktemp -p "$RUN" request.XXXXXX)"
  trap 'rm -f "$batch" "$batch.answer"' EXIT
}

# A read from a data server that does not answer would block forever.
run_batch() {
  local rc=0
  session "${1:-10}" "do ##class(EcpCluster.Requests).Run(\"$batch\",\"$place\")" || rc=$?
  ((rc != 124 && rc != 137)) || complain 3 "<NETWORK> no answer within ${1:-10} s"
  [[ -s "$batch.answer" ]] || complain 1 "<ERROR> the session ended without an answer: $(tail -c 300 "$RUN/session.log" | tr -s '\n' ' ')"
}

# usage: value_of_input -> standard input without one trailing newline, in base64; fails when it is longer than 32000 bytes
value_of_input() {
  local file
  file="$(mktemp -p "$RUN" value.XXXXXX)"
  head -c 32002 >"$file"
  if [[ -s "$file" && "$(tail -c 1 "$file" | od -An -tx1)" == *0a ]]; then truncate -s -1 "$file"; fi
  if (("$(stat -c %s "$file")" > 32000)); then rm -f "$file" && return 1; fi
  base64 --wrap=0 <"$file"
  rm -f "$file"
}
