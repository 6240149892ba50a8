import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './docker';
import type { Identity } from './pki';

const HOUR_MS = 3_600_000;

/** As ASN.1 writes a moment. */
const asn1Time = (ms: number): string => new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '');

/** A server's certificate of three hours, of which half an hour is left, from an authority. */
export async function certificateInLastThird(name: string, authority: Identity): Promise<Identity> {
  const folder = mkdtempSync(join(tmpdir(), 'ecp-aged-'));
  const write = (file: string, text: string): void => writeFileSync(join(folder, file), text, { mode: 0o600 });
  try {
    write('ca.pem', authority.cert);
    write('ca.key', authority.key);
    write('index.txt', '');
    write('serial', '0aed\n');
    write(
      'ca.cnf',
      `[ca]\ndefault_ca=own\n[own]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=any\nx509_extensions=leaf\n` +
        `[any]\ncommonName=supplied\n[leaf]\nsubjectAltName=DNS:${name}\nextendedKeyUsage=serverAuth,clientAuth\n`,
    );
    const openssl = (...args: string[]): Promise<unknown> =>
      run('sh', ['-c', 'cd "$0" && exec openssl "$@"', folder, ...args]);
    await openssl(...['req', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'key', '-out', 'csr', '-subj', `/CN=${name}`]);
    const [from, to] = [Date.now() - 2.5 * HOUR_MS, Date.now() + HOUR_MS / 2].map(asn1Time);
    await openssl(
      ...['ca', '-batch', '-notext', '-config', 'ca.cnf', '-cert', 'ca.pem', '-keyfile', 'ca.key'],
      ...['-in', 'csr', '-out', 'cert', '-startdate', from!, '-enddate', to!],
    );
    const read = (file: string): string => readFileSync(join(folder, file), 'utf8').trim();
    return { cert: read('cert'), key: read('key') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
