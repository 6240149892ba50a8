# Shared by ecp-entrypoint and ecp-node. Everything volatile lives in /run/ecp, a tmpfs of user 51773.
# shellcheck shell=bash disable=SC2034,SC2154 # sourced: its variables are shared with ecp-entrypoint and config.env
export gtm_dist=/opt/gtm gtmroutines='/opt/ecp/m /opt/gtm/libgtmutil.so' gtmgbldir=/run/ecp/ecp.gld
# GT.M looks its node's name up before it uses this address. "1" is a number, so no name server is asked, which may not answer.
export gtm_tmp=/run/ecp gtm_log=/run/ecp gtm_ipv4_only=1 GTCM_1='[127.0.0.1]:2972'
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

# usage: haproxy_cli COMMAND -> its answer; a COMMAND may carry a payload
haproxy_cli() {
  local fd
  exec {fd}<>/dev/tcp/127.0.0.1/9999 || return 1
  printf '%s\n' "$1" >&"$fd"
  cat <&"$fd"
  exec {fd}>&-
}

# The state for /metrics/ecp: a file for the HAProxy that starts next, the runtime API for the one that runs. Costs no process.
publish_state() {
  local fd
  printf 'state %s\nbeat %(%s)T\n' "$state" -1 >"$RUN/metrics"
  { exec {fd}<>/dev/tcp/127.0.0.1/9999; } 2>/dev/null || return 0
  printf 'set map %s state %s; set map %s beat %(%s)T\n' "$RUN/metrics" "${state// /\\ }" "$RUN/metrics" -1 >&"$fd"
  read -r -t 1 -u "$fd" _ || true
  exec {fd}>&-
}

config_hash() { sha256sum "$FILES/config.json" 2>/dev/null | cut -c1-64; }
