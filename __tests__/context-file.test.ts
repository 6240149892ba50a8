import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireContextCounts, writeContext } from '../app/context-file';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ecp-context-'));
  file = join(folder, 'cdktf.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a value is written where it was, and the rest of the file stays as it is', () => {
  const text =
    '{\n    "app": "x",\n    "context": {\n        "cluster": "ecp",\n        "appServers": 2,\n        "subnet": "10.1.0.0/24"\n    }\n}\n';
  writeFileSync(file, text);
  expect(writeContext('appServers', 3, file)).toBe(true);
  expect(readFileSync(file, 'utf8')).toBe(text.replace('2,', '3,'));
  expect(writeContext('appServers', 3, file)).toBe(false);
  expect(readdirSync(folder)).toEqual(['cdktf.json']);
});

test('a file without a context gets one', () => {
  writeFileSync(file, '{"app":"x"}');
  writeContext('appServers', 3, file);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ app: 'x', context: { appServers: 3 } });
});

test.each([
  [
    { ECP_APP_SERVERS: '4' },
    `'ECP_APP_SERVERS' must be unset for a value that lasts, since it overrides 'appServers' in cdktf.json, got '4'; unset it, or change it there`,
  ],
  [
    { CDKTF_CONTEXT_JSON: '{}' },
    `'CDKTF_CONTEXT_JSON' must be unset for a value that lasts, since it overrides 'appServers' in cdktf.json, got '{}'; unset it, or change it there`,
  ],
])('%j wins over the file, so it is refused', (environment, sentence) => {
  writeFileSync(file, '{}');
  expect(() => requireContextCounts('appServers', { cluster: 'ecp' }, environment, file)).toThrow(sentence);
});

test("another cluster's file is refused, and the own one is taken, also where it names none", () => {
  writeFileSync(file, '{"context":{"cluster":"demo"}}');
  expect(() => requireContextCounts('appServers', { cluster: 'ecp' }, {}, file)).toThrow(
    `'cluster' in cdktf.json must be 'ecp' for a value that lasts, got 'demo', which would get the value too; correct it there, or use ECP_APP_SERVERS for 'ecp'`,
  );
  requireContextCounts('appServers', { cluster: 'demo' }, { ECP_APP_SERVERS: '' }, file);
  writeFileSync(file, '{}');
  requireContextCounts('appServers', { cluster: 'ecp' }, {}, file);
});
