# Commands open the data server's database themselves. A stop lets none in any more, waits for those that are in, and only then closes it: what
# opened the file afterwards would change it behind its seal. Sourced by ecp-node and data-server.sh.
# shellcheck shell=bash disable=SC2154

# Lets a command in for as long as its process, which inherits the lock, lives.
enter() {
  local door
  exec {door}>>"$RUN/door"
  if ! flock -n -s "$door" || [[ -e $RUN/closing ]]; then complain 3 'this server is stopping'; fi
  # A member of a mirror whose door is shut (lib/mirror-hooks.sh): a backup may be looked at, a primary may have been replaced by now.
  [[ ! -e $RUN/mirror/shut ]] || [[ $(<"$RUN/mirror/role") == backup && $ECP_VERB == @(get|zwrite|freeze) ]] || complain 3 'this member of the mirror does not serve'
}

open_door() { rm -f "$RUN/closing"; }

# Returns when nobody is in any more; 1 when somebody has not left after 15 s.
close_door() {
  : >"$RUN/closing"
  end_commands 'mupip'
  exec {closed}>>"$RUN/door"
  flock -w 15 -x "$closed"
}

# Sessions and a copy in the making have no deadline of their own. Other commands come to their end. usage: end_commands [mupip]
end_commands() {
  local at comm
  for at in /proc/[0-9]*; do
    { read -r comm <"$at/comm"; } 2>/dev/null || continue
    [[ $comm == "${1:-}" || ($comm == mumps && $(tr '\0' '\n' <"$at/environ" 2>/dev/null) == *ECP_VERB=session*) ]] || continue
    kill "${at##*/}" 2>/dev/null || true
  done
}
