# The processes of replication. mupip leaves them behind: they are found by their commands. Sourced by mirror-roles.sh.
# shellcheck shell=bash disable=SC2034,SC2154 # sourced: its variables are shared with ecp-entrypoint and config.env

# Through haproxy/mirror.cfg to the peer. Tries again after 0.5 s, later each second; a connection without a sign of life ends after 6 s.
readonly REPLICATION_OUT=(-secondary=127.0.0.1:2993 "-connectparams=5,500,1,0,2,6")
# What listens for it does so on the loopback only (src/loopback.c).
readonly LISTENING=(env LD_PRELOAD=/opt/gtm/loopback.so "$gtm_dist/mupip")

# usage: mirror_step WHAT COMMAND...; 1 and the reason in `fault` when it fails
mirror_step() {
  local what=$1 output
  shift
  output=$("$@" 2>&1) || { set_role "$mirror_role" "$what failed: $(in_short "$output")" && log "error: $(<"$RUN/mirror/fault")" >&2 && return 1; }
}

# Processes that mupip leaves behind. usage: note_part NAME WORDS OF ITS COMMAND
note_part() {
  local at words
  for at in /proc/[0-9]*; do
    { mapfile -d '' -t words <"$at/cmdline"; } 2>/dev/null || continue
    [[ "${words[*]}" != "$gtm_dist/mupip replicate -$2 -start "* ]] || { parts[$1]=${at##*/} && return; }
  done
  return 1
}

start_source() { # usage: start_source -rootprimary|-updnotok OPTIONS...
  mirror_step 'starting replication' "$gtm_dist/mupip" replicate -source -start "$@" "-instsecondary=$peer_instance" -buffsize=8388608 "-log=$RUN/mirror/source.log" &&
    note_part source source
}

# usage: start_receiver OPTIONS...
start_receiver() {
  mirror_step 'starting to receive' "${LISTENING[@]}" replicate -receive -start -listenport=2994 -buffsize=8388608 "-log=$RUN/mirror/receiver.log" "$@" && note_part receiver receive
}

stop_part() { # usage: stop_part NAME; it ends by itself within 2 s or is killed
  local pid=${parts[$1]:-} tries
  unset "parts[$1]"
  [[ -n $pid ]] || return 0
  kill "$pid" 2>/dev/null || return 0
  for ((tries = 0; tries < 100; tries++)); do
    kill -0 "$pid" 2>/dev/null || return 0
    sleep 0.02
  done
  kill -9 "$pid" 2>/dev/null || true
}

start_seed() {
  rm -f "$RUN/seed.sock"
  start_part seed "$gtm_dist/mumps" -run ecpseed </dev/null >/dev/null 2>&1
}

# What replication needs was lost on the way: a primary starts it again, a backup joins again.
on_mirror_death() { # usage: on_mirror_death PART
  unset "parts[$1]"
  case $1:$mirror_role in
    source:primary) start_source -rootprimary "${REPLICATION_OUT[@]}" || true ;;
    *) rejoin "$1 has ended" ;;
  esac
}

# What GT.M writes about replication is in memory: it starts anew where it has become long.
look_at_logs() { find "$RUN/mirror" -name '*.log*' -size +1024k -exec truncate -s 0 {} +; }

# Once the peer's history is in the instance file, this member can follow by itself.
look_at_seed() {
  [[ -e $seeding ]] || return 0
  [[ $("$gtm_dist/mupip" replicate -editinstance -show "$instance" 2>&1) =~ "Number of used history records"\ +([0-9]+) ]] || return 0
  ((BASH_REMATCH[1] == 0)) || rm -f "$seeding" "$instance.seed"
}
