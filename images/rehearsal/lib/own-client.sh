# The data server's own client: reads the database on the way that a client goes, through HAProxy, TLS and GT.CM. What stands still on that
# way is seen, and replaced. Counted in beats of the job, one a second, so that a pause of the container is no silence. Sourced by data-server.sh.
# shellcheck shell=bash disable=SC2034,SC2154 # sourced: its variables are shared with ecp-entrypoint and config.env

unanswered=0 served=
prepare_client() {
  gtmgbldir=$RUN/client.gld "$gtm_dist/mumps" -run GDE >"$RUN/gde.log" 2>&1 <<<"change -segment DEFAULT -file=1:$data
change -region DEFAULT -dynamic=DEFAULT -record_size=32767 -key_size=700
exit"
}

start_client() {
  gtmgbldir=$RUN/client.gld GTCM_1='[127.0.0.1]:2981' ECP_TOUCH='^%ecp' ECP_WORD='client ' \
    start_part client "$gtm_dist/mumps" -run ecpjob </dev/null >&3 2>/dev/null
}

# A new connection goes through the present HAProxy with the present certificate, and frees a client that waits forever.
renew_client() {
  kill -9 "${parts[client]}" 2>/dev/null || true
  wait "${parts[client]}" 2>/dev/null || true
  start_client
}

on_client() { # usage: on_client EVENT
  case $1 in
    beat) unanswered=0 served=1 ;;
    renew) renew_client ;;
  esac
}

# Sets `unserved` to why clients get no answer, or to nothing.
look_at_client() {
  unserved=
  ((++unanswered > 4)) || return 0
  unserved='the listener does not answer clients (GT.CM)'
  if ((haproxy_silence > 0)); then
    unanswered=6 # HAProxy is replaced first
    unserved='HAProxy does not answer'
  fi
  ((unanswered % 4 != 1)) || renew_client
  ((unanswered < 16)) || die 'GT.CM has not answered for 15 s: the database must be reopened'
}
