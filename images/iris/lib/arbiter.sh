# The arbiter of a mirror: an ISCAgent without an instance, and nothing else (High Availability Guide, "Installing the Arbiter"). Options:
# Running InterSystems Products in Containers, "The iris-main Program". Untested on IRIS: docs/iris.md. Sourced by ecp-entrypoint.
# shellcheck shell=bash disable=SC2154

# usage: listens; port 2188 in /proc/net/tcp (0A is LISTEN), so that the agent is not asked each second
listens() {
  local local_address state
  while read -r _ local_address _ state _; do
    [[ "$local_address" != *:088C || "$state" != 0A ]] || return 0
  done < <(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null)
  return 1
}

start_agent() {
  local args=(--up false --ISCAgent true)
  [[ ! "$(product_version)" =~ ^20([01]|2[0-2]\.) ]] || args+=(--check-caps false)
  (umask 022 && exec /iris-main "${args[@]}") 3>&- 4>&- &
  iris=$!
}

arbitrate() {
  local fault=''
  start_agent
  while true; do
    kill -0 "$iris" 2>/dev/null || die 'iris-main has ended'
    read_certificate
    if listens; then set_state Normal "$fault"; else set_state 'In Progress' 'the ISCAgent does not listen at port 2188'; fi
    pause 1
  done
}
