import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { run } from '../cli/process';

const ROOT = resolve(__dirname, '..');
const DOCUMENTS = join(ROOT, 'docs', 'api');
const TYPEDOC = join(ROOT, 'node_modules', 'typedoc', 'bin', 'typedoc');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ecp-api-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// typedoc.json makes an error of what has no docstring, of a type that is used and not exported, and of a link that leads nowhere.
test('docs/api is what typedoc makes of the docstrings, and nothing that is exported lacks one', async () => {
  // WHEN
  const { code, stdout, stderr } = await run(process.execPath, [TYPEDOC, '--out', folder], {
    cwd: ROOT,
    timeoutSec: 230,
  });

  // THEN
  expect({ code, says: `${stdout}${stderr}` }).toEqual({ code: 0, says: '' });
  const remedy = 'npm run docs';
  expect({ remedy, files: textsBelow(DOCUMENTS) }).toEqual({ remedy, files: textsBelow(folder) });
  expect(Object.values(textsBelow(DOCUMENTS)).join('')).not.toContain(ROOT);
}, 240_000);

function textsBelow(path: string): Record<string, string> {
  const files = readdirSync(path).sort();
  return Object.fromEntries(files.map(file => [file, readFileSync(join(path, file), 'utf8')]));
}
