import { SUPERSERVER_PORT } from '../../contract/contract';
import { ENTRY_POINT_WEB_PORT } from '../../contract/entry-point';
import type { EcpWebHealth } from '../ecp-image';
import type { EcpHaproxyLines } from '../ecp-entry-point';

/** An application server as an entry point reaches it. */
export interface HaproxyServer {
  readonly name: string;
  /** Host of the server itself, for clients of its superserver. */
  readonly host: string;
  /** Host of its web pages: the server itself, or its web gateway. */
  readonly webHost: string;
  /** Port there that requests go to. */
  readonly webPort: number;
  /** Port there at which it is asked whether it is Normal. */
  readonly healthPort: number;
}

/** What an entry point does. */
export interface HaproxySettings {
  readonly webHealth: EcpWebHealth;
  /** Parameters of `cookie`. */
  readonly cookie?: string;
  /** Whether clients of the superserver come this way too. */
  readonly hasSuperserver: boolean;
  readonly lines: EcpHaproxyLines;
}

/**
 * What HAProxy 2.6 reads. Each server is asked by `web` whether it is Normal, and one that refuses a connection is asked again before its next
 * request; `superserver` follows, so that one command takes a server out of both. Names are resolved again each second; the last address stays
 * while a server is away, since one that has none would come back as healthy.
 */
export function haproxyConfig(servers: readonly HaproxyServer[], settings: HaproxySettings): string {
  const { hasSuperserver, lines } = settings;
  return [
    section('global', [
      'maxconn 1000',
      'nbthread 1',
      'stats socket ipv4@127.0.0.1:9999 level admin',
      'server-state-file /run/ecp/servers',
      // Metrics of InterSystems IRIS are longer than the usual 16 kB, and a check sees one buffer of them.
      'tune.bufsize 32768',
      ...(lines.global ?? []),
    ]),
    section('defaults', [
      'load-server-state-from-file global',
      'timeout connect 1s',
      'timeout check 2s',
      'timeout client 60s',
      'timeout server 60s',
      'timeout http-request 10s',
      'timeout queue 5s',
      'timeout tunnel 24d',
      'retries 3',
      'option redispatch 1',
      // A client that is about to send its next request would find its connection closed when another worker takes over.
      'option idle-close-on-response',
      'default-server init-addr last,libc,none resolvers docker resolve-prefer ipv4',
      ...(lines.defaults ?? []),
    ]),
    section('resolvers docker', [
      'nameserver docker 127.0.0.11:53',
      'timeout resolve 1s',
      'timeout retry 1s',
      'hold valid 1s',
      ...['obsolete', 'nx', 'other', 'refused', 'timeout'].map(answer => `hold ${answer} 1d`),
    ]),
    webSection(servers, settings),
    ...(hasSuperserver ? [superserverSection(servers, settings)] : []),
  ].join('\n');
}

function webSection(servers: readonly HaproxyServer[], { webHealth, cookie, lines }: HaproxySettings): string {
  return section('listen web', [
    'mode http',
    `bind :${ENTRY_POINT_WEB_PORT}`,
    'balance roundrobin',
    'option forwardfor',
    // A request that may be sent twice goes to another server when one ends without an answer.
    'retry-on conn-failure empty-response',
    'http-request disable-l7-retry unless METH_GET',
    ...(cookie === undefined ? [] : [`cookie ${cookie}`]),
    'option httpchk',
    `http-check send meth GET uri-lf ${quoted(webHealth.path)} ver HTTP/1.1 hdr host localhost`,
    `http-check expect rstring ${quoted(webHealth.normal)}`,
    'default-server inter 1s fastinter 500ms downinter 500ms fall 1 rise 1 observe layer4 error-limit 1 on-error mark-down',
    ...(lines.web ?? []),
    ...servers.map(({ name, webHost, webPort, healthPort }) => {
      const stays = cookie === undefined ? '' : ` cookie ${name}`;
      return `server ${name} ${webHost}:${webPort} check port ${healthPort}${stays}`;
    }),
  ]);
}

function superserverSection(servers: readonly HaproxyServer[], { lines }: HaproxySettings): string {
  return section('listen superserver', [
    'mode tcp',
    `bind :${SUPERSERVER_PORT}`,
    'balance leastconn',
    'option clitcpka',
    'option srvtcpka',
    ...(lines.superserver ?? []),
    ...servers.map(({ name, host }) => `server ${name} ${host}:${SUPERSERVER_PORT} track web/${name}`),
  ]);
}

function section(title: string, lines: readonly string[]): string {
  return `${[title, ...lines.map(line => `    ${line}`)].join('\n')}\n`;
}

/** As HAProxy takes a word with anything in it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
