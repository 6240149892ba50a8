/** `app/cdktf.schema.json`, by which an editor completes settings in cdktf.json: made of app/settings.ts and docs/settings.md (SCHEMA_WRITE=1). */
import Ajv from 'ajv';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { DEFAULTS } from '../app/settings';

const ROOT = join(__dirname, '..');
const FILE = join(ROOT, 'app', 'cdktf.schema.json');
const CONFIG = JSON.parse(readFileSync(join(ROOT, 'cdktf.json'), 'utf8')) as { readonly $schema: string };

const NAMES = { type: 'array', items: { type: 'string', minLength: 1 } };
/** What is not said by its type. */
const SPECIAL: Readonly<Record<string, object>> = {
  appServers: { anyOf: [{ type: 'integer', minimum: 1, maximum: 254 }, NAMES] },
  mirror: { anyOf: [{ type: 'boolean' }, { type: 'string', minLength: 1 }] },
  dataServerCpus: { type: 'number' },
  appServerCpus: { type: 'number' },
};
const TYPES: Readonly<Record<string, object>> = {
  string: { type: 'string', minLength: 1 },
  number: { type: 'integer' },
  boolean: { type: 'boolean' },
  'readonly string[]': NAMES,
  'readonly number[]': { type: 'array', items: { type: 'integer' } },
  'Readonly<Record<string, string>>': { type: 'object', additionalProperties: { type: 'string' } },
};

/** Names of settings with what they take, as app/settings.ts has them. */
function members(): [string, object][] {
  const path = join(ROOT, 'app', 'settings.ts');
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ES2022, true);
  const found = source.statements.find(
    (each): each is ts.InterfaceDeclaration => ts.isInterfaceDeclaration(each) && each.name.text === 'Settings',
  );
  return found!.members.filter(ts.isPropertySignature).map(member => {
    const name = member.name.getText();
    const type = member.type!.getText();
    const words = [...type.matchAll(/'([\w-]+)'/g)].map(([, word]) => word);
    return [name, SPECIAL[name] ?? (words.length > 0 ? { enum: words } : TYPES[type]!)];
  });
}

/** What docs/settings.md says of each setting, without its links. */
function meanings(): Map<string, string> {
  const rows = readFileSync(join(ROOT, 'docs', 'settings.md'), 'utf8').matchAll(
    /^\| `(\w+)`\s*\| `ECP_\w+`\s*\| (.*?)\s*\| (.*?)\s*\|/gm,
  );
  const plain = (text: string): string => text.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', '');
  return new Map(
    [...rows].map(([, name, meaning, standard]) => [name!, `${plain(meaning!)} Default: ${plain(standard!)}.`]),
  );
}

function schema(): object {
  const said = meanings();
  const described = members().map(([name, type]) => [name, { description: said.get(name), ...type }]);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'cdktf.json',
    type: 'object',
    properties: {
      context: {
        description: 'Settings of the cluster: docs/settings.md. Variables such as ECP_APP_SERVERS override them.',
        type: 'object',
        properties: Object.fromEntries(described),
        // Feature flags of cdktf.
        patternProperties: { '^(excludeStackId|allowSepChars|cdktf)': {} },
        additionalProperties: false,
      },
    },
  };
}

test('the schema is what settings and their documentation say', () => {
  if (process.env.SCHEMA_WRITE === '1') writeFileSync(FILE, `${JSON.stringify(schema(), undefined, 2)}\n`);
  expect(JSON.parse(readFileSync(FILE, 'utf8'))).toEqual(JSON.parse(JSON.stringify(schema())));
  expect(members().length).toBeGreaterThan(50);
  expect([...meanings().keys()]).toEqual(members().map(([name]) => name));
});

test('cdktf.json names the schema, and fits it as defaults do', () => {
  const fits = new Ajv({ strict: false }).compile(JSON.parse(readFileSync(FILE, 'utf8')) as object);
  expect(join(ROOT, CONFIG.$schema)).toBe(FILE);
  expect({ fits: fits(CONFIG), why: fits.errors }).toEqual({ fits: true, why: null });
  expect(fits({ context: DEFAULTS })).toBe(true);
  for (const context of [{ appServer: 3 }, { appServers: 'three' }, { appServers: null }, { engine: 'cache' }])
    expect({ context, fits: fits({ context }) }).toEqual({ context, fits: false });
});
