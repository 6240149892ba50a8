# What a server needs before InterSystems IRIS starts: files, volume, classes. Sourced by ecp-entrypoint.
# shellcheck shell=bash disable=SC2154

read_config() {
  [[ "${ECP_ROLE:-}" =~ ^((data|app)-server|arbiter)$ ]] || refuse "ECP_ROLE must be data-server, app-server or arbiter, got '${ECP_ROLE:-}'"
  [[ -r "$FILES/config.json" ]] || refuse "$FILES/config.json is missing"
  [[ "$(config_hash)" == "${ECP_CONFIG_SHA256:-}" ]] ||
    refuse "config.json has the SHA-256 $(config_hash), expected is ${ECP_CONFIG_SHA256:-none} (ECP_CONFIG_SHA256)"
  jq -e 'type == "object"' "$FILES/config.json" >/dev/null 2>&1 || refuse 'config.json is not a JSON object'
  local fault=''
  [[ "$ECP_ROLE" == arbiter ]] || fault="$(read_databases)"
  [[ -z "$fault" ]] || refuse "$fault"
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

require_whole_volume() {
  [[ -e /durable/.restoring ]] || return 0
  # What goes on with it holds the volume.
  exec 4>&-
  refuse 'a restore into /durable was cut short: ./ecp restore goes on with it, and the data of before is still aside'
}

# The same mark and the same meaning as in the rehearsal engine: no engine touches the other's data.
claim_volume() {
  local marker=/durable/.ecp-engine engine
  [[ -n "${ISC_DATA_DIRECTORY:-}" ]] || return 0
  [[ -w /durable ]] || refuse "/durable is not writable for user $(id -u)"
  require_whole_volume
  if [[ -e "$marker" || -L "$marker" ]]; then
    [[ -f "$marker" && ! -L "$marker" ]] || refuse "$marker is not a file: give this data server a volume of its own"
    engine="$(head -c 40 "$marker" | tr -d '\0')"
    [[ "$engine" == iris ]] || refuse "/durable was written by the engine '$engine': this one is 'iris', give it a volume of its own"
  else
    [[ -z "$(find /durable -mindepth 1 -maxdepth 1 ! -name lost+found ! -name .in-use -print -quit)" ]] ||
      refuse "/durable is not empty and carries no mark of the engine 'iris': give this data server a volume of its own"
    { echo iris >"$marker"; } 2>/dev/null || refuse '/durable cannot be written (is the disk full?)'
  fi
  hold_volume
  # One that began while this server waited.
  require_whole_volume
}

# Never two instances on one volume: a container that takes over the volume of another may be started while that one still ends. The lock
# lasts as long as this program; a number of its own lets the program that follows after `refuse` take it again.
hold_volume() {
  local rc
  exec 4>>/durable/.in-use || refuse '/durable/.in-use cannot be written (is the disk full?)'
  while rc=0 && { flock -n 4 || rc=$?; } && ((rc == 1)); do
    set_state 'In Progress' 'waits for the server that still has /durable'
    pause 1
  done
  ((rc == 0)) || log 'the file system of /durable has no locks: two servers on it would not notice each other' >&2
}

# A durable %SYS keeps the classes of the image that made it, and an upgrade of IRIS removes from %SYS what does not begin with Z
# (InterSystems, Installation Guide): they are loaded when they or the product are others than at the last load.
refresh_code() {
  local loaded marker=/durable/.ecp-code
  [[ -n "${ISC_DATA_DIRECTORY:-}" ]] || return 0
  loaded="$(find /opt/ecp/src /opt/ecp/config-api /opt/ecp/application -type f -exec sha256sum {} + | LC_ALL=C sort | sha256sum | cut -c1-64) $(product_version)"
  [[ ! -f "$marker" || "$(head -c 200 "$marker" | tr -d '\0')" != "$loaded" ]] || return 0
  log "loading this image's classes into the durable %SYS"
  /opt/ecp/lib/load-code >"$RUN/session.log" 2>&1 && echo "$loaded" >"$marker"
}

# The password file sets the passwords of all accounts (class reference of SYS.Container, ChangePassword), those that users have made and
# changed since too: it is for the first start alone. /durable is the container's own where no volume is mounted.
readonly PASSWORD_IS_SET=/durable/.ecp-password

note_password() { [[ -e "$PASSWORD_IS_SET" || ! -e "$FILES/password" ]] || : >"$PASSWORD_IS_SET"; }
