# What a database that nobody writes to holds: of each global the number of nodes and a checksum. Sourced by ecp-node and restore-database.
# shellcheck shell=bash disable=SC2154

# shellcheck source=region.sh
. /opt/ecp/lib/region.sh

# usage: tally FILE -> a JSON array; the file's header changes, since GT.M opens it
tally() (
  export gtmgbldir=$RUN/tally.gld
  define_region "$1"
  "$gtm_dist/mumps" -run globals^ecpnode </dev/null >"$RUN/tally.names"
  while read -r name; do
    [[ $name =~ ^%?[A-Za-z0-9]{1,31}$ ]] || continue
    # Two lines of a heading with the date come first.
    "$gtm_dist/mupip" extract -format=zwr "-select=$name" -stdout 2>"$RUN/tally.log" |
      awk -v nodes="$RUN/tally.nodes" 'NR > 2 {print} END {print NR - 2 >nodes}' | hash_of >"$RUN/tally.sum"
    printf '%s %s %s\n' "$name" "$(<"$RUN/tally.nodes")" "$(<"$RUN/tally.sum")"
  done <"$RUN/tally.names" | jq -Rn '[inputs | split(" ") | {name: .[0], nodes: (.[1] | tonumber), sha256: .[2]}]'
  "$gtm_dist/mupip" rundown -file "$1" >/dev/null 2>&1
)
