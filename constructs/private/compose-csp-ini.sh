#!/usr/bin/env bash
# Runs once in a container of its own, before a web gateway starts: writes the gateway's two files. The password comes as a file, so
# that it is in no Terraform state; the gateway takes it as "]]]" and base64 (intersystems-community/webgateway-examples, CSP.ini).
#
# usage: compose-csp-ini.sh SOURCE TARGET
#   SOURCE has CSP.conf, CSP.ini without a password, and perhaps the file `password`.
set -Eeuo pipefail

readonly source="${1:?source directory}" target="${2:?target directory}"

# Of the file the first line, as IRIS itself takes it (class reference of SYS.Container, ChangePassword).
# InterSystems' default password of CSPSystem, in all images.
password=SYS
if [[ -f "$source/password" ]]; then password="$(head -n 1 "$source/password" | tr -d '\r')"; fi
encoded="]]]$(printf '%s' "$password" | base64 --wrap=0)"
while IFS= read -r line; do printf '%s\n' "${line/#Password=*/Password=$encoded}"; done <"$source/CSP.ini" >"$target/.CSP.ini"
mv "$target/.CSP.ini" "$target/CSP.ini"
cp "$source/CSP.conf" "$target/CSP.conf"
rm -rf "${source:?}"
echo "web gateway's files written"
