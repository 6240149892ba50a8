/** Every command on a healthy and on a broken cluster: its exit code, what a person reads, and that it comes back. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HELP_PAGES } from '../../cli/help/help-pages';
import type { ProcessResult } from '../../cli/process';
import { Command } from './support/command';
import { pauseContainer } from './support/pause';
import { Steps } from './support/steps';
import { dockerOk, ecp, eventually, printLogs, removeCluster, testCluster } from './support/test-cluster';

jest.setTimeout(300_000);

const cluster = testCluster('ecp-commands', 41, { ECP_APP_SERVERS: '3' });
const page = join(cluster.folder, 'status.html');
const steps = new Steps();
const { step } = steps;
const container = (server: string) => `${cluster.name}-${server}`;

/** No command may hang on a server that does not answer; a busy machine needs some of this time. */
const COMES_BACK_SEC = 100;

async function say(words: readonly string[], input?: string, of = cluster): Promise<ProcessResult> {
  const start = Date.now();
  const result = await ecp(of, words, input);
  expect((Date.now() - start) / 1000).toBeLessThan(COMES_BACK_SEC);
  expect(result.stdout + result.stderr).not.toMatch(/\n\s+at .*:\d+|This is a defect|\r/);
  // eslint-disable-next-line no-control-regex -- escape sequences are what is looked for
  expect(result.stdout + result.stderr).not.toMatch(/\u001b/);
  return result;
}

interface StatusJson {
  readonly ok: boolean;
  readonly servers: readonly { readonly name: string; readonly state: string; readonly reason: string }[];
}
const states = async () => {
  const { code, stdout } = await say(['status', '--json']);
  const { ok, servers } = JSON.parse(stdout) as StatusJson;
  return { code, ok, servers: servers.map(({ name, state }) => `${name} ${state}`) };
};

/** The same name from an authority that the data server does not know, shown as a delivery shows files: by one rename. */
async function giveForeignCertificate(server: string): Promise<void> {
  const image = await dockerOk('inspect', '--format', '{{.Image}}', container(server));
  const script = `cd /files; cp -a "$(readlink current)" .foreign; cd .foreign/pki
    openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=${server} -keyout key -out cert 2>/dev/null
    for file in key cert; do cat "$file" >new; chmod 0400 new; chown 51773:51773 new; mv new "$file.pem"; rm "$file"; done
    cd /files; ln -s .foreign next; mv -T next current`;
  const volume = `${container(server)}-files:/files`;
  await dockerOk(
    'run',
    '--rm',
    '--user',
    '0',
    '--network',
    'none',
    '--volume',
    volume,
    '--entrypoint',
    'bash',
    image,
    '-euc',
    script,
  );
}

async function breakCluster(): Promise<void> {
  await giveForeignCertificate('app-server-1');
  await dockerOk('stop', container('app-server-2'));
  await eventually('the data server refuses app-server-1', 60, async () =>
    (await say(['exec', 'app-server-1', 'status'])).stdout.includes('"state": "Normal"') ? undefined : true,
  );
  await pauseContainer(container('data-server'));
  await eventually('app-server-3 misses the data server', 60, async () =>
    (await say(['exec', 'app-server-3', 'status'])).stdout.includes('"state": "Normal"') ? undefined : true,
  );
}

afterAll(async () => {
  if (steps.failed) await printLogs(cluster);
  await removeCluster(cluster);
});

describe('without a cluster', () => {
  step('status, verify and exec say that there is none', async () => {
    for (const words of [['status'], ['verify'], ['exec', 'app-server-1', 'status']]) {
      const { code, stderr } = await say(words);
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: `error: no server carries the label ecp.cluster=${cluster.name}; start the cluster with ./ecp up, or name another by --cluster or ECP_CLUSTER\n`,
      });
    }
  });

  step('down has nothing to remove', async () => {
    expect(await say(['down'])).toMatchObject({ code: 0, stderr: '' });
  });

  step('each command has help, which touches nothing', async () => {
    for (const name of Object.keys(HELP_PAGES)) {
      const { code, stdout, stderr } = await say([name, '--help']);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(new RegExp(`^usage: ./ecp ${name} ?.*[^]*\\nexit codes\\n[^]*\\nexamples\\n`));
    }
  });
});

describe('a healthy cluster', () => {
  step('up', async () => {
    const { code, stdout, stderr } = await say(['up', '--yes']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.match(/ Normal /g)).toHaveLength(4);
    for (const line of ['./ecp exec app-server-1 session', './ecp logs -f', 'npx cdktf diff'])
      expect(stdout).toContain(line);
  });

  step('up again changes nothing', async () => {
    const { code, stdout } = await say(['up', '--yes']);
    expect(stdout).toContain('0 added, 0 changed, 0 destroyed');
    expect(code).toBe(0);
  });

  step('up --check and setup', async () => {
    expect(await say(['up', '--check'])).toMatchObject({ code: 0, stderr: '' });
    const { code, stdout } = await say(['setup', '--yes']);
    expect(stdout).toContain('This machine is ready');
    expect(code).toBe(0);
  });

  step('status in every form', async () => {
    expect(await states()).toEqual({
      code: 0,
      ok: true,
      servers: ['data-server Normal', 'app-server-1 Normal', 'app-server-2 Normal', 'app-server-3 Normal'],
    });
    expect(await say(['status'])).toMatchObject({ code: 0, stderr: '' });
    const { code, stdout } = await say(['status', '--mermaid']);
    expect(stdout).toMatch(/^(---|flowchart|graph)/);
    expect(code).toBe(0);
    expect(await say(['status', '--html', page])).toMatchObject({ code: 0, stderr: '' });
    expect(readFileSync(page, 'utf8')).toContain('app-server-3');
    const watching = new Command(['status', '--watch'], cluster);
    await watching.prints(/app-server-3.*Normal/);
    watching.interrupt();
    expect((await watching.ended).code).toBe(0);
  });

  step('verify', async () => {
    const { code, stdout, stderr } = await say(['verify']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('All 4 servers agree.');
  });

  step('exec passes on input, output and exit code', async () => {
    expect(await say(['exec', 'app-server-1', 'set', '^demo.ecp(7)'], 'by hand')).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
    expect((await say(['exec', 'data-server', 'get', '^demo.ecp(7)'])).stdout).toBe('by hand\n');
    expect((await say(['exec', 'app-server-2', 'session'], 'write ^demo.ecp(7)\nhalt\n')).stdout).toContain('by hand');
    expect(await say(['exec', 'app-server-2', 'get', '^demo.ecp(8)'])).toMatchObject({
      code: 1,
      stderr: '<UNDEFINED> ^demo.ecp(8)\n',
    });
    expect(await say(['exec', 'app-server-2', 'get', 'demo'])).toMatchObject({ code: 2 });
    const { code, stderr } = await say(['exec', 'app-server-9', 'status']);
    expect(stderr).toMatch(
      /^error: 'SERVER' must be a server of cluster 'ecp-commands', got 'app-server-9'; servers are data-server, /,
    );
    expect(code).toBe(2);
  });
});

describe('a broken cluster: data server paused, a foreign certificate, a stopped server', () => {
  step('gets broken', breakCluster);

  step('status in every form', async () => {
    const { code, ok, servers } = await states();
    expect({ code, ok }).toEqual({ code: 1, ok: false });
    expect(servers).toEqual([
      'data-server paused',
      expect.stringMatching(/^app-server-1 (Trouble|Failed)$/),
      'app-server-2 exited',
      expect.stringMatching(/^app-server-3 (Trouble|Failed)$/),
    ]);
    const table = await say(['status']);
    expect(table.code).toBe(1);
    expect(table.stdout).toMatch(/^data-server +data server +paused/m);
    expect(table.stdout).toMatch(/✗ .*data-server: .*paused/);
    expect(table.stdout).toMatch(/✗ .*app-server-2: the container is not running \(exit code 0\)/);
    expect(table.stdout).toMatch(/! .*app-server-1: .*not those that were delivered/);
    const diagram = await say(['status', '--mermaid']);
    expect(diagram.stdout).toContain('paused');
    expect(diagram.code).toBe(1);
    expect(existsSync(page)).toBe(true);
    expect((await say(['status', '--html', page])).code).toBe(1);
    expect(readFileSync(page, 'utf8')).toContain('paused');
    const watching = new Command(['status', '--watch'], cluster);
    await watching.prints(/data-server.*paused/);
    watching.interrupt();
    expect((await watching.ended).code).toBe(1);
  });

  step('verify says which servers could not write', async () => {
    const { code, stderr } = await say(['verify']);
    expect(stderr).toMatch(/^✗ app-server-1 could not set \^demo\.ecp\("ecp\.verify","\w+",1\): .+$/m);
    expect(stderr).toMatch(
      /^✗ app-server-2 could not set \^demo\.ecp\("ecp\.verify","\w+",2\): it does not run \(exited, exit code 0\); \.\/ecp up starts it$/m,
    );
    expect(stderr.trim().split('\n')).toHaveLength(2);
    expect(code).toBe(1);
  });

  step('exec says whom it cannot ask, and what does not answer', async () => {
    expect(await say(['exec', 'data-server', 'get', '^demo.ecp(7)'])).toEqual({
      code: 3,
      stdout: '',
      stderr: `error: 'data-server' is paused; docker unpause ${container('data-server')} lets it go on\n`,
    });
    expect(await say(['exec', 'app-server-2', 'session'])).toEqual({
      code: 3,
      stdout: '',
      stderr: `error: 'app-server-2' does not run (exited, exit code 0); ./ecp up starts it\n`,
    });
    const { code, stdout, stderr } = await say(['exec', 'app-server-3', 'get', '^demo.ecp(7)']);
    expect(stderr).toMatch(/^ecp-node: (<NETWORK> no answer from data-server|this server does not serve).*\n$/);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect((await say(['exec', 'app-server-3', 'status'])).code).toBe(0);
  });

  step('up --check sees nothing that would stop an up, and setup has nothing to do with it', async () => {
    expect((await say(['up', '--check'])).code).toBe(0);
    expect((await say(['setup', '--yes'])).code).toBe(0);
  });

  step('up heals all three, says what, and loses nothing', async () => {
    const { code, stdout, stderr } = await say(['up', '--yes']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('healed data-server: it was paused');
    expect(stdout).toMatch(/^healed app-server-1: .*not those that were delivered/m);
    expect(stdout).toContain('healed app-server-2: it did not run (exit code 0)');
    expect(stdout.match(/ Normal /g)).toHaveLength(4);
    expect((await say(['exec', 'app-server-1', 'get', '^demo.ecp(7)'])).stdout).toBe('by hand\n');
  });

  step('down removes it although it is broken, and keeps the data', async () => {
    await breakCluster();
    const { code, stdout, stderr } = await say(['down']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`The data is kept in the volume ${cluster.name}-data`);
    expect(await dockerOk('ps', '--all', '--quiet', '--filter', `label=ecp.cluster=${cluster.name}`)).toBe('');
  });

  step('down --volumes without a terminal asks for --yes and removes nothing', async () => {
    // In CI nobody is asked.
    const elsewhere = { ...cluster, environment: { ...cluster.environment, CI: '' } };
    const { code, stderr } = await say(['down', '--volumes'], undefined, elsewhere);
    expect(stderr).toMatch(/^error: '--volumes' deletes all data in the volume ecp-commands-data, .*; add --yes\n$/);
    expect(code).toBe(1);
    expect(await dockerOk('volume', 'ls', '--quiet', '--filter', `name=^${cluster.name}-data$`)).not.toBe('');
    expect((await say(['down', '--volumes', '--yes'])).code).toBe(0);
  });
});
