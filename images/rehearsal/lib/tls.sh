# Certificate, key, CA and authorized-clients: from the files volume into HAProxy, at start and in place later.

# Reads the delivered files into new_tls, new_ca, new_clients; 1 and `fault` when they cannot be used.
read_tls_files() {
  local file
  fault=
  for file in "$ECP_CA" "$ECP_CERTIFICATE" "$ECP_KEY"; do
    [[ -s $file && -r $file ]] || { fault="$file is missing, empty or not readable"; return 1; }
  done
  new_ca=$(tr -d '\r' <"$ECP_CA" | sed '/^[[:space:]]*$/d')
  new_tls=$(cat "$ECP_CERTIFICATE" <(echo) "$ECP_KEY" | tr -d '\r' | sed '/^[[:space:]]*$/d')
  new_clients=
  if [[ $ECP_ROLE == data-server ]]; then
    [[ -r $FILES/authorized-clients ]] || { fault="$FILES/authorized-clients is missing"; return 1; }
    new_clients=$(tr -d '\r' <"$FILES/authorized-clients" | sed 's/^[[:space:]]*//; s/[[:space:]]*$//; /^$/d; /^#/d')
  fi
  openssl x509 -noout -in "$ECP_CA" 2>/dev/null || { fault="$ECP_CA holds no certificate"; return 1; }
  [[ $(openssl x509 -noout -pubkey -in "$ECP_CERTIFICATE" 2>&1) == "$(openssl pkey -pubout -in "$ECP_KEY" 2>/dev/null)" ]] ||
    fault="$ECP_CERTIFICATE and $ECP_KEY do not belong together"
  [[ -z $fault ]]
}

keep_tls() {
  printf '%s\n' "$new_tls" >"$RUN/tls.pem"
  printf '%s\n' "$new_ca" >"$RUN/ca.pem"
  printf '%s\n' "$new_clients" >"$RUN/authorized-clients"
  openssl x509 -noout -subject -issuer -enddate -nameopt RFC2253 -dateopt iso_8601 -in "$RUN/tls.pem" >"$RUN/certificate"
}

load_tls() {
  read_tls_files || refuse "$fault"
  keep_tls
}

# usage: expect WORDS COMMAND; sets `fault` when HAProxy's answer lacks WORDS
expect() {
  answer=$(haproxy_cli "$2" 2>&1) || true
  [[ $answer == *"$1"* ]] || fault="HAProxy: ${answer//$'\n'/ }"
  [[ -z $fault ]]
}

replace_clients() {
  local version client commands=
  [[ $ECP_ROLE == data-server ]] || return 0
  expect 'New version created: ' "prepare acl $RUN/authorized-clients" || return 1
  version=@${answer##*: }
  version=${version%%[^@0-9]*}
  while IFS= read -r client; do
    [[ -z $client ]] || commands+="add acl $version $RUN/authorized-clients ${client//[^A-Za-z0-9=-]/\\&};"
  done <<<"$new_clients"
  expect '' "${commands}commit acl $version $RUN/authorized-clients"
}

# Established sessions go on; new connections meet the new files. Wrong files change nothing and show as the state's reason.
rotate_tls() {
  [[ -n ${parts[haproxy]:-} ]] || return 0
  warning=
  if read_tls_files && [[ $new_ca != "$(<"$RUN/ca.pem")" || $new_tls != "$(<"$RUN/tls.pem")" || $new_clients != "$(<"$RUN/authorized-clients")" ]]; then
    if expect created "set ssl ca-file $RUN/ca.pem <<"$'\n'"$new_ca"$'\n' && expect Success "commit ssl ca-file $RUN/ca.pem" &&
      expect created "set ssl cert $RUN/tls.pem <<"$'\n'"$new_tls"$'\n' && expect Success "commit ssl cert $RUN/tls.pem" && replace_clients; then
      keep_tls
      log "new files in use: $(head -n1 "$RUN/certificate"), $(tail -n1 "$RUN/certificate"), $(grep -c . "$RUN/authorized-clients" || true) authorized clients"
    else
      haproxy_cli "abort ssl cert $RUN/tls.pem" >/dev/null
      haproxy_cli "abort ssl ca-file $RUN/ca.pem" >/dev/null
    fi
  fi
  [[ -z $fault ]] || { warning="the delivered files are not in use: $fault" && log "error: $warning" >&2; }
}
