# A mirror that is taken off. Sourced by database.sh.
# shellcheck shell=bash disable=SC2154 # sourced: its variables are shared with ecp-entrypoint and config.env

# A database that was a mirror's: its primary goes on as a single server. The backup may lack what the primary acknowledged alone.
leave_mirror() {
  local role='' given=''
  [[ -e ${ECP_DIRECTORY}GTM.REPL ]] || return 0
  { read -r role <"${ECP_DIRECTORY}mirror-role"; } 2>/dev/null || true
  { read -r given </durable/.ecp-mirror; } 2>/dev/null || true
  [[ $role == primary && $given != *'yielded=1'* && $given != *'role=backup'* ]] ||
    refuse "/durable was a backup's in a mirror: switch over to this member before the mirror is taken off"
  log 'leaves the mirror'
  if [[ -e $seal && ! -e $opening ]]; then
    has_hash "$data" "$seal" || refuse "$data is damaged: it has changed since its clean stop; $WAY_OUT"
  elif [[ ! -e $opening ]]; then
    export gtm_repl_instance=${ECP_DIRECTORY}GTM.REPL
    mupip_step 'recovering from the journal' journal -rollback -backward '*'
    unset gtm_repl_instance
  fi
  note_opening
  mupip_step 'ending replication' set -replication=off -region DEFAULT
  rm -f "${ECP_DIRECTORY}GTM.REPL"* "${ECP_DIRECTORY}mirror-role" /durable/.ecp-mirror
}
