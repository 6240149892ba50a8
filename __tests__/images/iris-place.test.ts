import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const lib = join(__dirname, '..', '..', 'images', 'iris', 'lib');

test.each([{}, { MapGlobals: { SALES: [{ Name: 'demo.*', Database: 'myappdata' }] } }])(
  'an application server that maps nothing into USER refuses a reference in words: %j',
  config => {
    const folder = mkdtempSync(join(tmpdir(), 'ecp-place-'));
    try {
      writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
      const script = `set -Eeuo pipefail; FILES=$1 ECP_ROLE=app-server; . "$2/reference.sh"; . "$2/requests.sh"
        read_place; parse '^demo.x' || printf '%s %s' "$code" "$err"`;
      expect(execFileSync('bash', ['-c', script, '-', folder, lib], { encoding: 'utf8' })).toMatch(/^2 <UNMAPPED> /);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
