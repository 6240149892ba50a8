import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const watch = join(__dirname, '..', '..', 'images', 'iris', 'lib', 'watch.sh');

/** What an openssl that does not take `-dateopt iso_8601` says to it: 3.0.2 of Ubuntu 22.04, 1.1.1 of Ubuntu 20.04. */
const REFUSALS = ['Invalid date format: iso_8601', 'x509: Unrecognized flag dateopt'];

test.each(REFUSALS)('reads the certificate with an openssl that says "%s"', refusal => {
  const folder = mkdtempSync(join(tmpdir(), 'ecp-dates-'));
  try {
    const pki = join(folder, 'files', 'pki');
    for (const path of [pki, join(folder, 'bin'), join(folder, 'run')]) mkdirSync(path, { recursive: true });
    const openssl = execFileSync('sh', ['-c', 'command -v openssl'], { encoding: 'utf8' }).trim();
    execFileSync(
      openssl,
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-subj',
        '/CN=one',
        '-days',
        '1',
        '-keyout',
        join(pki, 'key.pem'),
        '-out',
        join(pki, 'cert.pem'),
      ],
      { stdio: 'ignore' },
    );
    writeFileSync(join(pki, 'ca.pem'), readFileSync(join(pki, 'cert.pem')));
    const fake = join(folder, 'bin', 'openssl');
    writeFileSync(
      fake,
      `#!/bin/sh\ncase "$*" in *-dateopt*) echo '${refusal}' >&2; exit 1 ;; esac\nexec ${openssl} "$@"\n`,
    );
    chmodSync(fake, 0o755);
    const script = `set -Eeuo pipefail; RUN=$1/run FILES=$1/files fault=''; log() { echo "$*"; }; file_fault() { :; }
      . "$2"; read_certificate; cat "$RUN/certificate"`;
    const env = { ...process.env, PATH: `${join(folder, 'bin')}:${process.env.PATH}` };
    const text = execFileSync('bash', ['-c', script, '-', folder, watch], { encoding: 'utf8', env });
    const date = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ`;
    expect(text).toMatch(new RegExp(`^notBefore=${date}$`, 'm'));
    expect(text).toMatch(new RegExp(`^notAfter=${date}$`, 'm'));
    expect(text).toMatch(new RegExp(`^authority=${date} CN=one$`, 'm'));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
