# Whether a certificate is for a host: its subject alternative names decide, never its common name (RFC 9525). Sourced by app-server.sh.
# shellcheck shell=bash

# usage: names_pattern HOST -> a regular expression for the hexadecimal DER of a certificate that has HOST, or a wildcard for it, among its names
names_pattern() {
  local name pattern=''
  for name in "$1" "*.${1#*.}"; do
    [[ $name == "$1" || $1 == *.* ]] || continue
    pattern+="${pattern:+|}$(name_pattern "$name")"
  done
  printf '%s\n' "$pattern"
}

# usage: name_pattern NAME -> context tag 2 (dNSName), length, the letters in either case
name_pattern() {
  local LC_ALL=C i letter code
  printf '82%02X' "${#1}"
  for ((i = 0; i < ${#1}; i++)); do
    letter=${1:i:1}
    printf -v code '%02X' "'$letter"
    case $letter in
      [A-Oa-o]) code="[46]${code:1}" ;;
      [P-Zp-z]) code="[57]${code:1}" ;;
    esac
    printf %s "$code"
  done
}

# usage: is_certificate_for HOST <CERTIFICATE. Without any alternative name openssl falls back to the common name as well.
is_certificate_for() {
  local pem
  pem=$(cat)
  [[ $(openssl x509 -noout -ext subjectAltName <<<"$pem" 2>/dev/null) == *DNS:* ]] &&
    [[ $(openssl x509 -noout -checkhost "$1" <<<"$pem") == *'does match'* ]]
}
