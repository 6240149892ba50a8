# Commands open the data server's database themselves. A stop lets none in any more, waits for those that are in, and only then closes it: what
# opened the file afterwards would change it behind its seal. Sourced by ecp-node and data-server.sh.
# shellcheck shell=bash disable=SC2154

# Lets a command in for as long as its process, which inherits the lock, lives.
enter() {
  local door
  exec {door}>>"$RUN/door"
  if ! flock -n -s "$door" || [[ -e $RUN/closing ]]; then complain 3 'this server is stopping'; fi
}

open_door() { rm -f "$RUN/closing"; }

# Returns when nobody is in any more; 1 when somebody has not left after 15 s.
close_door() {
  local door at comm
  : >"$RUN/closing"
  # Sessions and a copy in the making have no deadline of their own. Other commands come to their end.
  for at in /proc/[0-9]*; do
    { read -r comm <"$at/comm"; } 2>/dev/null || continue
    [[ $comm == mupip || ($comm == mumps && $(tr '\0' '\n' <"$at/environ" 2>/dev/null) == *ECP_VERB=session*) ]] || continue
    kill "${at##*/}" 2>/dev/null || true
  done
  exec {door}>>"$RUN/door"
  flock -w 15 -x "$door"
}
