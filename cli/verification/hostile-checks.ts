import { SUPERSERVER_PORT } from '../../contract/contract';
import { shellIn } from '../access/container';
import type { Server } from '../access/servers';
import { NotRun, type Check } from './check';
import { OWN_AUTHORITIES, OWN_CERTIFICATE } from './openssl-options';

/** A client that the data server must not take, as arguments of openssl's s_client; or one that it must, to prove the trial. */
interface Client {
  readonly name: string;
  /** Commands of bash that run first, in a scratch folder. */
  readonly prepare?: string;
  readonly arguments: string;
}

const OWN = OWN_CERTIFICATE;

const CONTROL: Client = { name: "an application server's own certificate is taken", arguments: OWN };

const HOSTILE: readonly Client[] = [
  { name: 'a client without a certificate is refused', arguments: '' },
  {
    name: 'a certificate with an admitted name from another authority is refused',
    prepare: `openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=app-server-1 -keyout key.pem -out cert.pem`,
    arguments: '-cert cert.pem -key key.pem',
  },
  { name: 'TLS 1.1 is refused', arguments: `${OWN} -tls1_1 -cipher ALL:@SECLEVEL=0` },
];

/** How long a connection must stay open to count as taken. A refusal closes it at once. */
const OPEN_SEC = 3;

/** Clients that must not get in, tried from the first application server, each beside a control that must. */
export function hostileChecks(servers: readonly Server[]): Check[] {
  const from = servers.find(({ role }) => role === 'app-server');
  if (!from) return [];
  return [
    { name: CONTROL.name, run: () => expectOpen(from, CONTROL, true) },
    ...HOSTILE.map(client => ({ name: client.name, run: () => expectOpen(from, client, false) })),
    { name: 'plain text is refused', run: () => expectPlainTextRefused(from) },
  ];
}

async function expectOpen(from: Server, client: Client, open: boolean): Promise<string> {
  const script = `set -e; command -v openssl >/dev/null || exit 42
    scratch=$(mktemp -d); trap 'rm -rf "$scratch"' EXIT; cd "$scratch"; { ${client.prepare ?? ':'}; } 2>/dev/null
    timeout ${OPEN_SEC} openssl s_client -quiet -connect data-server:${SUPERSERVER_PORT} -servername data-server \\
      ${OWN_AUTHORITIES} ${client.arguments} < <(sleep ${OPEN_SEC + 1}) 2>&1`;
  const { code, stdout } = await shellIn(from.facts, script, 30);
  if (code === 42) throw new NotRun(`${from.name} has no openssl`);
  const isOpen = code === 124;
  const words =
    /alert [\w ]+|unexpected eof[\w ]*|no protocols available|verify error:[^\n]+/i.exec(stdout)?.[0] ?? 'closed';
  if (isOpen !== open)
    throw new Error(isOpen ? `the connection stayed open for ${OPEN_SEC} s` : `it was refused: ${words}`);
  return isOpen ? `open for ${OPEN_SEC} s` : words.trim();
}

async function expectPlainTextRefused(from: Server): Promise<string> {
  const script = `exec 3<>/dev/tcp/data-server/${SUPERSERVER_PORT}; printf 'plain text\\r\\n\\r\\n' >&3
    timeout ${OPEN_SEC} cat <&3 | head -c 64 | od -An -tx1 | tr -d ' \\n'; exit "\${PIPESTATUS[0]}"`;
  const { code, stdout } = await shellIn(from.facts, script, 30);
  if (code === 124) throw new Error(`the connection stayed open for ${OPEN_SEC} s`);
  // 15 is the first byte of a TLS alert, the one thing that may be answered.
  if (stdout !== '' && !stdout.startsWith('15')) throw new Error(`it was answered with the bytes ${stdout}`);
  return stdout === '' ? 'closed without a byte' : 'a TLS alert';
}
