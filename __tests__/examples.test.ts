import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { App, Testing, type TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import ts from 'typescript';
import { ExistingStack, JoiningStack } from '../examples/join-existing/main';
import { ExternalFilesStack, OwnAuthorityStack } from '../examples/own-certificates/main';
import { PolicyStack } from '../examples/policy-aspect/main';
import { SeveralHostsStack } from '../examples/several-hosts/main';
import { TeamStateStack } from '../examples/team-state/main';
import { TwoClustersStack } from '../examples/two-clusters/main';
import { WebAppStack } from '../examples/web-app/main';
import { run } from '../cli/process';
import { selfSigned } from './self-signed';
import { stableStack } from './stable-stack';
import { container, labels, resources } from './synth';

const ROOT = resolve(__dirname, '..');
const STATE_DATABASE = 'postgres://ecp@db.example.org/terraform';
const certificates = mkdtempSync(join(tmpdir(), 'ecp-examples-'));

/** Every stack of the examples, as its project makes it. */
const STACKS: Readonly<Record<string, (app: Construct) => TerraformStack>> = {
  'web-app': app => new WebAppStack(app, 'web-app'),
  'two-clusters': app => new TwoClustersStack(app, 'two-clusters'),
  'join-existing: existing': app => new ExistingStack(app, 'existing'),
  'join-existing: joining': app =>
    new JoiningStack(app, 'joining', { certificateFolder: join(certificates, 'reports') }),
  'own-certificates: own authority': app => new OwnAuthorityStack(app, 'own-authority'),
  'own-certificates: external files': app => new ExternalFilesStack(app, 'external-files', { folder: certificates }),
  'several-hosts': app =>
    new SeveralHostsStack(app, 'several-hosts', {
      dataServerHost: 'ssh://ops@data.example.org',
      appServerHosts: { 'app-server-1': 'ssh://ops@east.example.org', 'app-server-2': 'ssh://ops@west.example.org' },
    }),
  'policy-aspect': app => new PolicyStack(app, 'policy'),
  'team-state': app => new TeamStateStack(app, 'team-state', { stateDatabase: STATE_DATABASE }),
};

/** The projects. */
const EXAMPLES = [...new Set(Object.keys(STACKS).map(name => name.replace(/:.*/, '')))];

beforeAll(() => {
  writeFileSync(join(certificates, 'ca.pem'), selfSigned('authority').certificate);
  for (const name of ['data-server', 'app-server-1']) {
    const { certificate, key } = selfSigned(name);
    writeFileSync(join(certificates, `${name}.pem`), certificate);
    writeFileSync(join(certificates, `${name}.key`), key);
  }
  const guest = selfSigned('reports');
  const folder = join(certificates, 'reports');
  mkdirSync(folder);
  writeFileSync(join(folder, 'cert.pem'), guest.certificate);
  writeFileSync(join(folder, 'key.pem'), guest.key);
  writeFileSync(join(folder, 'ca.pem'), selfSigned('authority').certificate);
});
afterAll(() => rmSync(certificates, { recursive: true }));

describe.each(Object.keys(STACKS))('%s', name => {
  const make = (): TerraformStack => STACKS[name]!(Testing.app());

  test('is the stack that it was', () => {
    expect(stableStack(make())).toMatchSnapshot();
  });

  test('is reproducible and contains no path of this machine and no time', () => {
    const text = JSON.stringify(stableStack(make()));
    expect(text).toBe(JSON.stringify(stableStack(make())));
    for (const folder of [ROOT, tmpdir(), homedir(), process.cwd()]) expect(text).not.toContain(`${folder}/`);
    expect(text).not.toMatch(/20\d\d-\d\d-\d\d/);
  });

  test('passes the validations of cdktf and of its own aspects', () => {
    const outdir = mkdtempSync(join(tmpdir(), 'ecp-example-'));
    try {
      const app = new App({ outdir });
      STACKS[name]!(app);
      expect(() => app.synth()).not.toThrow();
    } finally {
      rmSync(outdir, { recursive: true });
    }
  });
});

describe('projects', () => {
  const { version, peerDependencies } = readJson('package.json');
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
        ...peerDependencies,
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
      expect(result).toMatchObject({ code: 0, stderr: '' });
      expect(readdirSync(join(outdir, 'stacks')).length).toBeGreaterThan(0);
    } finally {
      rmSync(outdir, { recursive: true });
    }
  });

  function readJson(path: string): Record<string, unknown> & { peerDependencies?: object } {
    return JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as Record<string, unknown>;
  }
});

describe('what an example is about', () => {
  const stackOf = (name: string): TerraformStack => STACKS[name]!(Testing.app());

  test('two-clusters: nothing but the image is shared', () => {
    const stack = stackOf('two-clusters');
    expect(Object.keys(resources(stack, 'docker_network'))).toHaveLength(2);
    expect(Object.keys(resources(stack, 'tls_self_signed_cert'))).toHaveLength(2);
    expect(Object.keys(resources(stack, 'docker_image'))).toHaveLength(2); // the base and what is built on it
  });

  test('several-hosts: each Docker resource is on the host of its construct, and nothing else has one', () => {
    const stack = stackOf('several-hosts');
    const document = JSON.parse(Testing.synth(stack)) as {
      resource: Record<string, Record<string, { provider?: string }>>;
    };
    const providers = Object.entries(document.resource).flatMap(([type, each]) =>
      Object.entries(each).map(([id, { provider }]) => `${type} ${id.replace(/_.*/, '')} ${provider ?? 'none'}`),
    );
    expect([...new Set(providers)].sort()).toEqual([
      'docker_container app-server-1 docker.app-server-1',
      'docker_container app-server-2 docker.app-server-2',
      'docker_container data docker.data',
      'docker_image app-server-1 docker.app-server-1',
      'docker_image app-server-2 docker.app-server-2',
      'docker_image data docker.data',
      'docker_network data docker.data',
      'docker_volume app-server-1 docker.app-server-1',
      'docker_volume app-server-2 docker.app-server-2',
      'docker_volume data docker.data',
      'tls_cert_request pki none',
      'tls_locally_signed_cert pki none',
      'tls_private_key pki none',
      'tls_self_signed_cert pki none',
    ]);
  });

  test('own-certificates: with external files the stack neither contains nor creates PEM', () => {
    const text = Testing.synth(stackOf('own-certificates: external files'));
    expect(text).not.toContain('-----BEGIN');
    expect(text).not.toContain('"tls_');
  });

  test('policy-aspect: the label is on every container, beside those that it had', () => {
    const stack = stackOf('policy-aspect');
    const names = Object.values(resources(stack, 'docker_container')).map(({ name }) => String(name));
    expect(names).toHaveLength(4);
    for (const name of names)
      expect(labels(container(stack, name))).toMatchObject({ owner: 'platform-team', 'ecp.cluster': 'policed' });
  });

  test('policy-aspect: a server above the ceiling is an error at synth', () => {
    const outdir = mkdtempSync(join(tmpdir(), 'ecp-example-'));
    const app = new App({ outdir });
    new PolicyStack(app, 'policy', { dataServerMemoryMb: 1024 });
    expect(() => app.synth()).toThrow(
      "[policy/cluster/data-server/Resource] 'memory' must be at most 512 MiB (policy of the platform team), got 1024; lower it",
    );
    rmSync(outdir, { recursive: true });
  });
});

test('docs/snapshots.md shows the function that these snapshots are made with', () => {
  const [, code] = /^```ts\n(.*?)^```$/ms.exec(readFileSync(join(ROOT, 'docs', 'snapshots.md'), 'utf8'))!;
  expect(code).toBe(readFileSync(join(__dirname, 'stable-stack.ts'), 'utf8'));
});
