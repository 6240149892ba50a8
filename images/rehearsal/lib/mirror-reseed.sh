# ecp-node seed: this member's database gives way to a copy of the primary's. Sourced by ecp-node.
# shellcheck shell=bash disable=SC2154

# shellcheck source=mirror-peer.sh
. /opt/ecp/lib/mirror-peer.sh

seed() {
  local role=''
  [[ $ECP_ROLE == data-server && -n ${ECP_MIRROR:-} ]] || complain 2 "'seed' is for a member of a mirror"
  # shellcheck disable=SC1091 # written at start from config.json
  . "$RUN/config.env" 2>/dev/null || complain 3 'this member is starting'
  { read -r role <"$RUN/mirror/role"; } 2>/dev/null || true
  [[ $role != primary ]] || complain 1 'this member is the primary: the other one is seeded from it'
  # Without one that serves there is nothing to copy, and this may be the only data that is left.
  ask_peer || complain 3 'HAProxy does not run: try again in some seconds'
  [[ $peer_line == *' role=primary '*' serving=1 '* ]] || complain 1 'the other member is not a primary that serves: there is nothing to copy'
  : >"${ECP_DIRECTORY}seed-asked" || complain 1 '/durable cannot be written (is the disk full?)'
  echo 'mirror - demote' >"$RUN/events"
}
