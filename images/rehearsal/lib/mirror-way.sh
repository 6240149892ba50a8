# An application server of a mirror: its data server is the member that serves. Sourced by app-server.sh, whose functions it replaces.
# shellcheck shell=bash disable=SC2034,SC2154 # sourced: its variables are shared with ecp-entrypoint and config.env

read -ra members <<<"$ECP_MIRROR_MEMBERS"
((${#members[@]} == 2)) || refuse "ECP_MIRROR_MEMBERS must name two servers, got '$ECP_MIRROR_MEMBERS'"
((ECP_SERVERS == 1)) || refuse "ECPServers must have one entry, the mirror, where ECP_MIRROR_MEMBERS is set; it has $ECP_SERVERS"
export ECP_MEMBER_1=${members[0]} ECP_MEMBER_2=${members[1]}
ECP_NAMED="$(names_pattern "$ECP_MEMBER_1")|$(names_pattern "$ECP_MEMBER_2")"
HAPROXY=(-f /opt/ecp/haproxy/common.cfg -f /opt/ecp/haproxy/mirror-way.cfg)

# Each member knows when this server started, whichever serves next.
claim_members() {
  local member
  for member in "${members[@]}"; do claim "$1" -connect "$member:$ECP_PORT" >/dev/null & done
  wait
}

claim_and_run() { # usage: claim_and_run ADDRESS:PORT COMMAND...; the members' addresses are known here
  (claim_members 1)
  exec "${@:2}"
}

claim_again() { (claim_members 3) & }

# The member that serves; the first one when none answers, whose trouble then tells more. usage: find_primary -> ECP_ADDRESS; 1 when members do not serve
find_primary() {
  local member answer answered=
  for member in "${members[@]}"; do
    answer=$(timeout 2 openssl s_client -quiet -alpn ecp-admission -cert "$RUN/tls.pem" -connect "$member:$ECP_PORT" \
      < <(printf 'GET /primary HTTP/1.0\r\n\r\n' && exec sleep 2) 2>/dev/null) || true
    [[ $answer != *$'\nprimary' ]] || { ECP_ADDRESS=$member && return; }
    [[ $answer != *$'\nbackup' ]] || answered=1
  done
  [[ -z $answered ]]
}
