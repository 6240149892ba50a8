import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';

const ROOT = join(__dirname, '..');
const { printWidth } = JSON.parse(readFileSync(join(ROOT, '.prettierrc.json'), 'utf8')) as { printWidth: number };
const IGNORED = ['**/node_modules', '**/cdktf.out*', '**/.*', 'coverage', 'dist'];
const MOST_EXCEPTIONS = 5;

const SOURCES = ts.sys
  .readDirectory(ROOT, ['.ts', '.js', '.mjs'], IGNORED)
  .map(path => ({ name: relative(ROOT, path), text: readFileSync(path, 'utf8') }));

test('prettier formats everything', () => {
  // In two parts, since this file is one of them.
  const exceptions = SOURCES.flatMap(({ name, text }) =>
    text
      .split('prettier' + '-ignore')
      .fill(name)
      .slice(1),
  );
  expect(exceptions.length <= MOST_EXCEPTIONS ? [] : exceptions).toEqual([]);
});

test('no line of code is longer than the print width, but for a text or a pattern that nothing can break', () => {
  expect(SOURCES.flatMap(({ name, text }) => longLines(text).map(line => `${name}:${line}`))).toEqual([]);
});

test('what constructs throw begins in the file of their user', () => {
  const own = SOURCES.filter(({ name }) => /^(constructs|contract)\//.test(name));
  expect(own.filter(({ text }) => /\bnew (\w+)?Error\(/.test(text)).map(({ name }) => name)).toEqual([]);
});

test.each([
  ['a call', `${'callMe('.repeat(30)}${')'.repeat(30)};`, [1]],
  ['a short text on a long line', `call('${'x'.repeat(50)}', ${'y'.repeat(80)});`, [1]],
  ['a text', `call(1,\n'${'x'.repeat(130)}');`, []],
  ['a template over lines', `call(\`x\n${'x'.repeat(70)}\${${'y'.repeat(70)}}\`);`, []],
  ['a pattern', `call(/${'x'.repeat(130)}/);`, []],
  ['a comment', `/**\n * ${'x'.repeat(130)} */\nlet x; // ${'x'.repeat(130)}`, []],
])('a long line is one of code: %s', (_, text, lines) => {
  expect(longLines(text)).toEqual(lines);
});

/** Numbers of the lines that are too long and not half of them one text, template or pattern. */
function longLines(text: string): number[] {
  const long = text.split('\n').flatMap((line, index) => (codeOf(line).length > printWidth ? [index] : []));
  if (long.length === 0) return [];
  const source = ts.createSourceFile('source.ts', text, ts.ScriptTarget.ES2022, true);
  const excused = new Set<number>();
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node) || ts.isRegularExpressionLiteral(node)) {
      const start = source.getLineAndCharacterOfPosition(node.getStart());
      const end = source.getLineAndCharacterOfPosition(node.end);
      for (const line of long) {
        if (line < start.line || line > end.line) continue;
        const from = line === start.line ? start.character : 0;
        const to = line === end.line ? end.character : Infinity;
        if (to - from >= printWidth / 2) excused.add(line);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return long.filter(line => !excused.has(line)).map(line => line + 1);
}

/** The line without a comment that is all of it, or at its end. */
function codeOf(line: string): string {
  return line.replace(/^\s*(\/\/|\/?\*).*/, '').replace(/ \/\/ .*/, '');
}

test('no script asks a pipe whether something is in it: what writes into it fails when grep ends at what it finds', () => {
  const scripts = ['images', 'constructs', 'dev']
    .flatMap(room => ts.sys.readDirectory(join(ROOT, room), undefined, IGNORED))
    .filter(path => !/\.(?:ts|md|json|svg|cls|m|c)$/.test(path));
  const asking = /(?<!\|)\|\s*grep\s+(?:-\w+\s+)*-\w*q/;
  expect(asking.test('roots | grep -qxF x')).toBe(true);
  expect(scripts.filter(path => asking.test(readFileSync(path, 'utf8'))).map(path => relative(ROOT, path))).toEqual([]);
});
