# What the other member of the mirror says of itself. Sourced by mirror-copies.sh, mirror-reseed.sh and mirror-state.sh.
# shellcheck shell=bash

# usage: ask_peer -> `peer_line`, the line that it publishes (lib/mirror-steps.sh), empty when it says nothing within a second; 1 when HAProxy does
# not run
# shellcheck disable=SC2034 # for who sources it
ask_peer() {
  local peer line=
  peer_line=
  { exec {peer}<>/dev/tcp/127.0.0.1/2991; } 2>/dev/null || return 1
  printf 'GET /mirror HTTP/1.0\r\n\r\n' >&"$peer" || true
  while read -r -t 1 -u "$peer" line 2>/dev/null; do
    [[ $line != name=* ]] || { peer_line=$line && break; }
  done
  exec {peer}>&-
}
