# Shared by ecp-entrypoint and ecp-node. Everything volatile is in /run/ecp, a tmpfs of user 51773.
# shellcheck shell=bash disable=SC2034
readonly RUN=/run/ecp FILES=/ecp/files INSTANCE="${ISC_PACKAGE_INSTANCENAME:-IRIS}"

log() { printf 'ecp-node[%s]: %s\n' "${ECP_ROLE:-?}" "$*"; }

# usage: set_state STATE [REASON]; `since` changes with the state only
set_state() {
  [[ "${state:-}" == "$1" && "${reason:-}" == "${2:-}" ]] && return 0
  [[ "${state:-}" == "$1" ]] || printf -v since '%(%Y-%m-%dT%H:%M:%SZ)T' -1
  state="$1" reason="${2:-}"
  jq -cn --arg state "$state" --arg since "$since" --arg reason "$reason" '$ARGS.named' >"$RUN/state.new"
  mv "$RUN/state.new" "$RUN/state.json"
  log "$state${reason:+: $reason}"
}

# The product's version: field 3 of qlist, also of an instance that is down.
product_version() { iris qlist "$INSTANCE" | cut -d^ -f3; }

config_hash() { sha256sum "$FILES/config.json" 2>/dev/null | cut -c1-64; }

# usage: session SECONDS COMMAND; one ObjectScript command in %SYS, as the article runs its own. What it has to tell it writes into
# files below /run/ecp, since a session mixes prompts into its output.
session() {
  timeout -k 5 "$1" iris session "$INSTANCE" -U %SYS <<<"$2"$'\nhalt' >"$RUN/session.log" 2>&1
}
