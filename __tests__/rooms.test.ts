import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import ts from 'typescript';

const ROOT = join(__dirname, '..');

/** Texts of a source file: what is in quotes, without what imports name. */
function textsIn(file: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022, true);
  const texts: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return;
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node))
      texts.push(node.text);
    if (ts.isRegularExpressionLiteral(node)) texts.push(node.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return texts;
}

function sourcesIn(...rooms: string[]): string[] {
  return rooms.flatMap(room =>
    readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })
      .filter(file => file.endsWith('.ts'))
      .map(file => join(ROOT, room, file)),
  );
}

function uses(files: readonly string[], pattern: RegExp): string[] {
  return files.flatMap(file =>
    textsIn(file)
      .filter(text => pattern.test(text))
      .map(text => `${relative(ROOT, file)}: ${text}`),
  );
}

test('labels, file paths and names of deliveries are written down in contract/ alone', () => {
  const outside = sourcesIn('constructs', 'app', 'cli', 'dev', 'bench');
  expect(outside.length).toBeGreaterThan(150);
  const pattern =
    /_delivery_|(?<!^config)-files$|^ecp\.(cluster|role|server|engine|probe|web|files|ipv6|base)|\/ecp\/files/;
  expect(uses(outside, pattern)).toEqual([]);
});

test('cli/access/docker.ts alone starts the program docker', () => {
  const starters = sourcesIn('cli').filter(file => /\b\w+\(\s*'docker'/.test(readFileSync(file, 'utf8')));
  // Looking for the program is not starting it.
  expect(starters.map(file => relative(ROOT, file))).toEqual(['cli/access/docker.ts', 'cli/machine/docker-gap.ts']);
});
