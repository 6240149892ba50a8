# New files and a HAProxy that stands still: noticed, and what stands still ended. Sourced by ecp-entrypoint.
# shellcheck shell=bash disable=SC2034,SC2154 # sourced: its variables are shared with ecp-entrypoint and config.env

# Reports new files at once. The kernel gives one user 128 inotify instances for all containers of a host: where none is left, or it ends for
# another reason, look_at_generation is enough.
start_files() {
  if [[ -n ${died[files]:-} ]]; then
    unset 'parts[files]'
  else
    start_part files inotifywait -qme moved_to,create --format files "$FILES" >&3
  fi
}

# New files are noticed here, at each event, if the watcher has not reported them: it is replaced then. Costs no process. An open folder is the
# same one for sure.
look_at_generation() {
  local kind text told=
  [[ -e $FILES/current && ! $FILES/current -ef /proc/$$/fd/$generation ]] || return 0
  while read -r -t 0.5 -u 3 kind text; do [[ $kind != files ]] || told=1; done
  [[ -n $told || -z ${parts[files]:-} ]] || kill -9 "${parts[files]}" 2>/dev/null || true
  take_files
}

take_files() {
  local next
  { exec {next}<"$FILES/current"; } 2>/dev/null || return 0
  exec {generation}<&-
  generation=$next
  rotate_tls
}

# HAProxy ends with `stop_parts` or by itself; one that does neither and does not turn is replaced.
look_at_haproxy() {
  if publish_state; then haproxy_silence=0 && return; fi
  ((haproxy_silence++ > 0)) || haproxy_since=$SECONDS
  ((haproxy_silence < 2)) || [[ $state != Normal ]] || set_state Trouble 'HAProxy does not answer'
  ((haproxy_silence < 3 || SECONDS - haproxy_since < 8)) || { log 'error: HAProxy has not answered for 8 s' >&2 && kill -9 "${parts[haproxy]}" 2>/dev/null; } || true
}

# usage: await_haproxy PORT; at most 5 s: the main loop sees to a HAProxy that has ended
await_haproxy() {
  local _
  for _ in {1..100}; do
    if { : >"/dev/tcp/127.0.0.1/$1"; } 2>/dev/null; then return; fi
    sleep 0.05
  done
}
