# One holder of an identity at a time, see haproxy/data-server.cfg. Sourced by data-server.sh.
# shellcheck shell=bash disable=SC2154 # sourced: its variables are shared with ecp-entrypoint and config.env

# Called when a server was turned away because an earlier one with its certificate has connections. They are ended, and no new ones let in;
# the server comes again within a second or so.
hand_identity() { # usage: hand_identity "takeover IDENTITY STARTED IP" SUBJECT
  local identity started place address lines=() ended=0
  read -r _ identity started place <<<"$1"
  [[ $identity =~ ^[0-9A-F]{40}$ && $started =~ ^[0-9]{10}$ ]] || return 0
  haproxy_cli "set table holders key $identity data.gpt0 $started" >/dev/null || return 0
  mapfile -t lines < <(haproxy_cli 'show table open' | sed -n "s/.* key=$identity|\([0-9.:]*\)|.* use=[1-9].*/\1/p")
  for address in "${lines[@]}"; do
    [[ $address != "$place:"* ]] || continue
    end_connection "$address"
    ((++ended))
  done
  log "$2 has another holder, started at $(date -u -d "@$started" +%FT%TZ): $ended connections of the earlier one are ended"
}

end_connection() { # usage: end_connection IP:PORT of the client
  local session
  session=$(haproxy_cli 'show sess' | sed -n "s/^\(0x[0-9a-f]*\): proto=[a-z0-9]* src=$1 fe=ecp .*/\1/p")
  [[ -z $session ]] || haproxy_cli "shutdown session $session" >/dev/null
}
