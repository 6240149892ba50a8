# Certificate, key, CA and authorized-clients: from the files volume into HAProxy, at start and in place later.
# shellcheck shell=bash disable=SC2034,SC2154 # sourced: its variables are shared with ecp-entrypoint and config.env

# Reads the delivered files into new_tls, new_ca, new_clients, new_readers; 1 and `fault` when they cannot be used.
read_tls_files() {
  local file
  fault=
  for file in "$ECP_CA" "$ECP_CERTIFICATE" "$ECP_KEY"; do
    [[ -s $file && -r $file ]] || { fault="$file is missing, empty or not readable"; return 1; }
  done
  new_ca=$(tr -d '\r' <"$ECP_CA" | sed '/^[[:space:]]*$/d')
  new_tls=$(cat "$ECP_CERTIFICATE" <(echo) "$ECP_KEY" | tr -d '\r' | sed '/^[[:space:]]*$/d')
  new_clients='' new_readers=''
  if [[ $ECP_ROLE == data-server ]]; then
    [[ -r $FILES/authorized-clients ]] || { fault="$FILES/authorized-clients is missing"; return 1; }
    new_clients=$(tr -d '\r' <"$FILES/authorized-clients" | sed 's/^[[:space:]]*//; s/[[:space:]]*$//; /^$/d; /^#/d')
    new_readers=$(sed -n 's/^read-only  *//p' <<<"$new_clients")
    # shellcheck disable=SC2001 # each line has one
    new_clients=$(sed 's/^read-only  *//' <<<"$new_clients")
  fi
  if [[ -n ${ECP_MIRROR:-} ]]; then
    [[ -r $FILES/mirror-members ]] || { fault="$FILES/mirror-members is missing"; return 1; }
    new_members=$(tr -d '\r' <"$FILES/mirror-members" | sed 's/^[[:space:]]*//; s/[[:space:]]*$//; /^$/d; /^#/d')
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
  printf '%s\n' "$new_readers" >"$RUN/readers"
  printf '%s\n' "${new_members:-}" >"$RUN/mirror-members"
  # lib/fence.sh keeps it with the data.
  [[ $ECP_ROLE != data-server ]] || cat /durable/.ecp-fenced >"$RUN/fenced" 2>/dev/null || true
}

# What `status` and a healthy probe report about the files in use: lines KEY=VALUE, one `authority=END SUBJECT` for each trusted certificate, and
# the same as JSON.
describe_tls() {
  local pem line
  {
    openssl x509 -noout -subject -issuer -startdate -enddate -serial -nameopt RFC2253 -dateopt iso_8601 -in "$RUN/tls.pem"
    while IFS= read -r -d '' pem; do
      [[ $pem == -----BEGIN* ]] || continue
      line=$(openssl x509 -noout -subject -enddate -nameopt RFC2253 -dateopt iso_8601 <<<"$pem") || continue
      printf 'authority=%s %s\n' "${line##*notAfter=}" "$(sed -n 's/^subject=//p' <<<"$line")"
    done < <(sed 's/^-----BEGIN /\x00&/; $s/$/\x00/' "$RUN/ca.pem")
  } >"$RUN/certificate.new"
  certificate_json <"$RUN/certificate.new" >"$RUN/certificate.json.new"
  mv "$RUN/certificate.json.new" "$RUN/certificate.json"
  mv "$RUN/certificate.new" "$RUN/certificate"
  not_before=$(date -d "$(sed -n 's/^notBefore=//p' "$RUN/certificate")" +%s) not_after=$(date -d "$(sed -n 's/^notAfter=//p' "$RUN/certificate")" +%s)
}

# The lines of describe_tls as one JSON object on one line; needs no process.
certificate_json() {
  local line key value fields='' authorities=''
  while IFS= read -r line; do
    key=${line%%=*} value=$(json_string "${line#*=}")
    case $key in
      authority) authorities+="${authorities:+,}{\"subject\":\"${value#* * }\",\"notAfter\":\"${value:0:10}T${value:11:9}\"}" ;;
      not*) fields+="\"$key\":\"${value/ /T}\"," ;;
      *) fields+="\"$key\":\"$value\"," ;;
    esac
  done
  printf '{%s"authorities":[%s]}\n' "$fields" "$authorities"
}

load_tls() {
  read_tls_files || refuse "$fault"
  keep_tls
  describe_tls
  fault=$(haproxy -c -q "${HAPROXY[@]}" 2>&1) || refuse "HAProxy does not take the files: $(tr -s '\n\t' ' ' <<<"$fault" | cut -c1-300)"
}

# usage: expect WORDS COMMAND; sets `fault` when HAProxy's answer lacks WORDS
expect() {
  answer=$(haproxy_cli "$2" 2>&1) || true
  [[ $answer == *"$1"* ]] || fault="HAProxy: ${answer//$'\n'/ }"
  [[ -z $fault ]]
}

# usage: replace_list FILE SUBJECTS
replace_list() {
  local version client
  [[ $ECP_ROLE == data-server ]] || return 0
  expect 'New version created: ' "prepare acl $RUN/$1" || return 1
  version=@${answer##*: }
  version=${version%%[^@0-9]*}
  while IFS= read -r client; do
    [[ -z $client ]] || expect '' "add acl $version $RUN/$1 ${client//[^A-Za-z0-9=-]/\\&}"
  done <<<"$2"
  expect '' "commit acl $version $RUN/$1"
}

# Sessions go on as they began: those of who may read alone now, or write too, come again. usage: end_changed READERS-BEFORE
end_changed() {
  local subject
  while IFS= read -r subject; do
    [[ -z $subject ]] || end_sessions "$subject"
  done < <(comm -3 <(sort -u <<<"$1") <(sort -u <<<"$new_readers") | tr -d '\t')
}

# A new process takes the listeners over; the old one ends with its last session. `status` reports the new files when the new one answers.
hand_over() {
  local file
  for file in tls.pem ca.pem authorized-clients readers; do cp "$RUN/$file" "$RUN/$file.old"; done
  keep_tls
  if fault=$(haproxy -c -q "${HAPROXY[@]}" 2>&1); then
    retired+=("${parts[haproxy]}")
    start_haproxy -x "$RUN/haproxy.sock" -sf "${parts[haproxy]}"
    rm -f "$RUN"/*.old
    for _ in {1..100}; do
      [[ $(haproxy_cli 'show info' 2>/dev/null) != *$'\n'"Pid: ${parts[haproxy]}"$'\n'* ]] || break
      kill -0 "${parts[haproxy]}" 2>/dev/null || break # started again by the main loop, with the new files
      sleep 0.05
    done
    [[ -z ${ECP_MIRROR:-} ]] || repeat_map
    describe_tls
  else
    fault="HAProxy: $(tr -s '\n\t' ' ' <<<"$fault" | cut -c1-300)"
    for file in tls.pem ca.pem authorized-clients readers; do mv "$RUN/$file.old" "$RUN/$file"; done
    return 1
  fi
}

update() {
  expect created "set ssl cert $RUN/tls.pem <<"$'\n'"$new_tls"$'\n' && expect Success "commit ssl cert $RUN/tls.pem" && replace_list readers "$new_readers" && replace_list authorized-clients "$new_clients" && keep_tls && describe_tls
}

# Established sessions go on; new connections meet the new files. Wrong files change nothing and show as the state's reason.
# HAProxy 2.6 crashes when its runtime API changes a CA again after a certificate (haproxy/haproxy#3165): a new CA is a new process.
rotate_tls() {
  local change=update readers
  [[ -n ${parts[haproxy]:-} ]] || return 0
  warning=
  readers=$(cat "$RUN/readers")
  if read_tls_files; then
    [[ $new_ca == "$(<"$RUN/ca.pem")" ]] || change=hand_over
    [[ $change == hand_over || $new_tls != "$(<"$RUN/tls.pem")" || $new_clients != "$(<"$RUN/authorized-clients")" || $new_readers != "$readers" ]] || return 0
    if "$change"; then
      log "new files in use: $(grep -E '^(subject|notAfter)=' "$RUN/certificate" | paste -sd ' '), $(grep -c ^authority= "$RUN/certificate") authorities, $(grep -c . "$RUN/authorized-clients" || true) authorized clients"
      [[ $new_readers == "$readers" ]] || end_changed "$readers"
      on_event renew ''
    else
      haproxy_cli "abort ssl cert $RUN/tls.pem" >/dev/null || true
    fi
  fi
  [[ -z $fault ]] || { warning="the delivered files are not in use: $fault" && log "error: $warning" >&2; }
}
