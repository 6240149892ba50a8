# What the scripts need of config.json and of the volume. Sourced by ecp-entrypoint.
# shellcheck shell=bash disable=SC2154

# usage: config_value FILTER -> its value; a data server has one database, an application server one data server (as in the documents here)
config_value() { jq -r "$1 // empty" "$FILES/config.json"; }

read_config() {
  [[ "${ECP_ROLE:-}" =~ ^(data|app)-server$ ]] || refuse "ECP_ROLE must be data-server or app-server, got '${ECP_ROLE:-}'"
  [[ -r "$FILES/config.json" ]] || refuse "$FILES/config.json is missing"
  [[ "$(config_hash)" == "${ECP_CONFIG_SHA256:-}" ]] ||
    refuse "config.json has the SHA-256 $(config_hash), expected is ${ECP_CONFIG_SHA256:-none} (ECP_CONFIG_SHA256)"
  jq -e 'type == "object"' "$FILES/config.json" >/dev/null 2>&1 || refuse 'config.json is not a JSON object'
  directory="$(config_value '(.Databases // {}) | to_entries[0].value.Directory')"
  # shellcheck disable=SC2016 # the variable of the document
  # IRIS itself puts its manager's directory in when it loads the document; here it is the one of a durable %SYS in ISC_DATA_DIRECTORY.
  directory="${directory//'${'[Mm][Gg][Rr][Dd][Ii][Rr]'}'//durable/iris/mgr/}"
  [[ "$directory" =~ ^/([A-Za-z0-9_-][A-Za-z0-9._-]*/)+$ ]] ||
    refuse "config.json: Databases must name a directory that ends with /, got '$directory'"
  server="$(config_value '(.ECPServers // {}) | to_entries[0].key')"
  [[ "$ECP_ROLE" == data-server || "$server" =~ ^[A-Za-z0-9][A-Za-z0-9.-]*$ ]] ||
    refuse "config.json: ECPServers must name a data server, got '$server'"
  local fault
  fault="$(file_fault)"
  [[ -z "$fault" ]] || refuse "$fault"
}

# usage: file_fault -> a sentence when certificate, key and CA cannot be used together
file_fault() {
  local file
  for file in pki/ca.pem pki/cert.pem pki/key.pem; do
    [[ -s "$FILES/$file" && -r "$FILES/$file" ]] || { echo "$FILES/$file is missing, empty or not readable" && return; }
  done
  [[ "$(openssl x509 -noout -pubkey -in "$FILES/pki/cert.pem" 2>&1)" == "$(openssl pkey -pubout -in "$FILES/pki/key.pem" 2>/dev/null)" ]] ||
    echo "$FILES/pki/cert.pem and $FILES/pki/key.pem do not belong together"
}

# The same mark and the same meaning as in the rehearsal engine: no engine touches the other's data.
claim_volume() {
  local marker=/durable/.ecp-engine engine
  [[ "$ECP_ROLE" == data-server ]] || return 0
  [[ -w /durable ]] || refuse "/durable is not writable for user $(id -u)"
  if [[ -e "$marker" || -L "$marker" ]]; then
    [[ -f "$marker" && ! -L "$marker" ]] || refuse "$marker is not a file: give this data server a volume of its own"
    engine="$(head -c 40 "$marker" | tr -d '\0')"
    [[ "$engine" == iris ]] || refuse "/durable was written by the engine '$engine': this one is 'iris', give it a volume of its own"
  else
    [[ -z "$(find /durable -mindepth 1 -maxdepth 1 ! -name lost+found -print -quit)" ]] ||
      refuse "/durable is not empty and carries no mark of the engine 'iris': give this data server a volume of its own"
    { echo iris >"$marker"; } 2>/dev/null || refuse '/durable cannot be written (is the disk full?)'
  fi
}

# A durable %SYS keeps the classes of the image that made it: newer ones are loaded once.
refresh_code() {
  local hash marker=/durable/.ecp-code
  [[ "$ECP_ROLE" == data-server ]] || return 0
  hash="$(find /opt/ecp/src /opt/ecp/config-api -type f -exec sha256sum {} + | LC_ALL=C sort | sha256sum | cut -c1-64)"
  [[ ! -f "$marker" || "$(head -c 65 "$marker" | tr -d '\0')" != "$hash" ]] || return 0
  log "loading this image's classes into the durable %SYS"
  /opt/ecp/lib/load-code >"$RUN/session.log" 2>&1 && echo "$hash" >"$marker"
}
