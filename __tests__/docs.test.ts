import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import ts from 'typescript';
import { variableOf } from '../app/settings';
import { synthesize } from '../app/synthesize';
import { STATEMENTS } from '../cli/verification/iris/statements';
import { commandOptions } from './command-options';

const ROOT = resolve(__dirname, '..');
const DOCUMENTS = filesBelow(ROOT, /\.md$/).map(file => ({
  name: relative(ROOT, file),
  text: readFileSync(file, 'utf8'),
}));
const EXAMPLES = DOCUMENTS.flatMap(({ name, text }) =>
  [...text.matchAll(/^```typescript\n(.*?)^```$/gms)].map(([, code = ''], index) => ({
    name: `${name}, example ${index + 1}`,
    file: join(ROOT, `${name.replaceAll('/', '-')}-example-${index + 1}.ts`),
    code,
  })),
);

let scratch: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'ecp-docs-'));
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

describe('docs/settings.md', () => {
  const rows = tableRows('docs/settings.md', /^`[a-z]\w*`$/);

  test('has every setting once, in the order of settings.ts', () => {
    expect(rows.map(([setting]) => unquote(setting))).toEqual(membersOf('app/settings.ts', 'Settings'));
  });

  test('has the environment variable of each setting', () => {
    for (const [setting, variable] of rows) expect(unquote(variable)).toBe(variableOf(unquote(setting)!));
  });

  test('has the defaults that the app has', () => {
    const defaultOf = (row: string[]): string | undefined => /^`([^`]*)`/.exec(row[3] ?? '')?.[1];
    const without = rows.filter(row => defaultOf(row) === undefined).map(([setting]) => unquote(setting));
    expect(without).toEqual([
      'additionalClients',
      'mirror',
      'subnet',
      'dataServerConfigFile',
      'appServerConfigFile',
      'configVariables',
      'dataServerCpus',
      'appServerCpus',
      'dataServerCpuSet',
      'appServerCpuSet',
      'journalVolume',
      'alternateJournalVolume',
      'labels',
      'logOptions',
      'rehearsalBaseImage',
      'irisLicenseKeyFile',
      'irisPasswordFile',
      'irisCpfMergeFile',
      'irisLicenseServer',
      'irisOtlpEndpoint',
      'irisApplicationFolder',
      'clientReconnectInterval',
      'clientReconnectDuration',
      'serverTroubleDuration',
      'backupRepository',
      'backupPasswordFile',
      'backupRetention',
      'backupVerify',
      'backupSftpKeyFile',
      'backupSftpKnownHostsFile',
      'backupS3KeyIdFile',
      'backupS3SecretKeyFile',
      'backupS3Region',
      'entryPointPort',
      'entryPointBindAddress',
      'entryPointSuperserverPort',
      'entryPointCookie',
      'prometheusPort',
      'alertmanagerConfigFile',
      'alertForSec',
      'nodes',
      'nodeCertPath',
      'hosts',
      'registry',
      'upgradeOrder',
    ]);
    const defaults = Object.fromEntries(rows.map(row => [unquote(row[1]), defaultOf(row)]));
    expect(synthesizedBy(defaults)).toEqual(synthesizedBy({}));
  });
});

describe('examples', () => {
  test('README.md has one of about 15 lines', () => {
    const [readme, ...more] = EXAMPLES.filter(({ name }) => name.startsWith('README.md'));
    expect(more).toHaveLength(0);
    expect(readme!.code.trim().split('\n').length).toBeLessThanOrEqual(18);
  });

  test('compile as files beside main.ts', () => {
    expect(compileErrors(EXAMPLES)).toEqual([]);
  }, 60_000);

  test.each(EXAMPLES)('$name synthesizes servers', ({ file, code }) => {
    runExample(code, file, scratch);
    const stacks = readdirSync(join(scratch, 'stacks'));
    expect(stacks).toHaveLength(1);
    const stack = JSON.parse(readFileSync(join(scratch, 'stacks', stacks[0]!, 'cdk.tf.json'), 'utf8')) as {
      resource: Record<string, object>;
    };
    expect(Object.keys(stack.resource)).toContain('docker_container');
  });
});

describe('links', () => {
  test.each(DOCUMENTS)('of $name lead to files and headings', ({ name, text }) => {
    const dead = [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = '']) => target)
      .filter(target => !/^[a-z]+:/.test(target) && !leadsSomewhere(name, target));
    expect(dead).toEqual([]);
  });
});

describe('commands', () => {
  const commands = commandOptions();

  test.each(DOCUMENTS)('of $name are known to ./ecp, with their options', ({ text }) => {
    const problems = codeOf(text).flatMap(code =>
      [...code.matchAll(/(?<![\w/])\.\/ecp +([^\n|;&'">]*)/g)].flatMap(([line, words = '']) => {
        const problem = problemOf(words.split(/\s+/).filter(Boolean), commands);
        return problem ? [`${line.trim()}: ${problem}`] : [];
      }),
    );
    expect(problems).toEqual([]);
  });

  test('of ./ecp are all in docs/commands.md', () => {
    const { text } = DOCUMENTS.find(({ name }) => name === 'docs/commands.md')!;
    expect([...commands.keys()].filter(name => !new RegExp(`\\./ecp ${name}\\b`).test(text))).toEqual([]);
  });

  test('lead from nothing to a cluster and back within the first 60 lines of README.md', () => {
    const { text } = DOCUMENTS.find(({ name }) => name === 'README.md')!;
    const first = text.split('\n').slice(0, 60).join('\n');
    for (const command of ['up', 'exec', 'verify', 'status', 'down', 'scale'])
      expect(first).toContain(`./ecp ${command}`);
  });

  test('and documents use no environment variable that no source knows', () => {
    const sources = ['main.ts', 'app', 'constructs', 'cli', 'dev', 'images', 'bench', '__tests__/e2e']
      .flatMap(path => filesBelow(join(ROOT, path), /./))
      .map(file => readFileSync(file, 'utf8'))
      .join('\n');
    const known = new Set([...membersOf('app/settings.ts', 'Settings').map(variableOf), ...variablesIn(sources)]);
    const unknown = DOCUMENTS.flatMap(({ name, text }) =>
      variablesIn(text)
        .filter(variable => !known.has(variable))
        .map(variable => `${name}: ${variable}`),
    );
    expect(unknown).toEqual([]);
  });
});

function filesBelow(path: string, pattern: RegExp): string[] {
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { withFileTypes: true })
    .filter(({ name }) => !/^(\..*|node_modules|cdktf\.out.*|coverage)$/.test(name))
    .flatMap(entry => {
      const file = join(path, entry.name);
      if (entry.isDirectory()) return filesBelow(file, pattern);
      return entry.isFile() && pattern.test(entry.name) ? [file] : [];
    });
}

/** Cells of the rows whose first cell matches. */
function tableRows(document: string, first: RegExp): string[][] {
  const { text } = DOCUMENTS.find(({ name }) => name === document)!;
  return text
    .split('\n')
    .filter(line => line.startsWith('|'))
    .map(line =>
      line
        .split('|')
        .slice(1, -1)
        .map(cell => cell.trim()),
    )
    .filter(([cell = '', variable = '']) => first.test(cell) && variable.startsWith('`ECP_'));
}

function unquote(cell: string | undefined): string | undefined {
  return cell?.replaceAll('`', '');
}

function parse(path: string): ts.SourceFile {
  return ts.createSourceFile(path, readFileSync(join(ROOT, path), 'utf8'), ts.ScriptTarget.ES2022, true);
}

/** Names of the members of an interface, as they stand in the source. */
function membersOf(path: string, name: string): string[] {
  const found = parse(path).statements.find(
    (each): each is ts.InterfaceDeclaration => ts.isInterfaceDeclaration(each) && each.name.text === name,
  );
  return found!.members.map(member => member.name!.getText());
}

function synthesizedBy(settings: Readonly<Record<string, string | undefined>>): unknown {
  const { stackDirectory } = synthesize({
    CDKTF_OUTDIR: join(scratch, 'out'),
    ECP_STATE_DIR: join(scratch, 'state'),
    CDKTF_CONTEXT_JSON: '{}',
    ...settings,
  });
  return JSON.parse(readFileSync(join(stackDirectory, 'cdk.tf.json'), 'utf8'));
}

/** Type checks the examples under the project's own rules, without writing them anywhere. */
function compileErrors(examples: typeof EXAMPLES): string[] {
  const codes = new Map(examples.map(({ file, code }) => [file, code]));
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), path => ts.sys.readFile(path)) as {
    config: object;
  };
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: ['main.ts'] }, ts.sys, ROOT);
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile } = host;
  host.fileExists = path => codes.has(path) || fileExists(path);
  host.readFile = path => codes.get(path) ?? readFile(path);
  const program = ts.createProgram([...codes.keys()], options, host);
  return [...codes.keys()].flatMap(file =>
    ts
      .getPreEmitDiagnostics(program, program.getSourceFile(file))
      .map(({ messageText }) => `${relative(ROOT, file)}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`),
  );
}

function runExample(code: string, file: string, outputDirectory: string): void {
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.CommonJS },
  });
  const load = (name: string): unknown => jest.requireActual(name.startsWith('.') ? join(dirname(file), name) : name);
  const before = process.env.CDKTF_OUTDIR;
  process.env.CDKTF_OUTDIR = outputDirectory;
  try {
    new Function('require', 'exports', outputText)(load, {});
  } finally {
    if (before === undefined) delete process.env.CDKTF_OUTDIR;
    else process.env.CDKTF_OUTDIR = before;
  }
}

/** What a reader may type: inline code, shell blocks without comments, and the lines behind the prompt of a transcript. */
function codeOf(text: string): string[] {
  const blocks = [...text.matchAll(/^```(sh|bash|console)\n(.*?)^```$/gms)].map(([, language, body = '']) => {
    const typed = language === 'console' ? body.replace(/^(?!\$ ).*\n/gm, '') : body;
    return typed.replace(/(^|\s)#.*$/gm, '');
  });
  const inline = [...text.replace(/^```.*?^```$/gms, '').matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
  return [...blocks, ...inline];
}

function withoutCode(text: string): string {
  return text.replace(/^```.*?^```$/gms, '').replace(/`[^`\n]*`/g, '');
}

function leadsSomewhere(document: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? join(ROOT, document) : join(ROOT, dirname(document), path);
  if (!existsSync(file)) return false;
  return anchor === undefined || headingsOf(readFileSync(file, 'utf8')).includes(anchor);
}

/** Anchors that GitHub gives to headings, the second of the same name with `-1`, and those that a document sets itself. */
function headingsOf(text: string): string[] {
  const prose = text.replace(/^```.*?^```$/gms, '');
  const times = new Map<string, number>();
  const headings = [...prose.matchAll(/^#+ +(.*)$/gm)].map(([, heading = '']) => {
    const anchor = heading
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
    const before = times.get(anchor) ?? 0;
    times.set(anchor, before + 1);
    return before === 0 ? anchor : `${anchor}-${before}`;
  });
  return [...headings, ...[...prose.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id)];
}

function problemOf([name = '', ...words]: string[], commands: ReadonlyMap<string, string[]>): string | undefined {
  if (name === '--help' || name === '--version') return undefined;
  if (name === 'help') return words.length === 1 ? problemOf([words[0]!], commands) : 'help takes one command';
  const options = commands.get(name);
  if (!options) return `unknown command '${name}'`;
  for (const [index, word] of words.entries()) {
    if (!word.startsWith('-')) {
      const takesValue = '--cluster --html --output -o --machines --since --tail --tag --to --into'.split(' ');
      if (takesValue.includes(words[index - 1] ?? '')) continue;
      // Behind SERVER everything belongs to ecp-node; a name behind `test` is a suite.
      if (name === 'exec' || name === 'test') return undefined;
      // Names of servers, nodes, backups and shells.
      const takesNames =
        'rotate drain activate fence unfence completion logs restart scale report backup restore'.split(' ');
      if (takesNames.includes(name)) continue;
      return `unexpected '${word}'`;
    }
    if (word === '-f' && options.includes('follow')) continue;
    if (![...options, 'help'].includes(word.replace(/^--/, '').split('=')[0]!)) return `unknown option '${word}'`;
  }
  return undefined;
}

function variablesIn(text: string): string[] {
  return [...new Set(text.match(/\bECP_[A-Z][A-Z0-9_]*\b/g) ?? [])];
}

test('docs/iris.md and verify --full have the same statements in the same order', () => {
  const text = readFileSync(join(__dirname, '..', 'docs', 'iris.md'), 'utf8');
  const names = [...text.slice(text.indexOf('## Statements about IRIS')).matchAll(/^\| `([a-z-]+)`/gm)].map(
    ([, name]) => name,
  );
  expect(Object.keys(STATEMENTS)).toEqual(names);
});

test('CONTRIBUTING.md names files and folders that exist', () => {
  const { text } = DOCUMENTS.find(({ name }) => name === 'CONTRIBUTING.md')!;
  const paths = [...text.matchAll(/`([\w./-]+\/[\w./-]*)`/g)]
    .map(([, path = '']) => path)
    .filter(path => !path.startsWith('./ecp'));
  // Written without the folder of the file before it.
  const missing = paths.filter(
    path =>
      ![path, join('images/rehearsal', path), join('images/iris', path)].some(each => existsSync(join(ROOT, each))),
  );
  expect(paths.length).toBeGreaterThan(25);
  expect(missing).toEqual([]);
});
