# Turns what the monitor writes into the server's state. The monitor is a process of IRIS that may be held up by a data server that does
# not answer; this loop is its outside deadline. Sourced by ecp-entrypoint.
# shellcheck shell=bash disable=SC2154

readonly SILENCE_SEC=4

start_monitor() {
  iris session "$INSTANCE" -U %SYS <<<"do ##class(EcpCluster.Monitor).Watch(\"$ECP_ROLE\"${mirror:+,\"$mirror\"})"$'\nhalt' \
    >"$RUN/monitor.log" 2>&1 3>&- 4>&- &
  monitor=$!
}

start_channel() {
  serve_channel 3>&- 4>&- &
  channel=$!
}

# What `status` reports about the files in use: lines KEY=VALUE, one `authority=END SUBJECT` for each trusted certificate. A fault of new files
# shows as the state's reason.
read_certificate() {
  local file
  for file in cert key ca; do
    [[ -e "$RUN/certificate" && ! "$FILES/pki/$file.pem" -nt "$RUN/certificate" ]] || break
    [[ "$file" != ca ]] || return 0
  done
  fault="$(file_fault)"
  [[ -z "$fault" ]] || { log "error: the delivered files are not usable: $fault" >&2 && touch "$RUN/certificate" && return; }
  {
    openssl x509 -noout -subject -issuer -startdate -enddate -serial -nameopt RFC2253 -in "$FILES/pki/cert.pem" | iso_dates &&
      list_authorities
  } >"$RUN/certificate.new" || { log 'error: the certificate cannot be described' >&2 && touch "$RUN/certificate" && return; }
  mv "$RUN/certificate.new" "$RUN/certificate"
}

# openssl's own dates ("Nov 27 10:00:00 2026 GMT") as 2026-11-27 10:00:00Z. Not by -dateopt: 1.1.1 does not know it, and 3.0.2 refuses
# iso_8601, and these are what images made of Ubuntu 20.04 and 22.04 have.
iso_dates() {
  local line
  while IFS= read -r line; do
    [[ "$line" != not*=* ]] || line="${line%%=*}=$(date -u -d "${line#*=}" '+%F %TZ')" || return
    printf '%s\n' "$line"
  done
}

list_authorities() {
  local pem line
  while IFS= read -r -d '' pem; do
    [[ "$pem" == -----BEGIN* ]] || continue
    line="$(openssl x509 -noout -subject -enddate -nameopt RFC2253 <<<"$pem" | iso_dates)" || continue
    printf 'authority=%s %s\n' "${line##*notAfter=}" "$(sed -n 's/^subject=//p' <<<"$line")"
  done < <(sed 's/^-----BEGIN /\x00&/; $s/$/\x00/' "$FILES/pki/ca.pem")
}

# A file of the monitor is whole when its last line is `end`; its lines are KEY=VALUE, the first is `beat`.
read_monitor() {
  local -a lines=()
  local key value seen=''
  [[ -r "$RUN/monitor" ]] && mapfile -t lines <"$RUN/monitor"
  if ((${#lines[@]} > 2)) && [[ "${lines[-1]}" == end ]]; then
    for line in "${lines[@]}"; do
      IFS='=' read -r key value <<<"$line"
      case "$key" in
        beat) [[ "$value" == "$beat" ]] || { beat="$value" && beat_at=$SECONDS; } ;;
        state) seen="$value" ;;
        reason) seen_reason="$value" ;;
        license) [[ "$value" == "$license" ]] || { license="$value" && log "$license"; } ;;
      esac
    done
  fi
  if ((SECONDS - beat_at > SILENCE_SEC)) && is_down; then
    if is_stepping_down; then set_state 'In Progress' 'hands over to the other member' && return; fi
    set_state Failed "InterSystems IRIS is down, the other member may have forced it (messages.log): it stays so until somebody starts this container again"
  elif ((SECONDS - beat_at > SILENCE_SEC)); then
    [[ "$beat" == 0 ]] || set_state Trouble "$(peers)no answer within $SILENCE_SEC s"
  elif [[ -n "$seen" ]]; then
    set_state "$seen" "${seen_reason:-$fault}"
  fi
}

# usage: peers -> the data servers, each with a colon and a space
peers() { cut -f3 "$RUN/databases" | awk 'NF && !seen[$0]++ {printf "%s%s", sep, $0; sep = ", "} END {if (sep) printf ": "}'; }

watch() {
  local beat=0 beat_at=$SECONDS fault='' seen_reason='' license=''
  start_monitor
  ! has_backup || start_channel
  while true; do
    read_certificate
    read_monitor
    kill -0 "$iris" 2>/dev/null || die 'iris-main has ended'
    kill -0 "$monitor" 2>/dev/null || start_monitor
    [[ -z "${channel:-}" ]] || kill -0 "$channel" 2>/dev/null || start_channel
    pause 1
  done
}
