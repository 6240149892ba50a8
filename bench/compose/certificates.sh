#!/usr/bin/env bash
# Makes certificates as the article's gen-certificates.sh does, and shows them to the servers: one authority, one certificate for the data
# server, one that all application servers share (subject CN=app-server). Run again it makes new keys and certificates from the same
# authority, and running servers take them.
#
# usage: certificates.sh FOLDER
#   FOLDER/data-server/source and FOLDER/app-server/source hold what else the servers get; FOLDER/ROLE/files is what is mounted at
#   /ecp/files, laid out as docs/container-contract.md says: `current` is a link to one generation and is replaced by one rename.
set -Eeuo pipefail

readonly folder="${1:?folder}"
# The servers' user.
readonly owner=51773

make_authority() {
  [[ ! -f "$folder/ca.pem" ]] || return 0
  openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj '/CN=ecp-bench CA' \
    -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign,cRLSign' \
    -keyout "$folder/ca.key" -out "$folder/ca.pem" 2>/dev/null
}

make_leaf() { # make_leaf NAME USE DIRECTORY
  openssl req -newkey rsa:2048 -nodes -subj "/CN=$1" -keyout "$3/key.pem" 2>/dev/null |
    openssl x509 -req -days 90 -CA "$folder/ca.pem" -CAkey "$folder/ca.key" -set_serial "0x$(openssl rand -hex 16)" \
      -extfile <(printf 'subjectAltName=DNS:%s\nkeyUsage=digitalSignature\nextendedKeyUsage=%s\n' "$1" "$2") \
      -out "$3/cert.pem" 2>/dev/null
  cp "$folder/ca.pem" "$3/ca.pem"
}

# Only root can give files away; what anybody else makes here must be readable for the servers' user anyway.
give_away() { # give_away DIRECTORY
  if ((EUID == 0)); then
    find "$1" -type f -exec chmod 0400 {} + -exec chown "$owner:$owner" {} +
  else
    find "$1" -type f -exec chmod 0444 {} +
  fi
}

deliver() { # deliver ROLE USE
  local -r files="$folder/$1/files"
  local generation previous name
  mkdir -p "$files"
  generation=".$(date +%s%N)"
  previous="$(readlink "$files/current" || true)"
  mkdir -p "$files/$generation/pki"
  cp "$folder/$1/source/"* "$files/$generation/"
  make_leaf "$1" "$2" "$files/$generation/pki"
  give_away "$files/$generation"
  for name in "$files/$generation/"*; do
    ln -sfn "current/${name##*/}" "$files/${name##*/}"
  done
  ln -sfn "$generation" "$files/.link"
  mv -T "$files/.link" "$files/current"
  if [[ -n "$previous" ]]; then rm -rf "${files:?}/$previous"; fi
}

_main() {
  umask 022
  make_authority
  deliver data-server serverAuth
  deliver app-server clientAuth
}

_main
