/** What a running cluster shows of itself: the CIS numbers of its containers, and where its keys are found. docs/security.md. */
import { lstatSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { run } from '../../cli/process';
import { EcpCluster, ecpCisWaivers } from '../../constructs';
import { CONTAINER_RULES } from '../../constructs/cis/container-rules';
import { emptyStack } from '../synth';
import { readInspected, type Inspected } from './support/cis-inspect';
import { exec } from './support/docker';
import { StateSecrets } from './support/state-secrets';
import { Steps } from './support/steps';
import {
  PROJECT,
  dockerOk,
  ecpOk,
  eventually,
  printLogs,
  removeCluster,
  terraform,
  testCluster,
} from './support/test-cluster';

jest.setTimeout(300_000);

const cluster = testCluster('ecp-hostile-show', 6);
const SERVERS = ['data-server', 'app-server-1', 'app-server-2'];
const steps = new Steps();
const { step } = steps;
let containers: Inspected[];

beforeAll(async () => {
  await ecpOk(cluster, ['up', '--yes']);
  const ids = await dockerOk('ps', '--all', '--quiet', '--filter', `label=ecp.cluster=${cluster.name}`);
  containers = JSON.parse(await dockerOk('inspect', ...ids.split('\n'))) as Inspected[];
});

afterAll(async () => {
  try {
    if (steps.failed) await printLogs(cluster);
  } finally {
    await removeCluster(cluster);
  }
});

describe('the live containers', () => {
  step('keep the CIS rules but those that are waived, and break each of those', async () => {
    // GIVEN: the waivers of such a cluster, by the last two parts of their paths.
    const waivers = ecpCisWaivers(new EcpCluster(emptyStack(), 'ecp', { dataServerOptions: { webPort: 21000 } }));
    const waived = waivers.map(({ id, path }) => `${path.split('/').slice(2).join('/')} ${id}`);

    // WHEN
    const broken = containers.flatMap(container =>
      CONTAINER_RULES.filter(({ problem }) => problem(readInspected(container)) !== undefined).map(
        ({ id }) => `${nameOf(container)} ${id}`,
      ),
    );

    // THEN: a delivery inherits the health check of its image, which nobody asks.
    const expected = waived.filter(line => !line.endsWith('/delivery 5.27'));
    expect(broken.sort()).toEqual(expected.sort());
    expect(containers).toHaveLength(2 * SERVERS.length);
    await Promise.resolve();
  });

  step('are on the cluster’s network alone', async () => {
    for (const container of containers) {
      const networks = Object.keys(container.NetworkSettings.Networks);
      expect(networks).toEqual([nameOf(container).endsWith('delivery') ? 'none' : cluster.name]);
    }
    await Promise.resolve();
  });

  step(
    'run as an ordinary user without capabilities, and cannot write their root (5.4, 5.13, 5.26 inside)',
    async () => {
      for (const server of SERVERS) {
        const script =
          'grep -E "^(Uid|CapEff|CapBnd|NoNewPrivs):" /proc/1/status; touch /usr/x 2>&1; find / -xdev -perm /6000 -type f';
        const { stdout } = await exec(`${cluster.name}-${server}`, ['bash', '-c', script], { mayFail: true });
        expect(stdout.replace(/\t+/g, ' ').trim().split('\n')).toEqual([
          'Uid: 51773 51773 51773 51773',
          'CapEff: 0000000000000000',
          'CapBnd: 0000000000000000',
          'NoNewPrivs: 1',
          "touch: cannot touch '/usr/x': Read-only file system",
        ]);
      }
    },
  );

  step('run no sshd (5.7)', async () => {
    for (const server of SERVERS) {
      const { stdout } = await exec(`${cluster.name}-${server}`, ['bash', '-c', 'cat /proc/[0-9]*/comm'], {
        mayFail: true,
      });
      expect(stdout).toContain('haproxy');
      expect(stdout).not.toContain('sshd');
    }
  });
});

describe('private keys', () => {
  const secrets = (): readonly string[] => fingerprints(new StateSecrets(cluster.stateFile).privateKeys);

  step('are found where they belong: this is how the search finds them', async () => {
    const { stdout } = await exec(`${cluster.name}-data-server`, ['cat', '/ecp/files/pki/key.pem']);
    expect(found(stdout)).toHaveLength(1);
    expect(found(readFileSync(cluster.stateFile, 'utf8'))).toHaveLength(1 + SERVERS.length);
  });

  step('are in no environment, command, label or anything else that docker inspect shows', async () => {
    const kinds = await Promise.all([
      dockerOk('inspect', ...containers.map(({ Id }) => Id)),
      dockerOk('image', 'inspect', ...new Set(containers.map(({ Image }) => Image))),
      dockerOk('volume', 'inspect', ...(await volumes())),
      dockerOk('network', 'inspect', cluster.name),
    ]);
    for (const text of kinds) expect(found(text)).toEqual([]);
    expect(kinds.join('')).not.toContain('PRIVATE KEY');
  });

  step('are in no layer of the image', async () => {
    for (const image of new Set(containers.map(({ Image }) => Image))) {
      expect(found(await dockerOk('history', '--no-trunc', image))).toEqual([]);
      expect(await inArchive(['image', 'save', image])).toEqual([]);
    }
  });

  step('are in the file system of no container, a delivery that has ended included', async () => {
    for (const container of containers) {
      expect({ of: container.Name, found: await inArchive(['export', container.Id]) }).toEqual({
        of: container.Name,
        found: [],
      });
      const changed = await dockerOk('diff', container.Id);
      expect(changed).not.toMatch(/\.pem|\/delivery\/./);
    }
  });

  step('would be found in the file system of a container that has one', async () => {
    const name = `${cluster.name}-control`;
    await dockerOk('create', '--name', name, '--label', `ecp.cluster=${cluster.name}`, containers[0]!.Image);
    const folder = mkdtempSync(join(tmpdir(), 'ecp-control-'));
    writeFileSync(join(folder, 'note'), `a key: ${new StateSecrets(cluster.stateFile).privateKeys[0]}`, {
      mode: 0o600,
    });
    await dockerOk('cp', join(folder, 'note'), `${name}:/opt/note`);
    rmSync(folder, { recursive: true });
    expect(await inArchive(['export', name])).toHaveLength(1);
    await dockerOk('rm', '--volumes', name);
  });

  step('are in no log', async () => {
    for (const { Id } of containers) {
      const { stdout, stderr } = await run('docker', ['logs', Id]);
      expect(found(stdout + stderr)).toEqual([]);
    }
  });

  step('are in no output of Terraform', async () => {
    const json = await terraform(cluster, ['output', '-json']);
    expect(json.stdout).toContain('data-server');
    expect(found(json.stdout)).toEqual([]);
    const plan = await terraform(cluster, ['plan', '-no-color', '-input=false', '-refresh=false']);
    expect(plan.stdout).toContain('No changes');
    expect(found(plan.stdout + plan.stderr)).toEqual([]);
  });

  step('are readable for root and the servers alone', async () => {
    for (const server of SERVERS) {
      const script =
        'find -L /ecp/files/ -type f -name "*key*" -printf "%m %U\\n" | sort -u; grep -rlE "PRIVATE KEY" /run /tmp /durable 2>/dev/null | xargs -r stat -c "%a %u %n"';
      const { stdout } = await exec(`${cluster.name}-${server}`, ['bash', '-c', script], { mayFail: true });
      for (const line of stdout.trim().split('\n')) expect(line).toMatch(/^[46]00 51773( |$)/);
    }
  });

  step('are in no file of this machine that others can read', async () => {
    const files = [cluster.folder, join(PROJECT, 'cdktf.out'), join(PROJECT, '.ecp')].flatMap(openFiles);
    expect(files.length).toBeGreaterThan(0);
    expect(files.filter(file => found(readFileSync(file, 'latin1')).length > 0)).toEqual([]);
  });

  function found(text: string): string[] {
    return secrets().filter(secret => text.includes(secret));
  }

  /** Searches what docker writes as an archive. A key's line of 64 characters is short enough not to be split by tar. */
  async function inArchive(args: readonly string[]): Promise<string[]> {
    const folder = mkdtempSync(join(tmpdir(), 'ecp-archive-'));
    try {
      const file = join(folder, 'archive.tar');
      await dockerOk(...args, '--output', file);
      // The archive as it is holds every file of an export; an image's layers are files of their own and may be compressed.
      if (args[0] === 'image') await run('tar', ['--extract', '--file', file, '--directory', folder]);
      const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(each => join(folder, each));
      const texts = files.filter(isFile).map(each => plain(readFileSync(each)).toString('latin1'));
      return secrets().filter(secret => texts.some(text => text.includes(secret)));
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
});

describe('the number of processes in a container', () => {
  step('is bounded by its memory limit, where docker provider 4.6 cannot set a limit of its own (5.29)', async () => {
    // GIVEN
    const server = `${cluster.name}-app-server-2`;
    const since = await startedAt();

    // WHEN: 4,000 processes are asked for, each of a few kilobytes of its own.
    const bomb = 'for ((i = 1; i <= 4000; i++)); do sleep 60 & ((i % 50)) || echo "$i"; done 2>/dev/null';
    const { stdout } = await exec(server, ['bash', '-c', bomb], { mayFail: true, timeoutSec: 60 });
    const pids = stdout.trim().split('\n').pop();

    // THEN: fewer came about; the others stayed Normal, and this one is Normal again.
    console.log(`${pids} processes of 4000 in a container of 128 MiB`);
    expect(Number(pids)).toBeLessThan(4000);
    await exec(server, ['bash', '-c', 'kill -9 -1'], { mayFail: true, timeoutSec: 30 });
    await eventually('all servers Normal', 60, async () => {
      const { stdout } = await run(join(PROJECT, 'ecp'), ['status', '--json'], { env: cluster.environment });
      return (JSON.parse(stdout) as { ok: boolean }).ok ? true : undefined;
    });
    expect((await startedAt()).slice(0, 2)).toEqual(since.slice(0, 2));
  });

  async function startedAt(): Promise<string[]> {
    const names = SERVERS.map(server => `${cluster.name}-${server}`);
    return (await dockerOk('inspect', '--format', '{{.State.StartedAt}}', ...names)).split('\n');
  }
});

/** A container's place in the construct tree: `data-server/Resource`. */
function nameOf({ Config }: Inspected): string {
  const { 'ecp.server': server = '', 'ecp.role': role = '' } = Config.Labels;
  return `${server}/${role === 'delivery' ? role : 'Resource'}`;
}

/** A line of each key with its secret number: what a copy of it in any form of text would still hold. */
function fingerprints(keys: readonly string[]): string[] {
  return keys.map(key => {
    const line = key.split('\n')[key.startsWith('-----BEGIN EC ') ? 1 : 10];
    if (line?.length !== 64) throw new Error('a private key has another form than this search knows');
    return line;
  });
}

async function volumes(): Promise<string[]> {
  return (await dockerOk('volume', 'ls', '--quiet', '--filter', `name=^${cluster.name}-`)).split('\n');
}

function isFile(path: string): boolean {
  return lstatSync(path).isFile();
}

function plain(content: Buffer): Buffer {
  return content[0] === 0x1f && content[1] === 0x8b ? gunzipSync(content) : content;
}

function openFiles(folder: string): string[] {
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (!stats || (stats.mode & 0o007) === 0) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return openFiles(path);
    return entry.isFile() && (statSync(path).mode & 0o004) !== 0 && statSync(path).size < 20_000_000 ? [path] : [];
  });
}
