import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { run } from '../cli/process';
import { exampleStacks, STATE_DATABASE, writeCertificates } from './example-stacks';

const ROOT = resolve(__dirname, '..');
const certificates = writeCertificates();
afterAll(() => rmSync(certificates, { recursive: true }));

/** The projects. */
const EXAMPLES = [...new Set(Object.keys(exampleStacks(certificates)).map(name => name.replace(/:.*/, '')))];

describe('projects', () => {
  const { version, peerDependencies = {} } = readJson('package.json');
  const peersOnCdktf = Object.entries(peerDependencies).filter(([name]) => !/cdktn/.test(name));
  const readme = readFileSync(join(ROOT, 'examples', 'README.md'), 'utf8');

  test('are all here', () => {
    const projects = readdirSync(join(ROOT, 'examples')).filter(name =>
      existsSync(join(ROOT, 'examples', name, 'main.ts')),
    );
    expect(projects.sort()).toEqual([...EXAMPLES].sort());
  });

  test('are all compiled by the types of the whole project', () => {
    const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), path => ts.sys.readFile(path)) as {
      config: object;
    };
    const { fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
    expect(EXAMPLES.filter(name => !fileNames.includes(join(ROOT, 'examples', name, 'main.ts')))).toEqual([]);
  });

  test.each(EXAMPLES)(
    '%s has a README, is in the list of examples/README.md, and asks for what the package asks for',
    name => {
      expect(readFileSync(join(ROOT, 'examples', name, 'README.md'), 'utf8')).toMatch(/^# /);
      expect(readme).toContain(`](${name}/README.md)`);
      const { dependencies } = readJson(`examples/${name}/package.json`);
      expect(dependencies).toEqual({
        ...Object.fromEntries(peersOnCdktf),
        'cdktf-iris-ecp': `file:../../cdktf-iris-ecp-${version as string}.tgz`,
      });
    },
  );

  test.each([
    ['web-app', {}],
    ['two-clusters', {}],
    ['join-existing', {}],
    ['join-existing', { CERTIFICATES: join(certificates, 'reports') }],
    ['own-certificates', {}],
    ['own-certificates', { CERTIFICATES: certificates }],
    ['several-hosts', {}],
    ['policy-aspect', {}],
    ['team-state', { TEAM_STATE_DATABASE: STATE_DATABASE }],
  ])('%s runs from its own folder, as cdktf.json says, with %j', async (name, environment) => {
    const outdir = mkdtempSync(join(tmpdir(), 'ecp-example-'));
    const [program = '', ...args] = (readJson(`examples/${name}/cdktf.json`).app as string).split(' ');
    try {
      const result = await run(program, args, {
        cwd: join(ROOT, 'examples', name),
        env: { ...environment, CDKTF_OUTDIR: outdir },
        timeoutSec: 60,
      });
      expect({ ...result, stderr: withoutWarning(result.stderr) }).toMatchObject({ code: 0, stderr: '' });
      expect(readdirSync(join(outdir, 'stacks')).length).toBeGreaterThan(0);
    } finally {
      rmSync(outdir, { recursive: true });
    }
  });

  /** cdktf's outputs call `util.isArray`, of which Node 22 and later warn. */
  function withoutWarning(stderr: string): string {
    return stderr.replace(/^\(node:\d+\) \[DEP0044\] .*\n\(Use .*\n/m, '');
  }

  function readJson(path: string): Record<string, unknown> & { peerDependencies?: Record<string, string> } {
    return JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as Record<string, unknown>;
  }
});
