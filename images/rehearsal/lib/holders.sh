# One holder of an identity at a time, see haproxy/data-server.cfg. Sourced by data-server.sh.
# shellcheck shell=bash disable=SC2154 # sourced: its variables are shared with ecp-entrypoint and config.env

# Called when a server was turned away because an earlier one with its certificate has connections. No new ones of the earlier one are let in
# from now on, and the open ones are ended; the later one comes again within a second or so.
hand_identity() { # usage: hand_identity "takeover IDENTITY STARTED IP" SUBJECT
  local identity started place address session commands='' ended=0
  local -A sessions=()
  read -r _ identity started place <<<"$1"
  [[ $identity =~ ^[0-9A-F]{40}-[0-9]+$ && $started =~ ^[0-9]{10}$ ]] || return 0
  haproxy_cli "set table holders key $identity data.gpt0 $started" >/dev/null || return 0
  while read -r address session; do sessions[$address]=$session; done < <(
    haproxy_cli 'show sess' | sed -n 's/^\(0x[0-9a-f]*\): proto=[a-z0-9]* src=\([0-9.:]*\) fe=ecp .*/\2 \1/p'
  )
  while read -r address; do
    [[ $address != "$place:"* && -n ${sessions[$address]:-} ]] || continue
    commands+="${commands:+; }shutdown session ${sessions[$address]}"
    ((++ended))
  done < <(haproxy_cli 'show table open' | sed -n "s/.* key=$identity|\([0-9.:]*\)|.* use=[1-9].*/\1/p")
  [[ -z $commands ]] || haproxy_cli "$commands" >/dev/null || true
  log "$2 has another holder, started at $(date -u -d "@$started" +%FT%TZ): $ended connections of the earlier one are ended"
}
