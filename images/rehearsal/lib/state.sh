# What `status` and `healthcheck` report, from what the monitor writes into /run/ecp. Whatever is there, the answer is JSON. Sourced by ecp-node.
# shellcheck shell=bash disable=SC2154

# An old result counts as Trouble: the monitor that writes it must have shown life within 10 s. Needs no process.
read_state() {
  local now beat='' form='^\{"state":"[A-Za-z ]+","since":"[0-9TZ:-]*","reason":".*"\}$'
  state='{"state":"In Progress","since":"","reason":"starting"}' normal=0 stalled=
  if [[ -e $RUN/state.json ]]; then
    read -r state 2>/dev/null <"$RUN/state.json" || true
    [[ $state =~ $form ]] || state='{"state":"Trouble","since":"","reason":"state.json cannot be read"}'
  fi
  [[ ! -e $RUN/beat ]] || read -r beat 2>/dev/null <"$RUN/beat" || true
  printf -v now '%(%s)T' -1
  if [[ ! $state =~ ^.\"state\":\"(In Progress|Failed|Disabled)\" ]] && is_number "$beat" && ((now >= 10#$beat + 10)); then
    stalled=$beat
    [[ $state != *'"state":"Normal"'* ]] || state=${state/'"state":"Normal"'/'"state":"Trouble"'} state=${state/'"reason":"'/'"reason":"the monitor has not reported for 10 s'}
  fi
  [[ $state != *'"state":"Normal"'* ]] || normal=1
}

# shellcheck disable=SC1091 # written at start from config.json
ignored() { [[ -r $RUN/config.env ]] && (. "$RUN/config.env" && printf '%s' "${ECP_IGNORED:-[]}") || echo '[]'; }

peers() {
  if [[ $ECP_ROLE == arbiter ]]; then
    mirror_peers
  elif [[ $ECP_ROLE == app-server ]]; then
    [[ $state =~ \"state\":\"([^\"]*)\" ]]
    # shellcheck disable=SC1091
    (. "$RUN/config.env" 2>/dev/null && { ((ECP_SERVERS < 2)) || { cat "$RUN/peers.json" && exit; }; } &&
      printf '[{"name":"%s","state":"%s"}]' "$(json_string "$ECP_PEER")" "${BASH_REMATCH[1]}") || echo '[]'
  else
    haproxy_cli 'show table open' 2>/dev/null | sed -n 's/.* key=[^|]*|[^|]*|\(.*\) use=.* conn_cur=[1-9].*/\1/p' | sort -u | as_peers
  fi
}

# Without jq, since each start of it costs more than the rest of a status together.
as_peers() {
  local name comma=''
  printf '['
  # shellcheck disable=SC2162 # without -r, since a backslash before a character escapes it
  while IFS= read name; do
    printf '%s{"name":"%s","state":"Normal"}' "$comma" "$(json_string "${name#CN=}")"
    comma=,
  done
  printf ']\n'
}

status() {
  read_state
  jq -n --arg role "$ECP_ROLE" --arg server "$HOSTNAME" --arg state "$state" --arg peers "$(peers || true)" --arg ignored "$(ignored)" \
    --rawfile admitted <(cat "$RUN/authorized-clients" 2>/dev/null) --rawfile refused <(cat "$RUN/refused" 2>/dev/null) \
    --rawfile fenced <(cat "$RUN/fenced" 2>/dev/null) --rawfile readers <(cat "$RUN/readers" 2>/dev/null) --rawfile certificate <(cat "$RUN/certificate.json" 2>/dev/null) --arg expected "${ECP_CONFIG_SHA256:-}" --arg actual "$(config_hash)" \
    --arg mirror "$([[ -z ${ECP_MIRROR:-} ]] || mirror_status)" --rawfile backup <([[ ! -d /backup ]] || { cat /backup/last.json 2>/dev/null || echo '{}'; }) '
    def lines: split("\n") | map(select(. != ""));
    def read(is; other): . as $text | (try fromjson catch null) | if is then . else ($text | other) end;
    {engine: "rehearsal", role: $role, server: $server}
    + ($state | read(type == "object"; {state: "Trouble", since: "", reason: "state.json cannot be read"}))
    + {peers: ($peers | read(type == "array"; [])), admitted: ($admitted | lines), fenced: ($fenced | lines), readOnly: ($readers | lines),
      refused: ($refused | lines | map(read(type == "object" and (map_values(strings) | has("subject") and has("why") and has("at"));
        {subject: .[0:200], why: "this line cannot be read", at: ""}))),
      certificate: ($certificate | read(type == "object"; {subject: "", issuer: "", serial: "", notBefore: "", notAfter: "", authorities: []})),
      config: {expected: $expected, actual: $actual}, ignored: ($ignored | read(type == "array"; []))}
    + if $mirror == "" then {} else {mirror: ($mirror | read(type == "object"; {}))} end
    + if $backup == "" then {} else {backup: ($backup | read(type == "object"; {}) | with_entries(select(.key | IN("id", "at", "bytes", "duration_sec", "verified", "verifiedAt", "fault", "tried")))
      | with_entries(select(.value | type == "number" or (type == "string" and length < 500))) | with_entries(.key |= if . == "duration_sec" then "durationSec" else . end))} end'
}

# When the last probe was healthy this one waits for a change, at most 110 s: next to no work in the steady state, and bad news at once.
# When it was not, it waits up to 3 s for Normal: good news at once. The monitor rings the bell, a pipe, at each change; that it has fallen
# silent is seen by a look every 1.5 s. inotify would end at the kernel's limit for one user, 128 instances for all containers of a host. A
# healthy probe prints state and certificate, so that who reads Docker's health log need not ask.
#
# At a pause Docker calls the container unhealthy until the next probe answers, which must not wait then. So the note that a healthy probe leaves,
# when and how long the next one may wait, is for one successor that comes at once, and the first waits are short.
healthcheck() {
  local before deadline bell=$RUN/bell.$$ ring certificate='' at='' wait=0 now
  read_state
  printf -v now '%(%s)T' -1
  { read -r at wait <"$RUN/healthy"; } 2>/dev/null || true
  rm -f "$RUN/healthy"
  if ! is_number "$at" || ! is_number "$wait" || ((now > at + 1)); then wait=0; fi
  before=$normal deadline=$((SECONDS + (normal ? wait : 3)))
  if ((SECONDS < deadline)); then
    [[ -p $bell ]] || mkfifo "$bell"
    trap 'rm -f "$bell"' EXIT
    exec {ring}<>"$bell"
    while read_state && [[ -z $stalled ]] && ((normal == before && SECONDS < deadline)); do
      read -r -t 1.5 -u "$ring" _ || true
    done
  fi
  if ((normal)); then
    ((wait = wait == 0 ? 10 : wait < 36 ? wait * 3 : 110))
    printf '%(%s)T %d\n' -1 "$wait" >"$RUN/healthy"
    read -r certificate <"$RUN/certificate.json" && printf '%s,"certificate":%s}\n' "${state%\}}" "$certificate"
    exit 0
  fi
  # Whoever waits for what was asked for has it: a fenced server stays so until somebody lets it in.
  [[ $state != *'"state":"Fenced"'* ]] || { jq -r '"\(.state): \(.reason)"' <<<"$state" && exit 0; }
  [[ -z $stalled ]] || end_stalled "$ring"
  jq -r '"\(.state): \(.reason)"' <<<"$state"
  exit 1
}

# Nobody watches the monitor but the probe. When six looks, more than a second apart, have found the same old sign of life, the container
# ends and its restart policy starts it again. Looks are counted, since after a pause the first one finds an old sign too.
end_stalled() { # usage: end_stalled DESCRIPTOR that nothing comes from
  local sign='' looks=0 monitor=''
  { read -r sign looks <"$RUN/stalled"; } 2>/dev/null || true
  [[ $sign == "$stalled" ]] && is_number "$looks" || looks=0
  ((looks == 0)) || read -r -t 1.2 -u "$1" _ || true
  echo "$stalled $((++looks))" >"$RUN/stalled"
  { read -r monitor <"$RUN/monitor"; } 2>/dev/null || true
  ((looks < 6)) || ! is_number "$monitor" || kill -9 "$monitor" 2>/dev/null || true
}
