# Global references as people write them: ^name or ^name(subscript,...), where a subscript is a number or a "string". They are taken
# apart here, by patterns; ObjectScript gets a checked name and the subscripts' values, and never a text to evaluate. Sourced by ecp-node.
# shellcheck shell=bash disable=SC2034,SC2154

# usage: no KIND WORDS; what is wrong with the input
no() { err="<$1> $2" code=2; return 1; }

# usage: parse TEXT; sets name, subs (an array, s:TEXT or n:NUMBER) and rest (what follows the reference), or err and code
parse() {
  local LC_ALL=C text="$1" length=0
  name='' subs=() rest='' err='' code=0
  [[ "$text" =~ ^\^([A-Za-z][A-Za-z0-9.]*)(.*)$ ]] || { no SYNTAX 'a reference is ^name or ^name(subscript,...)'; return 1; }
  name="${BASH_REMATCH[1]}" rest="${BASH_REMATCH[2]}"
  [[ "$name" != *. ]] || { no SYNTAX 'a reference is ^name or ^name(subscript,...)'; return 1; }
  # 31 characters are significant (InterSystems, Using Globals, "Rules for Global Names").
  ((${#name} <= 31)) || { no SYNTAX "the name $name is too long"; return 1; }
  [[ "${MAPPED:-}" == '' || "$name" =~ ^($MAPPED)$ ]] || { no UNMAPPED "^$name is not mapped to the data server (MapGlobals.$place)"; return 1; }
  [[ "$rest" == \(* ]] || return 0
  while [[ "$rest" == [\(,]* ]]; do
    parse_subscript "${rest:1}" || return 1
    [[ "$rest" == [,\)]* ]] || { no SYNTAX 'expected , or ) after a subscript'; return 1; }
    [[ "${subs[-1]}" != s: ]] || { no SUBSCRIPT 'a subscript must not be empty'; return 1; }
    ((length += ${#subs[-1]}))
    [[ "$rest" != \)* ]] || break
  done
  rest="${rest:1}"
  ((${#subs[@]} <= 30 && length <= 500)) || { no SUBSCRIPT 'at most 30 subscripts of together 500 bytes'; return 1; }
}

# usage: parse_subscript TEXT; adds to subs and leaves in rest what follows
parse_subscript() {
  local text="$1" value=''
  if [[ "$text" =~ ^(-?([0-9]+(\.[0-9]+)?|\.[0-9]+))([,\)].*)$ ]]; then
    value="${BASH_REMATCH[1]}" rest="${BASH_REMATCH[4]}"
    ((${#value} <= 20)) || { no SYNTAX 'a number has at most 18 digits'; return 1; }
    subs+=("n:$value")
    return 0
  fi
  [[ "$text" == '"'* ]] || { no SYNTAX 'a subscript is a number or a "string"'; return 1; }
  parse_string "$text" || return 1
  subs+=("s:$string")
}

# usage: parse_string TEXT; sets string to the value and rest to what follows; "" in it stands for "
parse_string() {
  local text="${1:1}"
  string=''
  while [[ "$text" =~ ^([^\"]*)\"(.*)$ ]]; do
    string+="${BASH_REMATCH[1]}" text="${BASH_REMATCH[2]}"
    [[ "$text" == '"'* ]] || { rest="$text" && return 0; }
    string+='"' text="${text:1}"
  done
  no SYNTAX 'a string does not end'
}

base64_of() { printf '%s' "$1" | base64 --wrap=0; }

# usage: request VERB [VALUE IN BASE64] -> a line for EcpCluster.Requests.Run: verb, name, value, then each subscript; tabs between
request() {
  local sub line="$1"$'\t'"$name"$'\t'"${2:-}"
  for sub in "${subs[@]}"; do line+=$'\t'"${sub:0:1}$(base64_of "${sub:2}")"; done
  printf '%s\n' "$line"
}
