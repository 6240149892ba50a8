# What HAProxy reports about refused clients: log lines of the listener -> the container's log and /run/ecp/refused. Sourced by data-server.sh.
# shellcheck shell=bash disable=SC2154 # sourced: its variables are shared with ecp-entrypoint and config.env

# HAProxy's log lines -> the container's log, and refusals to /run/ecp/refused (the newest 20, a JSON object a line). Whatever a client
# has made its certificate say, each line is an object: only what has the form of a JSON string is taken for one.
read_haproxy_log() {
  local kind at code words subject why count=0 lines=()
  [[ ! -e $RUN/refused ]] || mapfile -t lines <"$RUN/refused"
  { read -r count <"$RUN/refusals"; } 2>/dev/null || true
  while IFS='| ' read -r kind at code words; do
    [[ $kind == end || $kind == handshake ]] || { log "haproxy: $(json_string "$kind $at $code $words")" && continue; }
    subject=${words#*|} words=${words%%|*} why=
    [[ $subject != - ]] || subject=
    is_json_string "$subject" || subject=$(json_string "$subject")
    [[ $at =~ ^[0-9TZ:-]{20}$ ]] || at=
    case $kind:$code:$words in
      end:*:unauthorized) why='the subject is not in authorized-clients' ;;
      end:*:superseded) why='another server with this certificate started later' ;;
      end:*:'takeover '*)
        hand_identity "$words" "$subject" || true
        continue
        ;;
      end:*:fenced) continue ;; # it comes again and again, and ./ecp status names it
      end:*:busy) why='too many connections: the last ones are for the monitors' ;;
      end:*) continue ;;
      handshake:9:*) why='the certificate is not yet valid' ;;
      handshake:10:*) why='the certificate has expired' ;;
      handshake:18:* | handshake:19:* | handshake:2[01]:*) why='the certificate is not from the CA of this cluster' ;;
      *'did not return a certificate'*) why='no certificate' ;;
      *'wrong version number'* | *'http request'* | *'packet length'*) why='not TLS (plain text?)' ;;
      *'unsupported protocol'* | *'no protocols available'*) why="a TLS version other than $ECP_TLS_MIN to $ECP_TLS_MAX" ;;
      *'no shared cipher'*) why='no cipher suite in common: TLS 1.2 takes ECDHE with AES-GCM or ChaCha20 only' ;;
      *'onnection closed during SSL handshake'*) continue ;;
      handshake:0:*': -') # the client broke off, as all do while this server is paused
        [[ -n $subject ]] || continue
        why="TLS handshake: ${words%: -}"
        ;;
      *' alert '*) why="the client broke off:${words##* alert}" ;;
      *) why="TLS handshake: ${words%: -}" ;;
    esac
    # Who has come as far as this has shown a certificate.
    [[ -n $subject || $kind == handshake ]] || subject='(a subject that is too long)'
    is_json_string "$why" || why=$(json_string "$why")
    log "refused ${subject:-a client without certificate}: $why"
    ((${#lines[@]} < 20)) || lines=("${lines[@]:1}")
    lines+=("{\"subject\":\"$subject\",\"why\":\"$why\",\"at\":\"$at\"}")
    printf '%s\n' "${lines[@]}" >"$RUN/refused"
    echo $((++count)) >"$RUN/refusals"
  done
}

# usage: is_json_string TEXT; is it, in ASCII, what may stand between the quotation marks of a JSON string?
is_json_string() {
  local LC_ALL=C form='^([] !#-[^-~]|\\(["\\/bfnrt]|u[0-9A-Fa-f]{4}))*$'
  [[ $1 =~ $form ]]
}
