# Why the data server cannot be reached, from the application server's side. Sourced by app-server.sh.
# shellcheck shell=bash disable=SC2034,SC2154 # sourced: its variables are shared with ecp-entrypoint and config.env

# A loss shows at once, its cause when the diagnosis (in the background, each step with a deadline) has found it.
trouble() {
  if [[ -n ${connected:-} && $state == Normal ]]; then set_state Trouble "$ECP_PEER: ${1:-the connection was lost}"; fi
  if [[ -z ${diagnosing:-} ]] || ! kill -0 "$diagnosing" 2>/dev/null; then
    diagnose "$2" >&3 3>&- &
    diagnosing=$!
  fi
}

# usage: shown_certificate IP -> what the data server shows, in PEM
shown_certificate() {
  timeout 3 openssl s_client -connect "$1:$ECP_PORT" -servername "$ECP_ADDRESS" -alpn ecp-sync -cert "$RUN/tls.pem" </dev/null 2>/dev/null
}

# usage: claim SECONDS OPTIONS of openssl -> the listener's own answer, whatever becomes of the database behind it; 124 when there is none in time.
# Tells when this server started: of two with one certificate the later one is served.
claim() {
  timeout "$1" openssl s_client -quiet -alpn ecp-admission -cert "$RUN/tls.pem" "${@:2}" \
    < <(printf 'GET /%s/%s HTTP/1.0\r\n\r\n' "$ECP_STARTED" "$HOSTNAME" && exec sleep 3) 2>&1
}

# usage: is_refused OPTIONS of openssl. Asked twice, since a listener that just ends closes connections as well. Sets `answer`.
is_refused() {
  for _ in 1 2; do
    answer=$(claim 3 "$@") || [[ $? != 124 ]] || return 1
    [[ $answer != *@(admitted|superseded|fenced) && $answer != *connect:errno=* ]] || return 1
    sleep 1
  done
}

# usage: diagnose TEXT (what the database said); prints the event "diagnosis STATE | REASON"
diagnose() {
  local at ip out answer='' never=Failed verify=() ECP_ADDRESS=$ECP_ADDRESS
  sleep 0.3
  if [[ -n ${ECP_MIRROR_MEMBERS:-} ]] && ! find_primary; then
    [[ -z ${connected:-} ]] || never=Trouble
    echo "diagnosis ${never/Failed/Not Connected} | no member of the mirror serves (${ECP_MIRROR_MEMBERS/ /, })"
    return
  fi
  at="$ECP_ADDRESS:$ECP_PORT"
  [[ $ECP_VERIFY != required ]] || verify=(-verify_return_error -verify_hostname "$ECP_ADDRESS")
  if ! ip=$(timeout 2 getent ahostsv4 "$ECP_ADDRESS"); then
    never='Not Connected' out="the name $ECP_ADDRESS does not resolve"
  elif ! out=$(timeout 2 bash -c ": </dev/tcp/${ip%% *}/$ECP_PORT" 2>&1); then
    never='Not Connected'
    case $out in *refused*) out="connection refused by $at" ;; *) out="no connection to $at within 2 s" ;; esac
  else
    verify+=(-connect "${ip%% *}:$ECP_PORT" -servername "$ECP_ADDRESS" -CAfile "$RUN/ca.pem" -cert "$RUN/tls.pem")
    out=$(timeout 3 openssl s_client -quiet -alpn ecp-sync "${verify[@]}" < <(echo ping && exec sleep 3) 2>&1) || [[ $? != 124 ]] || out="timeout $out"
    if [[ $out == *pong* && $ECP_VERIFY == required ]] && ! is_certificate_for "$ECP_ADDRESS" < <(shown_certificate "${ip%% *}"); then
      out='verify error:num=62'
    fi
    case $out in
      *pong*) if [[ -z $1 ]]; then never='In Progress' connected=${connected:+r} out="$ECP_PEER answers again"; else out="${ECP_PEER} has no such database as $ECP_DIRECTORY, or it cannot be opened: $1"; fi ;;
      *'verify error:num=62'*) out="the certificate of $at is not for the name $ECP_ADDRESS" ;;
      *'verify error:num=10:'*) out="the certificate of $at has expired" ;;
      *'verify error:num='*) out="the certificate of $at is not from the CA of this cluster (${out#*verify error:num=*:})" ;;
      *'alert unknown ca'*) out="$at refused this server's certificate: it is not from the data server's CA" ;;
      *'SSL alert number'*) out="$at refused this server's certificate:${out##*alert}" ;;
      timeout*) never='Not Connected' out="no answer from $at within 3 s" ;;
      *)
        if is_refused "${verify[@]}"; then
          out="$at closed the connection: is $(sed -n 's/^subject=//p' "$RUN/certificate") in its authorized-clients?"
        elif [[ $answer == *superseded ]]; then
          never='Not Connected' out="$at serves another server with this one's certificate, which started later by the clocks of their hosts"
        elif [[ $answer == *fenced ]]; then
          never=Fenced out="$at refuses this server on request: it is fenced"
        else
          never='Not Connected' out="$ECP_PEER does not answer behind its listener"
        fi
        ;;
    esac
  fi
  out=${out%%$'\n'*}
  [[ -z ${connected:-} || $never == Fenced ]] || never=Trouble
  [[ ${connected:-} != r ]] || never=Recovery
  echo "diagnosis $never | $out"
}
