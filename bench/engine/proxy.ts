/** How an application server reaches the data server while it is measured. */
export interface Connection {
  readonly subject: 'mutual TLS' | 'plain';
  /** Port on the loopback of the application server's container, where GT.CM goes out. */
  readonly port: number;
  /** Socket where a `sync` goes out. */
  readonly syncSocket: string;
}

export const CONNECTIONS: readonly Connection[] = [
  { subject: 'mutual TLS', port: 2972, syncSocket: '/run/ecp/sync.sock' },
  { subject: 'plain', port: 2973, syncSocket: '/run/ecp/plain-sync.sock' },
];

const DATA_SERVER_PORT = 1973;
const SYNC_PORT = 1974;

/** As in images/rehearsal/haproxy/common.cfg, without what nobody needs here. */
const COMMON = `
global
    maxconn 1000
    nbthread 1
defaults
    mode tcp
    timeout connect 3s
    timeout client 5s
    timeout server 5s
    timeout tunnel 24d
    option clitcpka
    option srvtcpka
`;

/**
 * A second HAProxy beside the product's, in the same containers and before the same GT.CM, that does the same without TLS: what is different
 * between the two is TLS, and nothing else.
 */
export const PLAIN_PROXY = {
  'data-server': `${COMMON}
frontend ecp
    bind :${DATA_SERVER_PORT} tcp-ut 60s
    maxconn 800
    tcp-request inspect-delay 5s
    tcp-request content accept if { req.len gt 0 }
    default_backend database
frontend ecp-sync
    bind :${SYNC_PORT} tcp-ut 60s
    default_backend sync
backend database
    option tcp-smart-connect
    server gtcm 127.0.0.1:2972
backend sync
    timeout queue 5s
    timeout tunnel 15s
    server job unix@/run/ecp/sync.sock maxconn 800
`,
  'app-server': `${COMMON}
frontend database
    bind 127.0.0.1:2973
    default_backend database
frontend sync
    bind unix@/run/ecp/plain-sync.sock mode 600
    default_backend sync
backend database
    server data-server data-server:${DATA_SERVER_PORT} tcp-ut 60s
backend sync
    server data-server data-server:${SYNC_PORT} tcp-ut 60s
`,
} as const;
