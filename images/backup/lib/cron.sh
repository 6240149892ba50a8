# A schedule in the five fields of cron, in UTC. Sourced by ecp-backup-entrypoint.
# shellcheck shell=bash

# usage: field_has FIELD VALUE FIRST LAST; `*`, numbers, ranges, lists, and steps. The construct has checked the words.
field_has() {
  local part from to step
  local -a parts
  IFS=, read -ra parts <<<"$1"
  for part in "${parts[@]}"; do
    [[ $part =~ ^(\*|[0-9]{1,2}(-[0-9]{1,2})?)(/[0-9]{1,2})?$ ]] || continue
    step=1 from=$3 to=$4
    [[ $part != */* ]] || { step=${part##*/} && part=${part%/*}; }
    if [[ $part == *-* ]]; then from=${part%-*} to=${part#*-}; elif [[ $part != '*' ]]; then from=$part && ((step > 1)) || to=$part; fi
    ((10#$2 >= 10#$from && 10#$2 <= 10#$to && (10#$2 - 10#$from) % 10#$step == 0)) && return 0
  done
  return 1
}

# usage: is_due SCHEDULE SECONDS SINCE 1970; as in cron, of day and weekday one is enough when both are given
is_due() {
  local minute hour day month weekday now
  read -r minute hour day month weekday <<<"$1"
  printf -v now '%(%M %H %d %m %w)T' "$2"
  local -a at
  read -ra at <<<"$now"
  field_has "$minute" "${at[0]}" 0 59 && field_has "$hour" "${at[1]}" 0 23 && field_has "$month" "${at[3]}" 1 12 || return 1
  if [[ $day != '*' && $weekday != '*' ]]; then
    field_has "$day" "${at[2]}" 1 31 || field_has "$weekday" "${at[4]}" 0 6
  else
    field_has "$day" "${at[2]}" 1 31 && field_has "$weekday" "${at[4]}" 0 6
  fi
}
