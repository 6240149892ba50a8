import { copyFileSync, rmSync } from 'node:fs';
import { run } from '../../cli/process';
import { pauseContainer } from './support/pause';
import { Steps } from './support/steps';
import {
  dockerOk,
  ecp,
  ecpOk,
  printLogs,
  removeCluster,
  terraform,
  testCluster,
  type TestCluster,
} from './support/test-cluster';

jest.setTimeout(400_000);

const cluster = testCluster('ecp-drift', 25);
const FIRST = `${cluster.name}-app-server-1`;
const SECOND = `${cluster.name}-app-server-2`;
const DATA = `${cluster.name}-data-server`;
const FOREIGN = `${cluster.name}-foreign`;
const steps = new Steps();
const { step } = steps;

/** What somebody does by hand, what a plan makes of it, and what `./ecp status` says. */
interface ByHand {
  readonly name: string;
  readonly provoke: () => Promise<unknown>;
  /** What the plan does to which container or volume; a plan that sees nothing is `[]`. */
  readonly plan: readonly string[];
  readonly says: readonly string[];
  /** `./ecp status` calls it a state of the server and not a difference. */
  readonly isState?: boolean;
}

/** Changes of one round are seen, told apart and healed together. */
const ROUNDS: readonly { readonly name: string; readonly drift: readonly ByHand[] }[] = [
  {
    name: 'what a plan does not see',
    drift: [
      {
        name: 'a server is disconnected from its network',
        provoke: () => dockerOk('network', 'disconnect', cluster.name, FIRST),
        plan: [],
        says: [`app-server-1: it is disconnected from the network '${cluster.name}'`],
      },
      {
        name: 'a server is connected to a foreign network',
        provoke: () => dockerOk('network', 'connect', FOREIGN, DATA),
        plan: [],
        says: [`data-server: it is connected to the network '${FOREIGN}', which is not the cluster's`],
      },
      {
        name: 'files of a running server are changed',
        provoke: () =>
          edit(
            'app-server-2',
            'echo >>config.json; for f in cert key ca; do echo >>pki/$f.pem; done; echo x >pki/more',
          ),
        plan: [],
        says: [
          'app-server-2: config.json, pki/ca.pem, pki/cert.pem, pki/key.pem were changed by hand',
          'app-server-2: pki/more was added by hand',
        ],
      },
      {
        name: 'a name is added to authorized-clients, as sed -i does it',
        provoke: () => edit('data-server', "sed -i '$aCN=stranger' authorized-clients"),
        plan: [],
        says: ['data-server: authorized-clients was changed by hand'],
      },
    ],
  },
  {
    name: 'what a plan does not see in servers that do not run',
    drift: [
      {
        name: 'a server is paused',
        provoke: () => pauseContainer(FIRST),
        plan: [],
        says: ['app-server-1: the container is paused'],
        isState: true,
      },
      {
        name: 'a file is removed and the server stopped',
        provoke: async () => {
          await edit('app-server-2', 'rm current/pki/key.pem');
          await dockerOk('stop', SECOND);
        },
        plan: ['update app-server-2'],
        says: ['app-server-2: the container is not running (exit code 0)'],
        isState: true,
      },
    ],
  },
  {
    name: 'what a plan sees',
    drift: [
      {
        name: 'the data server is stopped',
        provoke: () => dockerOk('stop', DATA),
        plan: ['update data-server'],
        says: ['data-server: the container is not running (exit code 0)'],
        isState: true,
      },
      {
        name: 'docker update gives a server more memory',
        provoke: () => dockerOk('update', '--memory', '160m', '--memory-swap', '160m', '--restart', 'no', FIRST),
        plan: ['update app-server-1'],
        says: [
          'app-server-1: the memory limit in MiB is 160, deployed was 128',
          'app-server-1: the restart policy is no, deployed was unless-stopped',
        ],
      },
      {
        name: 'a server is removed',
        provoke: () => dockerOk('rm', '--force', SECOND),
        plan: ['create app-server-2'],
        says: ['app-server-2: its container is gone'],
      },
      {
        name: 'a delivery is removed',
        provoke: () => dockerOk('rm', `${DATA}-files`),
        plan: ['create data-server-files'],
        says: ['data-server: the container that delivered its files is gone'],
      },
    ],
  },
  {
    name: 'what a plan sees and an apply cannot do',
    drift: [
      {
        name: 'a server is made anew with another environment and another label',
        provoke: () => recreate('app-server-1', ['--env', 'ECP_CONFIG_SHA256=0'], ['--label', 'ecp.web=by-hand']),
        plan: ['create app-server-1'],
        says: [
          'app-server-1: its container was made by hand, not by Terraform: another value of the variable ECP_CONFIG_SHA256, another value of the label ecp.web',
        ],
      },
      {
        name: 'a server is renamed',
        provoke: () => dockerOk('rename', SECOND, `${SECOND}-old`),
        plan: ['delete,create app-server-2'],
        says: [`app-server-2: the container is called '${SECOND}-old', deployed was '${SECOND}'`],
      },
    ],
  },
];

/** Changes the files of a server as root, through its volume. */
async function edit(server: string, script: string): Promise<void> {
  const image = await dockerOk('inspect', '--format', '{{.Image}}', DATA);
  const volume = `${cluster.name}-${server}-files:/files`;
  const run = ['run', '--rm', '--network', 'none', '--user', '0', '--volume', volume, '--workdir', '/files'];
  await dockerOk(...run, '--entrypoint', 'bash', image, '-euc', script);
}

/** Removes a server's container and makes one of the same name, as a person would who wants to change one thing. */
async function recreate(server: string, ...options: readonly string[][]): Promise<void> {
  const name = `${cluster.name}-${server}`;
  const [found] = JSON.parse(await dockerOk('inspect', name)) as { Image: string; Config: { Labels: object } }[];
  const ours = Object.entries(found!.Config.Labels).filter(([label]) => label.startsWith('ecp.'));
  const labels = ours.flatMap(([label, value]) => ['--label', `${label}=${value}`]);
  await dockerOk('rm', '--force', name);
  const place = ['--name', name, '--network', cluster.name, '--network-alias', server, '--hostname', server];
  const files = ['--volume', `${name}-files:/ecp/files:ro`, '--env', 'ECP_ROLE=app-server'];
  await dockerOk('run', '--detach', ...place, ...files, ...labels, ...options.flat(), found!.Image);
}

/** What the next plan would do, without the image's and the certificates' part, of which there must be none. */
async function planned(of: TestCluster): Promise<string[]> {
  const file = `${of.folder}/plan`;
  const plan = await terraform(of, ['plan', '-input=false', '-no-color', '-lock=false', `-out=${file}`]);
  if (plan.code !== 0) throw new Error(`terraform plan: ${plan.stdout}${plan.stderr}`);
  const shown = JSON.parse((await terraform(of, ['show', '-json', file])).stdout) as {
    resource_changes: { address: string; change: { actions: string[]; before?: Named; after?: Named } }[];
  };
  return shown.resource_changes
    .filter(({ change }) => change.actions.join() !== 'no-op')
    .map(({ address, change: { actions, before, after } }) => {
      const name = (after?.name ?? before?.name ?? address).replace(`${of.name}-`, '');
      return `${actions.join()} ${name}`;
    })
    .sort();
}

interface Named {
  readonly name?: string;
}

async function expectAllWell(): Promise<void> {
  const status = await ecp(cluster, ['status']);
  expect({ code: status.code, says: status.stdout + status.stderr }).toMatchObject({ code: 0 });
  expect(await planned(cluster)).toEqual([]);
  expect(await ecpOk(cluster, ['exec', 'app-server-1', 'get', '^demo.drift'])).toBe('kept\n');
}

describe('what differs from what was deployed', () => {
  beforeAll(async () => {
    await ecpOk(cluster, ['up', '--yes']);
    await ecpOk(cluster, ['exec', 'app-server-2', 'set', '^demo.drift'], 'kept');
    await ecpOk(cluster, ['exec', 'app-server-2', 'sync']);
    await dockerOk('network', 'create', '--label', `ecp.test=${cluster.name}`, FOREIGN);
  });

  afterAll(async () => {
    try {
      if (steps.failed) await printLogs(cluster);
    } finally {
      await removeCluster(cluster);
      await run('docker', ['network', 'rm', FOREIGN], { timeoutSec: 60 });
    }
  });

  step('is nothing after a deploy', expectAllWell);

  for (const { name, drift } of ROUNDS) {
    describe(name, () => {
      for (const { name: what, provoke } of drift)
        step(`${what}`, async () => {
          await provoke();
        });

      step('the plan', async () => {
        expect(await planned(cluster)).toEqual(drift.flatMap(({ plan }) => plan).sort());
      });

      step('./ecp status names each and ends with exit code 1', async () => {
        const { code, stdout } = await ecp(cluster, ['status']);
        expect({ code, stdout }).toMatchObject({ code: 1 });
        for (const line of drift.flatMap(({ says }) => says)) expect(stdout).toContain(` ${line}`);
      });

      step('./ecp up heals all, says what, and keeps the data', async () => {
        const output = await ecpOk(cluster, ['up', '--yes']);
        for (const { says, isState } of drift)
          for (const line of says) expect(output).toContain(`healed ${isState ? line.split(':')[0] : line}`);
        await expectAllWell();
      });
    });
  }

  describe('a state that is gone', () => {
    step('makes the cluster anew around its data, whatever was done to it by hand', async () => {
      await dockerOk('network', 'connect', FOREIGN, DATA);
      await pauseContainer(FIRST);
      rmSync(`${cluster.folder}/state`, { recursive: true });
      const output = await ecpOk(cluster, ['up', '--yes']);
      expect(output).toContain(`removed container ${DATA}, which the state does not know`);
      await expectAllWell();
    });

    step('or is older than the cluster, without the output folder: what it does not know is made anew', async () => {
      copyFileSync(cluster.stateFile, `${cluster.folder}/older.tfstate`);
      const another = { ECP_CONFIG_VARIABLES: '{"CLIENT_SYSTEMS":"app-server-1"}' };
      const environment = { ...cluster.environment, ECP_APP_SERVERS: '3', ...another };
      await ecpOk({ ...cluster, environment }, ['up', '--yes']);
      copyFileSync(`${cluster.folder}/older.tfstate`, cluster.stateFile);
      const { code, stdout } = await ecp(cluster, ['status']);
      expect(code).toBe(1);
      expect(stdout).toContain('data-server: its container was made by hand, not by Terraform');
      rmSync(`${cluster.folder}/out`, { recursive: true });
      const output = await ecpOk(cluster, ['up', '--yes', '--allow-destroy']);
      expect(output).toContain(`removed container ${cluster.name}-app-server-3, which the state does not know`);
      await expectAllWell();
    });
  });
});
