# The global directory of a database file. Sourced by database.sh, tally.sh and restore-database.
# shellcheck shell=bash disable=SC2154

# 36864-byte blocks hold the largest record that GT.CM carries (32767 bytes, key included) without spanning blocks, which it refuses.
define_region() { # usage: define_region FILE
  rm -f "$gtmgbldir"
  "$gtm_dist/mumps" -run GDE >"$RUN/gde.log" 2>&1 <<<"change -segment DEFAULT -block_size=36864 -allocation=100 -extension_count=100 -global_buffer_count=256 -file=$1
change -region DEFAULT -record_size=32767 -key_size=700 -null_subscripts=never
exit"
}
