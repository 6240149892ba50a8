# Shared by ecp-backup and ecp-backup-entrypoint.
# shellcheck shell=bash disable=SC2034
export TZ=UTC HOME=/run/ecp LC_ALL=C
umask 077
readonly RUN=/run/ecp FILES=/ecp/files BACKUP=/backup

log() { printf 'ecp-backup: %s\n' "$*"; }

complain() { echo "ecp-backup: $2" >&2; exit "$1"; }

# usage: setting KEY -> what config.json says, or nothing
setting() { jq -r --arg key "$1" '.[$key] // "" | tostring' "$FILES/config.json"; }

is_id() { [[ $1 =~ ^[0-9]{8}T[0-9]{6}Z$ ]]; }
