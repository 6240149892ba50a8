#!/usr/bin/env bash
# Runs once in a container of its own, before the delivery of a web gateway's files, and then runs that. The password comes as a file, so
# that it is in no Terraform state; the gateway takes it as "]]]" and base64 (intersystems-community/webgateway-examples, CSP.ini).
#
# usage: compose-csp-ini.sh DELIVER-FILES SOURCE TARGET [ARGUMENT]...
#   SOURCE has CSP.ini without a password, and perhaps the file `password`. CSP.ini with the password goes to SOURCE/files.
set -Eeuo pipefail

readonly source="${2:?source directory}" target="${3:?target directory}"

# Of the file the first line, as IRIS itself takes it (class reference of SYS.Container, ChangePassword).
# InterSystems' default password of CSPSystem, in all images.
password=SYS
if [[ -f "$source/password" ]]; then password="$(head -n 1 "$source/password" | tr -d '\r')"; fi
encoded="]]]$(printf '%s' "$password" | base64 --wrap=0)"
umask 077
mkdir -p "$source/files"
while IFS= read -r line; do printf '%s\n' "${line/#Password=*/Password=$encoded}"; done <"$source/CSP.ini" >"$source/files/CSP.ini"
# Up to 0.2.0 these two were in the volume themselves, and nothing else: a delivery refuses what no delivery made, and decides of the rest.
shopt -s nullglob
found=("$target"/* "$target"/.[!.]*)
if [[ "${found[*]}" == "$target/CSP.conf $target/CSP.ini" && ! -L "$target/CSP.conf" && ! -L "$target/CSP.ini" ]]; then rm -f "${found[@]}"; fi
exec /bin/bash "$@"
