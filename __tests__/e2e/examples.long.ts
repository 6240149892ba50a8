// ecp-test: needs chromium openssl
/** The examples, from the packed package, deployed beside each other; what each of them is about, seen live. */
import { Testing } from 'cdktf';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import type { NodeStatus } from '../../cli/access/node-status';
import { ExternalFilesStack } from '../../examples/own-certificates/main';
import { WebAppStack } from '../../examples/web-app/main';
import { stableStack } from '../../constructs';
import { startChromium } from './support/browser';
import { exec, removeLabelled } from './support/docker';
import { ExampleProjects, type DeployedStack, type ExampleStack } from './support/example-projects';
import { HostileClient } from './support/hostile-client';
import { BASE_IMAGE } from './support/packed-project';
import { ThrowawayCa } from './support/pki';
import { StateSecrets } from './support/state-secrets';
import { Steps } from './support/steps';
import { PROJECT, dockerOk, eventually, printLogs } from './support/test-cluster';

jest.setTimeout(300_000);

const CLUSTERS = {
  web: 'ecp-ex-web',
  blue: 'ecp-ex-blue',
  green: 'ecp-ex-green',
  existing: 'ecp-ex-central',
  joining: 'ecp-ex-guests',
  own: 'ecp-ex-own',
  files: 'ecp-ex-files',
  policy: 'ecp-ex-policy',
};
const PAGE_PORT = 36_510;
const scratch = mkdtempSync(join(tmpdir(), 'ecp-ex-'));
const guestFolder = join(scratch, 'guest');
const certificateFolder = join(scratch, 'certificates');
const baseImage = BASE_IMAGE;

const STACKS = {
  'web-app': {
    example: 'web-app',
    stack: 'WebAppStack',
    props: { clusterName: CLUSTERS.web, pagePort: PAGE_PORT, webPort: 36_500, baseImage },
  },
  'two-clusters': {
    example: 'two-clusters',
    stack: 'TwoClustersStack',
    props: { clusterNames: [CLUSTERS.blue, CLUSTERS.green], webPortBase: 37_000, baseImage },
  },
  existing: { example: 'join-existing', stack: 'ExistingStack', props: { clusterName: CLUSTERS.existing, baseImage } },
  joining: {
    example: 'join-existing',
    stack: 'JoiningStack',
    props: {
      clusterName: CLUSTERS.joining,
      networkName: CLUSTERS.existing,
      certificateFolder: guestFolder,
      baseImage,
    },
  },
  'own-authority': {
    example: 'own-certificates',
    stack: 'OwnAuthorityStack',
    props: { clusterName: CLUSTERS.own, webPort: 37_500, baseImage },
  },
  'external-files': {
    example: 'own-certificates',
    stack: 'ExternalFilesStack',
    props: { clusterName: CLUSTERS.files, folder: certificateFolder, webPort: 38_000, baseImage },
  },
  policy: {
    example: 'policy-aspect',
    stack: 'PolicyStack',
    props: { clusterName: CLUSTERS.policy, webPort: 38_500, baseImage },
  },
} satisfies Record<string, ExampleStack>;

type StackId = keyof typeof STACKS;

const steps = new Steps();
const { step } = steps;
const deployments = new Map<StackId, Promise<DeployedStack>>();
let projects: ExampleProjects;
let authority: ThrowawayCa;

/** The deployed stack; it throws what its deployment threw. */
const deployed = (id: StackId): Promise<DeployedStack> => deployments.get(id)!;

async function ecpNode(container: string, verb: string[], input?: string): Promise<string> {
  return (await exec(container, ['ecp-node', ...verb], { input, timeoutSec: 30 })).stdout;
}

async function statusOf(container: string): Promise<NodeStatus> {
  return JSON.parse(await ecpNode(container, ['status'])) as NodeStatus;
}

/** Has a server's certificate made outside of Terraform. */
async function issue(name: string): Promise<void> {
  const { cert, key } = await authority.issue(name);
  writeFileSync(join(certificateFolder, `${name}.pem`), cert);
  writeFileSync(join(certificateFolder, `${name}.key`), key, { mode: 0o600 });
}

/** The certificate that the existing stack hands out, as its README says. */
async function takeCertificate(existing: DeployedStack): Promise<void> {
  const files = JSON.parse(await existing.terraform(['output', '-json', 'reports'])) as Record<string, string>;
  mkdirSync(guestFolder, { mode: 0o700 });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(guestFolder, name), text, { mode: 0o600 });
}

/** Which of the keys can be found in a text, by any of their lines; and whether any other key stands in it as PEM. */
function secretsIn(text: string, keyFiles: readonly string[]): string[] {
  const found = keyFiles.filter(file => {
    const lines = readFileSync(file, 'utf8').split('\n').slice(1, -2);
    return lines.length === 0 || lines.some(line => text.includes(line));
  });
  return text.includes('PRIVATE KEY') ? ['PRIVATE KEY', ...found] : found;
}

/** Two deployments at a time: they mostly wait, but a machine may have two cores. */
function deployAll(): void {
  const lanes: Promise<unknown>[] = [Promise.resolve(), Promise.resolve()];
  const start = (
    id: StackId,
    lane: number,
    variables: Record<string, string> = {},
    first?: () => Promise<void>,
  ): void => {
    const deployment = lanes[lane]!.then(async () => {
      await first?.();
      return projects.deploy(id, STACKS[id], variables);
    });
    deployments.set(id, deployment);
    lanes[lane] = deployment.catch(() => undefined);
  };
  start('web-app', 0);
  start('two-clusters', 1);
  start('existing', 0);
  start('joining', 0, {}, async () => takeCertificate(await deployed('existing')));
  start('own-authority', 1, { TF_VAR_ca_certificate: authority.pem, TF_VAR_ca_private_key: authority.keyPem });
  start('external-files', 1);
  start('policy', 0);
}

beforeAll(async () => {
  mkdirSync(certificateFolder, { mode: 0o700 });
  authority = await ThrowawayCa.create('Example Corporation', baseImage);
  writeFileSync(join(certificateFolder, 'ca.pem'), authority.pem);
  await Promise.all(['data-server', 'app-server-1'].map(issue));
  projects = await ExampleProjects.install();
  deployAll();
});

/** Destroys a stack as its README says; of one that never came up, containers are left to `removeRest`. */
async function destroy(id: StackId): Promise<void> {
  const stack = await deployed(id).catch(() => undefined);
  await stack?.terraform(['destroy', '-auto-approve', '-input=false', '-no-color']);
}

/** Whatever became of the stacks: containers first, since one may hang on the network of another stack. */
async function removeRest(): Promise<void> {
  const containers = await dockerOk('ps', '--all', '--quiet', '--filter', 'name=^ecp-ex-');
  if (containers) await dockerOk('rm', '--force', '--volumes', ...containers.split('\n'));
  for (const name of Object.values(CLUSTERS)) {
    await removeLabelled(`ecp.cluster=${name}`);
    await dockerOk('volume', 'rm', '--force', `${name}-data`);
  }
}

afterAll(async () => {
  try {
    await Promise.allSettled(deployments.values());
    if (steps.failed) for (const name of Object.values(CLUSTERS)) await printLogs({ name });
    // The guest before its host, which owns the network. Clients of the tests hang on networks too.
    await destroy('joining');
    for (const name of [CLUSTERS.blue, CLUSTERS.green]) await dockerOk('rm', '--force', `${name}-client`);
    const ids = [...deployments.keys()].filter(id => id !== 'joining');
    await Promise.all(ids.map(destroy));
  } finally {
    await removeRest();
    projects?.remove();
    authority?.remove();
    rmSync(scratch, { recursive: true, force: true });
  }
});

step('all examples compile with the types that the package brings', async () => {
  expect(await projects.compileErrors()).toBe('');
});

step('a snapshot is the same in another folder, with the package in node_modules', async () => {
  const inCheckout = {
    'web-app': new WebAppStack(Testing.app(), 'web-app', STACKS['web-app'].props),
    'external-files': new ExternalFilesStack(Testing.app(), 'external-files', STACKS['external-files'].props),
  };
  for (const [id, stack] of Object.entries(inCheckout))
    expect(await projects.snapshot(id, STACKS[id as keyof typeof inCheckout])).toEqual(stableStack(stack));
});

describe('web-app', () => {
  const web = `${CLUSTERS.web}-web`;
  const server = (name: string): string => `${CLUSTERS.web}-${name}`;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    browser = await startChromium();
    page = await browser.newPage({ viewport: { width: 900, height: 560 } });
    page.setDefaultTimeout(30_000);
  });
  afterAll(() => browser?.close());

  const add = async (text: string): Promise<void> => {
    await page.getByLabel('Note').fill(text);
    await page.getByRole('button', { name: 'Add' }).click();
  };
  const row = (text: string, by: string) =>
    page.locator('tbody tr').filter({ has: page.getByRole('cell', { name: text, exact: true }), hasText: by });

  step('its page writes a note, which is then in the data server’s own database', async () => {
    await deployed('web-app');
    await eventually('the web application answers', 30, async () =>
      (await fetch(`http://127.0.0.1:${PAGE_PORT}/notes`).catch(() => undefined))?.ok ? true : undefined,
    );
    await page.goto(`http://127.0.0.1:${PAGE_PORT}/`);
    await add('Milk & "bread" for Zoë <b>today</b> \\o/');
    await row('Milk & "bread" for Zoë <b>today</b> \\o/', 'app-server-1').waitFor();
    const listed = await ecpNode(server('data-server'), ['zwrite', '^demo.notes']);
    expect(listed).toMatch(/^\^demo\.notes\(\d{16},"app-server-1"\)="Milk & ""bread"" for Zo/);
    expect(listed.trim().split('\n')).toHaveLength(1);
  });

  step('its page shows what the second application server wrote, without being asked again', async () => {
    await ecpNode(server('app-server-2'), ['set', `^demo.notes(${Date.now()}000,"app-server-2")`], 'Written elsewhere');
    await row('Written elsewhere', 'app-server-2').waitFor();
    const folder = join(PROJECT, '.ecp', 'artefacts');
    mkdirSync(folder, { recursive: true });
    await page.screenshot({ path: join(folder, 'web-app.png') });
  });

  step(
    'goes through an application server and no other way: without it the page says so, and mends itself',
    async () => {
      await dockerOk('stop', server('app-server-1'));
      try {
        await page.getByText(/the application server does not answer \(50\d\)/).waitFor();
        const direct = await exec(web, ['bash', '-c', 'printf x | openssl s_client -quiet -connect data-server:1972'], {
          mayFail: true,
        });
        expect(direct.stderr).toContain('alert');
      } finally {
        await dockerOk('start', server('app-server-1'));
      }
      await eventually('no alert', 60, async () =>
        (await page.getByRole('alert').textContent()) === '' ? true : undefined,
      );
      await add('Back again');
      await row('Back again', 'app-server-1').waitFor();
    },
  );

  step('refuses what is no note', async () => {
    const post = async (body: string) =>
      (await fetch(`http://127.0.0.1:${PAGE_PORT}/notes`, { method: 'POST', body })).status;
    expect([await post(''), await post('x'.repeat(201)), await post('x'.repeat(200))]).toEqual([400, 400, 201]);
    const other = async (path: string, method = 'GET') =>
      (await fetch(`http://127.0.0.1:${PAGE_PORT}${path}`, { method })).status;
    expect([await other('/metrics'), await other('/notes', 'DELETE')]).toEqual([404, 405]);
  });
});

describe('two-clusters', () => {
  const { blue, green } = CLUSTERS;
  let secrets: StateSecrets;

  step('both run, with the same names of servers', async () => {
    secrets = new StateSecrets((await deployed('two-clusters')).stateFile);
    for (const name of [blue, green]) {
      expect(await statusOf(`${name}-app-server-1`)).toMatchObject({ server: 'app-server-1', state: 'Normal' });
      await ecpNode(`${name}-app-server-1`, ['set', '^demo.colour'], name);
    }
    for (const name of [blue, green])
      expect(await ecpNode(`${name}-data-server`, ['get', '^demo.colour'])).toBe(`${name}\n`);
  });

  for (const [host, stranger] of [
    [blue, green],
    [green, blue],
  ] as const) {
    step(`${host} refuses the certificate of ${stranger}'s server, and serves its own`, async () => {
      const client = await HostileClient.start({ name: host });
      const refused = await client.knock({ identity: secrets.of('app-server-1', stranger) });
      expect(refused).toMatchObject({ bytes: 0, closed: true });
      const { refused: list } = await statusOf(`${host}-data-server`);
      expect(list.at(-1)).toMatchObject({
        subject: 'CN=app-server-1',
        why: 'the certificate is not from the CA of this cluster',
      });
      expect(await client.isServed({ identity: secrets.of('app-server-1', host) })).toBe(true);
    });
  }

  step(`a server of ${green} in ${blue}'s network is not served, and says why`, async () => {
    const stray = `${green}-app-server-1`;
    await dockerOk('network', 'disconnect', green, stray);
    await dockerOk('network', 'connect', blue, stray);
    try {
      await eventually('the stray server says why', 30, async () => {
        const { state, reason } = await statusOf(stray);
        return state !== 'Normal' && reason.includes('is not from the CA of this cluster') ? true : undefined;
      });
      const get = await exec(stray, ['ecp-node', 'get', '^demo.colour'], { mayFail: true, timeoutSec: 30 });
      expect({ code: get.code, stdout: get.stdout }).toEqual({ code: 3, stdout: '' });
    } finally {
      await dockerOk('network', 'disconnect', blue, stray);
      await dockerOk('network', 'connect', '--alias', 'app-server-1', green, stray);
    }
    await eventually('it is Normal at home', 30, async () =>
      (await statusOf(stray)).state === 'Normal' ? true : undefined,
    );
    expect(await ecpNode(stray, ['get', '^demo.colour'])).toBe(`${green}\n`);
  });
});

describe('join-existing', () => {
  step('a server of another stack joins network and data server with a certificate that it was given', async () => {
    const joining = await deployed('joining');
    await ecpNode(`${CLUSTERS.joining}-reports`, ['set', '^demo.guest'], 'from another stack');
    expect(await ecpNode(`${CLUSTERS.existing}-data-server`, ['get', '^demo.guest'])).toBe('from another stack\n');
    const { peers, admitted } = await statusOf(`${CLUSTERS.existing}-data-server`);
    expect(peers).toContainEqual({ name: 'reports', state: 'Normal' });
    expect(admitted).toContain('CN=reports');
    expect(await joining.terraform(['state', 'list'])).not.toContain('docker_network.network');
    expect(secretsIn(await joining.everythingWritten(), [join(guestFolder, 'key.pem')])).toEqual([]);
  });
});

describe('own-certificates', () => {
  step('with an authority of one’s own, servers have certificates from it; its key is in the state', async () => {
    const stack = await deployed('own-authority');
    for (const name of ['data-server', 'app-server-1'])
      expect(await statusOf(`${CLUSTERS.own}-${name}`)).toMatchObject({
        state: 'Normal',
        certificate: { subject: `CN=${name}`, issuer: 'CN=Example Corporation' },
      });
    const key = join(scratch, 'authority.key');
    writeFileSync(key, authority.keyPem, { mode: 0o600 });
    expect(secretsIn(await stack.everythingWritten(), [key])).toEqual(['PRIVATE KEY', key]);
  });

  step('with external files, no private key is in state, plan, stack or outputs', async () => {
    const stack = await deployed('external-files');
    expect(await statusOf(`${CLUSTERS.files}-app-server-1`)).toMatchObject({
      state: 'Normal',
      certificate: { subject: 'CN=app-server-1', issuer: 'CN=Example Corporation' },
    });
    const written = await stack.everythingWritten();
    const keys = ['data-server', 'app-server-1'].map(name => join(certificateFolder, `${name}.key`));
    expect(secretsIn(written, keys)).toEqual([]);
    expect(written).toContain(join(certificateFolder, 'app-server-1.key'));
  });

  step('with external files, another file is delivered and restarts nothing', async () => {
    const server = `${CLUSTERS.files}-app-server-1`;
    const before = await dockerOk('inspect', '--format', '{{.Id}} {{.State.StartedAt}}', server);
    const serial = async () => exec(server, ['openssl', 'x509', '-noout', '-serial', '-in', '/ecp/files/pki/cert.pem']);
    const { stdout: old } = await serial();
    await issue('app-server-1');
    const stack = await projects.synthesize('external-files', STACKS['external-files']);
    const changes = await stack.changes();
    expect(changes.map(change => change.replace(/_[0-9A-F]{8}$/, ''))).toEqual([
      'delete docker_container.cluster_app-server-1_delivery',
      'create docker_container.cluster_app-server-1_delivery',
    ]);
    await stack.apply();
    expect((await serial()).stdout).not.toBe(old);
    expect(await dockerOk('inspect', '--format', '{{.Id}} {{.State.StartedAt}}', server)).toBe(before);
    await ecpNode(server, ['set', '^demo.renewed'], 'yes');
  });
});

describe('policy-aspect', () => {
  step('every container carries the owner, and none has more memory than the policy grants', async () => {
    await deployed('policy');
    const ids = await dockerOk('ps', '--all', '--quiet', '--filter', `label=ecp.cluster=${CLUSTERS.policy}`);
    const format = '{{.Name}} {{.Config.Labels.owner}} {{.HostConfig.Memory}}';
    const lines = (await dockerOk('inspect', '--format', format, ...ids.split('\n'))).split('\n').sort();
    const mib = 1024 * 1024;
    expect(lines).toEqual([
      `/${CLUSTERS.policy}-app-server-1 platform-team ${128 * mib}`,
      `/${CLUSTERS.policy}-app-server-1-files platform-team ${64 * mib}`,
      `/${CLUSTERS.policy}-data-server platform-team ${256 * mib}`,
      `/${CLUSTERS.policy}-data-server-files platform-team ${64 * mib}`,
    ]);
  });
});

step('a second plan of each stack is empty', async () => {
  for (const [id, deployment] of deployments)
    expect({ id, changes: await (await deployment).changes() }).toEqual({ id, changes: [] });
});
