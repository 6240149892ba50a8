# A session: typed lines in, answers out. Lines that have come already are answered together, since a session of IRIS takes a moment to
# start; a line that has not come is not waited for. Sourced by ecp-node.
# shellcheck shell=bash disable=SC2154

# usage: understand LINE -> one request, or err and code; words as in M
understand() {
  local verb text=''
  err='' code=0
  [[ "$1" != *' '* ]] || text="${1#* }"
  verb="${1%% *}"
  case "${verb,,}" in
    sync) echo sync && return ;;
    s | set) understand_set "$text" && return ;;
    w | write) verb='get' ;;
    k | kill) verb='kill' ;;
    zw | zwrite) verb='zwrite' ;;
    *) no SYNTAX 'unknown command (try help)' ;;
  esac
  [[ "$err" == '' ]] && parse "$text" || return 1
  [[ "$rest" == '' ]] || no SYNTAX 'unexpected text after the reference' || return
  request "$verb"
}

understand_set() {
  parse "$1" || return
  local value="${rest#=}"
  if [[ "$rest" == =* && "$value" =~ ^-?([0-9]{1,18}(\.[0-9]{1,18})?|\.[0-9]{1,18})$ ]]; then
    request set "$(base64_of "$value")"
  elif [[ "$rest" == '="'* ]] && parse_string "$value" && [[ "$rest" == '' ]]; then
    ((${#string} <= 32000)) || no MAXSTRING 'a value is longer than 32000 bytes' || return
    request set "$(base64_of "$string")"
  else
    no SYNTAX 'a value is a number or a "string"'
  fi
}

# usage: answer_batch; each line of `asked` in turn: an error as it is, or what IRIS answered. A program gets one last line for each.
answer_batch() {
  local asking code text
  [[ ! -s "$batch" ]] || run_batch 60
  exec {answers}<"$batch.answer"
  for asking in "${asked[@]}"; do
    if [[ "$asking" != request ]]; then bad=1 && printf '%s\n' "$asking" && continue; fi
    IFS=$'\t' read -r code text <&"$answers" || { code=1 && text="$(base64_of '<ERROR> no answer')"; }
    [[ "$code" =~ ^[0-9]{1,3}$ ]] || code=1 # never run as arithmetic
    text="$(base64 -d <<<"$text")"
    [[ "$text" == '' ]] || printf '%s\n' "$text"
    if ((code != 0)); then bad=1; elif [[ "$tty" == '' ]]; then echo ok; fi
  done
  exec {answers}<&-
}

# usage: take LINE; adds it to the batch
take() {
  case "${1,,}" in
    '') ;;
    h | halt) open=0 ;;
    help) asked+=('set REF=VALUE | write REF | kill REF | zwrite REF | sync | halt; REF is ^name or ^name(sub,...)') ;;
    *) if understand "$1" >>"$batch"; then asked+=(request); else asked+=("$err"); fi ;;
  esac
}

session_verb() {
  local line bytes tty='' bad=0 open=1
  local -a asked
  [[ ! -t 0 ]] || { tty=1 && echo "InterSystems IRIS on $HOSTNAME. Commands: help"; }
  while ((open)); do
    : >"$batch" && : >"$batch.answer"
    asked=() bytes=0
    [[ "$tty" == '' ]] || printf 'ecp> '
    while ((open)); do
      line=''
      IFS= read -r line || open=0
      take "$line"
      ((bytes += ${#line} + 100, bytes < 500000)) || break
      read -r -t 0 || break
    done
    ((${#asked[@]} == 0)) || answer_batch
  done
  exit "$bad"
}
