#!/usr/bin/env bash
# Writes a copy of the database to standard output, beside running writers: a line "seed BYTES SHA-256 BYTES SHA-256" or "fault WORDS", then GT.M's
# instance file and the database. A process of m/ecpseed.m runs it, with the peer as standard output.
set -Eeuo pipefail
# shellcheck source=common.sh
. /opt/ecp/lib/common.sh
# shellcheck disable=SC1091 # written at start from config.json
. "$RUN/config.env"
umask 077
copy=${ECP_DIRECTORY}seeding.$$

leave() { rm -f "$copy.DAT" "$copy.REPL"; }
trap leave EXIT

# One at a time; what another one left behind goes.
exec {turn}>>"$RUN/seed.lock"
flock -n "$turn" || { echo 'fault another copy is being made' && exit; }
rm -f "${ECP_DIRECTORY}"seeding.*
output=$(gtm_baktmpdir=$ECP_DIRECTORY "$gtm_dist/mupip" backup -online -nonewjnlfiles "-replinstance=$copy.REPL" DEFAULT "$copy.DAT" 2>&1) ||
  { echo "fault the database could not be copied: $(grep -v -- '-[IS]-' <<<"$output" | tr -s '\n\t ' ' ' | cut -c1-300)" && exit; }
echo "seed $(stat -c %s "$copy.REPL") $(hash_of "$copy.REPL") $(stat -c %s "$copy.DAT") $(hash_of "$copy.DAT")"
cat "$copy.REPL" "$copy.DAT"
