import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './docker';

export interface Identity {
  readonly cert: string;
  readonly key: string;
}

export interface LeafOptions {
  /** @default `/CN=<name>` */
  readonly subject?: string;
  /** Subject alternative names; none at all with an empty list. @default - the name */
  readonly dnsNames?: readonly string[];
  /** Negative: the certificate has expired. @default 2 */
  readonly days?: number;
}

/** A certificate authority for tests. Uses `openssl` of this machine, or the image's when there is none. */
export class ThrowawayCa {
  private readonly dir = mkdtempSync(join(tmpdir(), 'ecp-pki-'));
  private serial = 1;

  private constructor(private readonly image: string) {}

  public static async create(name: string, image: string): Promise<ThrowawayCa> {
    const ca = new ThrowawayCa(image);
    await ca.openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      'ca.key',
      '-out',
      'ca.pem',
      '-subj',
      `/CN=${name}`,
      '-days',
      '2',
    );
    return ca;
  }

  public get pem(): string {
    return readFileSync(join(this.dir, 'ca.pem'), 'utf8');
  }

  /** The authority's private key. */
  public get keyPem(): string {
    return readFileSync(join(this.dir, 'ca.key'), 'utf8');
  }

  public async issue(name: string, options: LeafOptions = {}): Promise<Identity> {
    const file = `${this.serial++}`;
    const dnsNames = options.dnsNames ?? [name];
    const names = dnsNames.length > 0 ? `subjectAltName=${dnsNames.map(each => `DNS:${each}`).join(',')}\n` : '';
    writeFileSync(join(this.dir, `${file}.ext`), `${names}extendedKeyUsage=serverAuth,clientAuth\n`);
    await this.openssl(
      'req',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      `${file}.key`,
      '-out',
      `${file}.csr`,
      '-subj',
      options.subject ?? `/CN=${name}`,
    );
    await this.openssl(
      ...[
        'x509',
        '-req',
        '-in',
        `${file}.csr`,
        '-CA',
        'ca.pem',
        '-CAkey',
        'ca.key',
        '-set_serial',
        `${Date.now()}${file}`,
      ],
      ...['-days', `${options.days ?? 2}`, '-extfile', `${file}.ext`, '-out', `${file}.pem`],
    );
    const read = (suffix: string) => readFileSync(join(this.dir, `${file}.${suffix}`), 'utf8');
    return { cert: read('pem'), key: read('key') };
  }

  /** Removes the keys from this machine. */
  public remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }

  private async openssl(...args: string[]): Promise<void> {
    try {
      await run('sh', [
        '-c',
        'command -v openssl >/dev/null || exit 127; cd "$0" && exec openssl "$@"',
        this.dir,
        ...args,
      ]);
    } catch (error) {
      if (!String(error).includes(': 127')) throw error;
      const user = `${process.getuid?.() ?? 0}`;
      await run('docker', [
        'run',
        '--rm',
        '-v',
        `${this.dir}:/pki`,
        '-w',
        '/pki',
        '--user',
        user,
        '--entrypoint',
        'openssl',
        this.image,
        ...args,
      ]);
    }
  }
}
