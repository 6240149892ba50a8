# Shared by ecp-entrypoint and ecp-node. Everything volatile lives in /run/ecp, a tmpfs of user 51773.
# shellcheck shell=bash disable=SC2034,SC2154 # sourced: its variables are shared with ecp-entrypoint and config.env
export gtm_dist=/opt/gtm gtmroutines='/opt/ecp/m /opt/gtm/libgtmutil.so' gtmgbldir=/run/ecp/ecp.gld
# GT.M looks its node's name up before it uses this address. "1" is a number, so no name server is asked, which may not answer.
export gtm_tmp=/run/ecp gtm_log=/run/ecp gtm_ipv4_only=1 GTCM_1='[127.0.0.1]:2972'
# As many further data servers as config.jq takes.
for n in {2..8}; do export "GTCM_$n=[127.0.0.1]:$((2872 + 100 * n))"; done
readonly RUN=/run/ecp FILES=/ecp/files

log() { printf 'ecp-node[%s]: %s\n' "${ECP_ROLE:-?}" "$*"; }

# usage: json_string TEXT -> TEXT as the inside of a JSON string, in ASCII
json_string() {
  local LC_ALL=C text
  text=${1//[^[:print:]]/?}
  text=${text//\\/\\\\}
  printf '%s' "${text//\"/\\\"}"
}

# usage: set_state STATE [REASON]; `since` changes with the state only
set_state() {
  [[ ${state:-} == "$1" && ${reason:-} == "${2:-}" ]] && return 0
  [[ ${state:-} == "$1" ]] || printf -v since '%(%Y-%m-%dT%H:%M:%SZ)T' -1
  state=$1 reason=${2:-}
  printf '{"state":"%s","since":"%s","reason":"%s"}\n' "$state" "$since" "$(json_string "$reason")" >"$RUN/state.new"
  mv "$RUN/state.new" "$RUN/state.json"
  ring_bells
  log "$state${reason:+: $reason}"
}

# Wakes the probes that wait for a change of state; opened for both directions, since a probe that was killed leaves a pipe that nobody reads.
ring_bells() {
  local bell
  for bell in "$RUN"/bell.*; do
    [[ ! -p $bell ]] || echo 1<>"$bell"
  done
}

# What files hold is data: bash runs code in a variable or a subscript that it takes for a number.
is_number() { [[ $1 =~ ^[0-9]{1,18}$ ]]; }

# usage: reaches NUMBER FILE...; is it a number, and as large as that of each file? An empty file or none counts as nothing.
reaches() {
  local file noted
  is_number "$1" || return 1
  for file in "${@:2}"; do
    [[ -s $file ]] || continue
    noted=$(head -c 19 "$file" | tr -d '\0')
    is_number "$noted" && ((10#$1 >= 10#$noted)) || return 1
  done
}

# usage: hash_of [FILE] -> its SHA-256, or that of standard input. OpenSSL has the processor's own instructions, which sha256sum has not: a third of
# the time for a large database.
hash_of() { openssl dgst -sha256 -r "$@" | cut -c1-64; }

# usage: has_hash FILE NOTE; what a note has behind the hash is ignored
has_hash() {
  [[ -f $1 && -f $2 && $(head -c 64 "$2" | tr -d '\0') == "$(hash_of "$1")" ]]
}

# usage: haproxy_cli COMMAND -> its answer within 2 s; a COMMAND may carry a payload
haproxy_cli() {
  # shellcheck disable=SC2016 # for the other shell: even a connection may wait
  timeout 2 bash -c 'exec 3<>/dev/tcp/127.0.0.1/9999 && printf "%s\n" "$1" >&3 && cat <&3' haproxy "$1"
}

# The state for /metrics/ecp: a file for the HAProxy that starts next, the runtime API for the one that runs. Costs no process. Its answer
# also shows that HAProxy's only loop, which serves the clients as well, turns: 1 when it does not. A question without an answer stays open and is
# not asked again, since connections that nobody takes would pile up until one more has to wait.
publish_state() {
  local rc=0 key facts='' refused=0
  { read -r refused <"$RUN/refusals"; } 2>/dev/null || true
  for key in not_before not_after refused volume_bytes volume_free; do
    is_number "${!key:-}" || local "$key=0"
    facts+=${facts:+:}${!key}
  done
  printf 'state %s\nbeat %(%s)T\nfacts %s\n' "$state" -1 "$facts" >"$RUN/metrics"
  if [[ -z ${asked:-} ]]; then
    { exec {asked}<>/dev/tcp/127.0.0.1/9999; } 2>/dev/null || { asked= && return 0; }
    printf 'set map %s state %s; set map %s beat %(%s)T; set map %s facts %s\n' "$RUN/metrics" "${state// /\\ }" "$RUN/metrics" -1 "$RUN/metrics" "$facts" >&"$asked"
  fi
  read -r -t 1 -u "$asked" _ || rc=$?
  ((rc <= 128)) || return 1 # above it is a read that ran out of time
  exec {asked}>&-
  asked=
}

config_hash() { sha256sum "$FILES/config.json" 2>/dev/null | cut -c1-64; }
