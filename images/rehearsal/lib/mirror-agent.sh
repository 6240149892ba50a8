# A stand-in for the agent: the first member is the primary, the second the backup, and a word in /run/ecp/mirror/word is done. Sourced by data-server.sh.
# shellcheck shell=bash disable=SC2154
start_agent() { start_part agent mirror_agent; }
mirror_agent() {
  local word
  trap 'exit 0' TERM
  mirror_publish "name=$HOSTNAME"
  [[ -p $RUN/mirror/words ]] || mkfifo "$RUN/mirror/words"
  exec {words}<>"$RUN/mirror/words"
  if [[ -e /durable/.role ]]; then word=$(</durable/.role); elif [[ $ECP_MIRROR_MEMBERS == "$HOSTNAME "* ]]; then word=primary; else word=backup; fi
  if [[ $word == primary ]]; then
    { mirror_promote new && mirror_sync_mode alone 1 && mirror_open_door; } || true
  else
    until mirror_follow; do :; done
    while [[ $(<"$RUN/mirror/role") != backup ]]; do mirror_idle 0.1; done
    mirror_confirming 1 || true
  fi
  while read -r -u "$words" word; do
    log "agent: $word ${EPOCHREALTIME}"
    eval "$word" && log "agent: $word done ${EPOCHREALTIME}" || log "agent: $word failed $?"
  done
}
