# Shared by ecp-entry-point and ecp-entry. What a worker of HAProxy is asked goes through its runtime API; the master knows the earlier
# workers, which end with their last session.
# shellcheck shell=bash disable=SC2034
export TZ=UTC HOME=/run/ecp LC_ALL=C
umask 077
readonly RUN=/run/ecp FILES=/ecp/files WORKER=9999 MASTER=9998

log() { printf 'ecp-entry: %s\n' "$*"; }

complain() { echo "ecp-entry: $2" >&2; exit "$1"; }

# usage: ask PORT COMMAND -> HAProxy's answer within 2 s, up to the empty line at its end: the master leaves the connection open
ask() {
  # shellcheck disable=SC2016 # for the other shell: even a connection may wait
  timeout 2 bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1" && printf "%s\n" "$2" >&3 && sed "/^$/q" <&3' ask "$1" "$2" 2>/dev/null
}

# usage: faults FILE; 1 when HAProxy does not take the configuration, with its words on one line
faults() {
  local words
  if words=$(haproxy -c -f "$1" 2>&1); then return 0; fi
  sed -n 's/^\[ALERT\][^:]*: config : //p' <<<"$words" | tr -s '\n\t' ' ' | cut -c1-600
  return 1
}

# usage: rows; of each server of each backend a line NAME BACKEND STATUS SESSIONS REASON
rows() {
  ask "$WORKER" 'show stat -1 4 -1' | awk -F, '
    /^# / { sub(/^# /, ""); for (i = 1; i <= NF; i++) at[$i] = i; next }
    NF { printf "%s\t%s\t%s\t%s\t%s %s\n", $at["svname"], $at["pxname"], $at["status"], $at["scur"], $at["check_status"], $at["last_chk"] }'
}

# usage: state_of STATUS -> the word for HAProxy's own
state_of() {
  case $1 in
    UP*) echo serving ;;
    DRAIN*) echo draining ;;
    'MAINT (resolution)') echo down ;;
    MAINT*) echo drained ;;
    *) echo down ;;
  esac
}

# usage: sessions NAME -> how many the server has, those of earlier workers included
sessions() {
  local pid sum
  sum=$(rows | awk -F'\t' -v name="$1" '$1 == name { sum += $4 } END { print sum + 0 }')
  while read -r pid; do
    sum=$((sum + $(ask "$MASTER" "@!$pid show stat -1 4 -1" | awk -F, -v name="$1" \
      '/^# / { sub(/^# /, ""); for (i = 1; i <= NF; i++) at[$i] = i; next } $at["svname"] == name { sum += $at["scur"] } END { print sum + 0 }')))
  done < <(ask "$MASTER" 'show proc' | awk '/^# old workers/ { old = 1; next } /^#/ { old = 0 } old && $2 == "worker" { print $1 }')
  echo "$sum"
}
