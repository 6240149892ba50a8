# freeze, thaw and backup-info: the databases rest while a backup reads their files; what is written meanwhile is in the journals and in memory.
# `iris freeze` and `iris thaw` are wrappers with a plain exit code; Backup.General.ExternalFreeze, called as a program, would end with 5 for done
# and 3 for failed. Unproven: docs/iris.md. Sourced by ecp-node.
# shellcheck shell=bash disable=SC2154
# shellcheck source=journals.sh
. /opt/ecp/lib/journals.sh
# usage: put NAME <TEXT; a file of the shared volume, replaced by a rename. A link that somebody left there is not followed.
put() {
  rm -rf "${BACKUP:?}/$1.new"
  (set -C && cat >"$BACKUP/$1.new") && mv -T "$BACKUP/$1.new" "$BACKUP/$1"
}
readonly BACKUP=/backup FROZEN=/backup/frozen.json
# Past it all processes stop (InterSystems, Data Integrity Guide, "External Backup", ExternalFreezeTimeOut).
readonly MOST_FROZEN_SEC=600

require_backup() { # usage: require_backup ID
  [[ "${ECP_ROLE:-}" == data-server ]] || complain 2 'ecp-node: only a data server is backed up'
  [[ -d "$BACKUP" && ! -L "$BACKUP" && -w "$BACKUP" ]] || complain 2 "ecp-node: no backup was set up for this server: $BACKUP is not there"
  [[ "$1" =~ ^[0-9]{8}T[0-9]{6}Z$ ]] || complain 2 "ecp-node: a backup is called after its time, such as 20260131T120000Z, got '${1:0:40}'"
  exec {turn}>>"$RUN/freeze.lock"
  flock -w 5 "$turn" || complain 1 'ecp-node: another command of a backup is at work'
}

frozen() { jq -r --arg key "$1" '.[$key] // "" | tostring' "$FROZEN" 2>/dev/null || true; } # usage: frozen KEY

freeze() { # usage: freeze ID SECONDS
  require_backup "$1"
  if [[ ! "$2" =~ ^[0-9]{1,4}$ ]] || ((10#$2 > MOST_FROZEN_SEC)); then complain 2 "ecp-node: InterSystems IRIS can be frozen for at most $MOST_FROZEN_SEC s, got '${2:0:20}'"; fi
  read_state
  [[ "$state" == *'"state":"Normal"'* ]] || complain 3 'ecp-node: this server is not Normal'
  [[ ! -e "$FROZEN" ]] || complain 1 "ecp-node: the backup $(frozen id) has not ended yet"
  rm -f "$BACKUP/void"
  local line=''
  line="$(timeline 2>/dev/null)" || true
  prepare "$1"
  # Before the freeze: whatever ends this command, the deadline thaws.
  jq -n --arg id "$1" --arg now "$EPOCHSECONDS" --arg deadline "$((EPOCHSECONDS + 10#$2))" --rawfile databases "$RUN/databases" '
    {id: $id, engine: "iris", state: "frozen", began: ($now | tonumber | todate), at: ($now | tonumber | todate), deadline: ($deadline | tonumber | todate),
     databases: ($databases | split("\n") | map(select(. != "") | split("\t")[1])), timeline: "", previous: "", bytes: 0}' | put frozen.json
  if ! timeout -k 5 60 iris freeze "$INSTANCE" >"$RUN/freeze.log" 2>&1; then
    timeout -k 5 60 iris thaw "$INSTANCE" >/dev/null 2>&1 || true
    rm -f "$FROZEN"
    complain 1 "ecp-node: InterSystems IRIS could not be frozen: $(tail -c 300 "$RUN/freeze.log" | tr -s '\n' ' ')"
  fi
  rm -rf "$BACKUP/staging"
  mkdir -m 0700 "$BACKUP/staging"
  # The freeze has begun a new journal.
  jq --arg timeline "$line" --arg previous "$(previous "$line")" --arg rollback "$(prepared rollback)" --arg marked "$(prepared marked)" \
    --arg directories "$(prepared journals)" --arg journal "$(journals | tail -n 1)" '
    def lines: split("\n") | map(select(. != ""));
    . + {timeline: $timeline, previous: $previous, rollback: $rollback, journal: $journal, marked: ($marked | lines),
      journalDirectories: ($directories | lines | map(sub("/*$"; "")) | unique)}' "$FROZEN" >"$RUN/frozen.new"
  put frozen.json <"$RUN/frozen.new"
  jq 'del(.state, .deadline)' "$FROZEN" | tee "$BACKUP/staging/manifest.json"
}

thaw() { # usage: thaw ID [kept]
  require_backup "$1"
  [[ ! -e "$BACKUP/void" || "$(head -c 16 "$BACKUP/void" | tr -d '\0')" != "$1" ]] || complain 1 "ecp-node: the backup $1 is void: its deadline has passed or the server was started again"
  [[ -f "$FROZEN" && ! -L "$FROZEN" && "$(frozen id)" == "$1" ]] || complain 1 "ecp-node: there is no backup $1 to end"
  rm -rf "$BACKUP/staging"
  # A thaw that fails says that the system went on before: what was read then is no backup.
  if ! timeout -k 5 60 iris thaw "$INSTANCE" >"$RUN/freeze.log" 2>&1; then
    put void <<<"$1"
    rm -f "$FROZEN"
    complain 1 "ecp-node: the backup $1 is void: $(tail -c 300 "$RUN/freeze.log" | tr -s '\n' ' ')"
  fi
  if [[ "${2:-}" == kept && -n "$(frozen timeline)" ]]; then
    local journal
    journal="$(frozen journal)"
    put kept <<<"$1 $(frozen timeline) ${journal##*/}"
  fi
  jq -c '.state = "thawed"' "$FROZEN"
  rm -f "$FROZEN"
}

# One that ends between the look and the read is no longer taken.
backup_info() {
  [[ -d "$BACKUP" && ! -L "$BACKUP" ]] || complain 2 "ecp-node: no backup was set up for this server: $BACKUP is not there"
  if [[ -f "$FROZEN" && ! -L "$FROZEN" ]] && jq -c . "$FROZEN" 2>/dev/null; then return 0; fi
  if [[ -e "$BACKUP/void" ]]; then jq -Rc '{id: .[0:16], engine: "iris", state: "void"}' "$BACKUP/void"; else echo '{"engine":"iris","state":"none"}'; fi
}
