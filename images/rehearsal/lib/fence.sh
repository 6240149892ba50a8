# Subjects that the data server refuses although they are admitted, one a line. They stay with the data, so that neither a restart nor new
# files let a fenced server in. Sourced by ecp-node.
# shellcheck shell=bash disable=SC2154
readonly FENCED=/durable/.ecp-fenced

# usage: set_fence fence|unfence SUBJECT
set_fence() {
  local subject=$2 lock words
  [[ $ECP_ROLE == data-server ]] || complain 2 "'$1' is for the data server, which refuses the connections"
  [[ $subject =~ ^[[:print:]]{1,1000}$ && $subject != [[:space:]]* && $subject != *[[:space:]] ]] ||
    complain 2 "'SUBJECT' must be the subject of a certificate, such as CN=app-server-1"
  exec {lock}>>"$RUN/fence.lock"
  flock "$lock"
  { { ! grep -vxF -- "$subject" "$FENCED" 2>/dev/null || true; } && { [[ $1 == unfence ]] || printf '%s\n' "$subject"; }; } >"$FENCED.new" ||
    complain 1 '/durable cannot be written (is the disk full?)'
  sync "$FENCED.new" && mv "$FENCED.new" "$FENCED" && cp "$FENCED" "$RUN/fenced.new" && mv "$RUN/fenced.new" "$RUN/fenced"
  words=${subject//[^A-Za-z0-9=-]/\\&}
  # A list of HAProxy's may have a line twice, and forgets all of them at once. One that does not run reads the file when it starts.
  haproxy_cli "del acl $RUN/fenced $words" >/dev/null 2>&1 || true
  [[ $1 == unfence ]] || { haproxy_cli "add acl $RUN/fenced $words" >/dev/null 2>&1 || true; end_sessions "$subject"; }
}

# Ends the open connections of a subject. Processes of before a change of the authority cannot be asked whose theirs are: they end altogether,
# and whoever is admitted comes again.
end_sessions() {
  local commands pid at
  pid=$(haproxy_cli 'show info' 2>/dev/null | sed -n 's/^Pid: //p') || true
  is_number "$pid" || return 0
  commands=$(sessions_of "$1" | sed 's/^/shutdown session /' | paste -sd ';')
  [[ -z $commands ]] || haproxy_cli "$commands" >/dev/null || true
  for at in /proc/[0-9]*; do
    [[ $(cat "$at/comm" 2>/dev/null) != haproxy || ${at##*/} == "$pid" ]] || kill "${at##*/}" 2>/dev/null || true
  done
}

# usage: sessions_of SUBJECT -> HAProxy's names of its open connections
sessions_of() {
  local line key id
  local -A sessions=()
  while read -r key id; do sessions[$key]=$id; done < <(
    haproxy_cli 'show sess' | sed -n 's/^\(0x[0-9a-f]*\): proto=[a-z0-9]* src=\([0-9.:]*\) fe=ecp .*/\2 \1/p'
  )
  while IFS= read -r line; do
    # HAProxy writes a key with a \ before a space, among others.
    line=${line//\\/}
    [[ ${line#*|} == "$1" && -n ${sessions[${line%%|*}]:-} ]] || continue
    echo "${sessions[${line%%|*}]}"
  done < <(haproxy_cli 'show table open' | sed -n 's/.* key=[^|]*|\([0-9.:]*|.*\) use=[1-9].*/\1/p')
}
