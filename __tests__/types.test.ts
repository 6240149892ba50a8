import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';

const ROOT = resolve(__dirname, '..');
const REFUSED = join(__dirname, 'types', 'refused.ts');
const DIRECTIVE = /^ *\/\/ @ts-expect-error (\d+): /;

// `tsc` reports a directive without an error. It does not know which error was meant.
test('type mistakes are refused for the stated reasons', () => {
  // GIVEN
  const lines = readFileSync(REFUSED, 'utf8').split('\n');
  const expected = lines.flatMap((line, index) => {
    const code = DIRECTIVE.exec(line)?.[1];
    return code === undefined ? [] : [{ line: index + 2, code: Number(code) }];
  });
  expect(lines.filter(line => line.includes('@ts-expect-error')).length).toBe(expected.length);

  // WHEN
  const found = errorsOf(lines.map(line => line.replace('@ts-expect-error', '')).join('\n'));

  // THEN
  expect(found).toEqual(expected);
  expect(found.length).toBeGreaterThan(25);
}, 60_000);

/** Line and number of each error in `refused.ts` with this text, under the rules of the whole project. */
function errorsOf(text: string): { line: number; code: number }[] {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), path => ts.sys.readFile(path)) as {
    config: object;
  };
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [REFUSED] }, ts.sys, ROOT);
  const host = ts.createCompilerHost(options);
  const { readFile } = host;
  host.readFile = path => (path === REFUSED ? text : readFile(path));
  const program = ts.createProgram([REFUSED], options, host);
  const source = program.getSourceFile(REFUSED)!;
  return ts
    .getPreEmitDiagnostics(program, source)
    .map(({ start = 0, code }) => ({ line: source.getLineAndCharacterOfPosition(start).line + 1, code }));
}
