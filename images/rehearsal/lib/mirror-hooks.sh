# What the agent (lib/mirror-agent.sh) makes its member do. It runs in a process of its own with the entry point's events as descriptor 3. All
# return 0 when it is done, 1 when not. Sourced by mirror-database.sh.
# shellcheck shell=bash disable=SC2154

# shellcheck source=mirror-publish.sh
. /opt/ecp/lib/mirror-publish.sh

mirror_idle() { # usage: mirror_idle SECONDS; sleeps without a process
  if [[ -z ${idle:-} ]]; then
    [[ -p $RUN/mirror/idle ]] || mkfifo "$RUN/mirror/idle"
    exec {idle}<>"$RUN/mirror/idle"
  fi
  read -r -t "$1" -u "$idle" _ || true
}

# usage: mirror_ask SECONDS WORDS...; the entry point does it, which is the parent of all parts
mirror_ask() {
  local id=${EPOCHREALTIME/[.,]/} tries=$(($1 * 50)) rc=1
  echo "mirror $id ${*:2}" >&3
  while ((tries-- > 0)); do
    if { read -r rc <"$RUN/mirror/answer.$id"; } 2>/dev/null; then break; fi
    mirror_idle 0.02
  done
  rm -f "$RUN/mirror/answer.$id"
  return "$rc"
}

# usage: mirror_job SECONDS WORDS -> the answer of ecpjob
mirror_job() {
  local job answer=
  { exec {job}<>/dev/tcp/127.0.0.1/2996; } 2>/dev/null || return 1
  printf '%s\n' "$2" >&"$job"
  read -r -t "$1" -u "$job" answer || true
  exec {job}>&-
  printf %s "$answer"
}

set_mode() { printf '%s\n' "$1" >"$RUN/mirror/mode.new" && mv "$RUN/mirror/mode.new" "$RUN/mirror/mode"; }

# usage: mirror_sync_mode with|alone|closed|confirm EPOCH; after it no sync is answered, and none confirmed, by the mode of before
mirror_sync_mode() {
  set_mode "$1 $2"
  [[ $(mirror_job 1 mode) == "mode $1 $2" ]]
}

mirror_confirming() { mirror_sync_mode confirm "$1"; }

# A job that does not answer is killed, and starts again with the mode in the file.
mirror_stop_confirming() { mirror_sync_mode closed 0 || mirror_ask 3 restart-job; }

# Has the backup, on disk, a number that was written after the call? So it has all that was written before.
mirror_confirmed() { [[ $(mirror_job 3 confirmed) == ok ]]; }

mirror_promote() { mirror_ask 10 promote "$1"; } # usage: mirror_promote same|new

# Has GT.M take back what the primary lacks, and follow it. Returns at once; $RUN/mirror/role tells, and $RUN/mirror/fault why not.
mirror_join() { [[ $(<"$RUN/mirror/role") != undecided ]] || mirror_ask 3 follow; }

# Does not return: the entry point starts again, and an agent with it.
mirror_demote() { mirror_ask 30 demote; }

# What the member waits for, for `status`, while it is neither primary nor backup.
mirror_says() { echo "mirror - waits $1" >&3; }

# usage: mirror_lag active|WORDS; updates that the peer has not got yet, - where nobody knows. GT.M hears only after some ten seconds what has arrived:
# of an active backup it counts what has not been sent, of another one what has not been acknowledged.
mirror_lag() {
  local output upto=sent
  [[ $1 == active ]] || upto=acknowledged
  # shellcheck disable=SC1091 # written at start from config.json
  output=$(. "$RUN/config.env" && gtm_repl_instance=${ECP_DIRECTORY}GTM.REPL "$gtm_dist/mupip" replicate -source -showbacklog 2>&1) || true
  [[ $output =~ posted\ +:\ ([0-9]+).*$upto\ +:\ ([0-9]+) ]] && printf %s "$((BASH_REMATCH[1] - BASH_REMATCH[2]))" || printf -
}

# Commands on this member end, as far as they end by themselves.
mirror_drain() {
  local door
  : >"$RUN/mirror/shut"
  end_commands
  exec {door}>>"$RUN/door"
  flock -w 3 -x "$door" || true
  exec {door}>&-
}

mirror_open_door() { mirror_serving=1 && rm -f "$RUN/mirror/shut" && set_map serving 1; }

# Nobody comes in, and who is in goes: reads as well as writes. HAProxy's processes of before a change of the authority end altogether.
mirror_shut_door() {
  local ids pid at
  mirror_serving=0
  : >"$RUN/mirror/shut"
  set_map serving 0 || return 1
  end_commands
  ids=$(haproxy_cli 'show sess' | sed -n 's/^\(0x[0-9a-f]*\): proto=[a-z0-9]* src=[0-9.:]* fe=ecp .*/shutdown session \1/p' | paste -sd ';')
  [[ -z $ids ]] || haproxy_cli "$ids" >/dev/null || true
  pid=$(haproxy_cli 'show info' 2>/dev/null | sed -n 's/^Pid: //p') || true
  is_number "$pid" || return 1
  for at in /proc/[0-9]*; do
    [[ $(cat "$at/comm" 2>/dev/null) != haproxy || ${at##*/} == "$pid" ]] || kill "${at##*/}" 2>/dev/null || true
  done
}
