# A member of a mirror: who it is, when it may start, and that it joins. Everything else is InterSystems' own mirroring. Untested on IRIS:
# docs/iris.md. Sourced by ecp-entrypoint and ecp-node.
# shellcheck shell=bash disable=SC2154,SC2034

# The volume's own note of the mirror that it belongs to.
readonly MEMBERSHIP=/durable/.ecp-mirror

# A member of a mirror; an arbiter is none.
is_member() { [[ -n "${ECP_MIRROR:-}" && "${ECP_ROLE:-}" == data-server ]]; }

# Names are in capitals in IRIS (InterSystems, High Availability Guide, "Create a Mirror"). Sets `mirror`, `first` and `other`.
read_mirror() {
  mirror='' first='' other=''
  [[ "${ECP_ROLE:-}" == data-server ]] || return 0
  local is_of=''
  [[ ! -f "$MEMBERSHIP" || -L "$MEMBERSHIP" ]] || is_of="$(head -c 40 "$MEMBERSHIP" | tr -d '\0\n')"
  [[ -n "$is_of" || -n "${ECP_MIRROR:-}" ]] || return 0
  [[ -n "${ECP_MIRROR:-}" ]] ||
    refuse "/durable belongs to a member of the mirror '$is_of': take the mirror off in InterSystems IRIS first, docs/iris.md has the steps"
  [[ "$ECP_MIRROR" =~ ^[A-Za-z][A-Za-z0-9]{0,14}$ ]] || refuse "ECP_MIRROR must be 1 to 15 letters and digits, got '$ECP_MIRROR'"
  mirror="${ECP_MIRROR^^}"
  [[ -z "$is_of" || "$is_of" == "$mirror" ]] || refuse "/durable belongs to a member of the mirror '$is_of', this one is of '$mirror': give it a volume of its own"
  local -a members
  read -r -a members <<<"${ECP_MIRROR_MEMBERS:-}"
  [[ "${#members[@]}:${members[*]}" == 2:* && " ${members[*]} " == *" $HOSTNAME "* ]] ||
    refuse "ECP_MIRROR_MEMBERS must name two members, this server among them, got '${ECP_MIRROR_MEMBERS:-}'"
  [[ -e "$FILES/merge.cpf" && "$(<"$FILES/merge.cpf")" == *$'\nConfigMirror:'* ]] || refuse "$FILES/merge.cpf must have the action ConfigMirror"
  first="${members[0]}" other="${members[0]}"
  [[ "$HOSTNAME" != "$first" ]] || other="${members[1]}"
}

# usage: answers HOST PORT
answers() { timeout 2 bash -c "</dev/tcp/$1/$2" 2>/dev/null; }

# A new member joins a primary that runs (Configuration Merge, "Deploy the Mirror Using Separate Merge Files"), at its ISCAgent and its
# superserver. The first member makes the mirror, but not when the other one has an ISCAgent: a new one has not before it has joined, so
# there is a mirror already, and the first one's data is what was lost. A member of before finds its place by itself.
wait_for_turn() {
  [[ -n "$mirror" ]] || return 0
  cat "$FILES/merge.cpf" >"$RUN/merge.cpf"
  [[ ! -e "$MEMBERSHIP" ]] || return 0
  if [[ "$HOSTNAME" == "$first" ]]; then
    answers "$other" 2188 || return 0
    log "the mirror $mirror is there already: this member joins it"
    sed -i "s/^\(ConfigMirror:.*\)Member=primary,Primary=$first,/\1Member=backup,Primary=$other,/" "$RUN/merge.cpf"
  fi
  set_state 'In Progress' "waits for $other, the primary of the mirror $mirror"
  until answers "$other" 2188 && answers "$other" 1972; do pause 1; done
}

# Again what iris-main has done at the start, in case that the primary was not ready for it. `iris merge` ends with 0 when done, and
# ConfigMirror does nothing where the mirror is there (Configuration Parameter File Reference, "ConfigMirror").
join() {
  local words before
  before="$(cat "$RUN/merge.log" 2>/dev/null || true)"
  ! timeout -k 5 120 iris merge "$INSTANCE" "$RUN/merge.cpf" >"$RUN/merge.log" 2>&1 || return 0
  words="$(tail -c 300 "$RUN/merge.log")"
  [[ "$words" == "$before" ]] || log "the mirror could not be joined: ${words//$'\n'/ }" >&2
}

note_membership() { [[ -z "$mirror" || -e "$MEMBERSHIP" ]] || echo "$mirror" >"$MEMBERSHIP"; }

# A primary that was forced down stays down until a person starts it (High Availability Guide, "Automatic Failover When the Backup is
# Active"); iris-main goes on without it. Asked only when the monitor is silent.
is_down() { [[ -n "${mirror:-}" && "$(iris qlist "$INSTANCE" 2>/dev/null | cut -d^ -f4)" != running* ]]; }

# A switch-over stops the instance and starts it again, and has the lock for so long.
is_stepping_down() {
  local turn
  exec {turn}>>"$RUN/step-down.lock"
  if flock -n "$turn"; then
    exec {turn}>&-
    return 1
  fi
  exec {turn}>&-
}
