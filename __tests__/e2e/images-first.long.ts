// ecp-test: on demand
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readFacts } from '../../app/machine-facts';
import { REGISTRY_IMAGE } from '../../cli/machine/base-image';
import { run } from '../../cli/process';
import { imagesInState, type ImageInState } from '../../cli/terraform/terraform';
import { Steps } from './support/steps';
import { dockerOk, ecp, ecpOk, must, printLogs, removeCluster, terraform, testCluster } from './support/test-cluster';

jest.setTimeout(180_000);

const BASE = 'ecp-image-first-base:1';
const EMPTY = 'ecp-image-first-empty:1';

const cluster = testCluster('ecp-image-first', 58, { ECP_APP_SERVERS: '1', ECP_REHEARSAL_BASE_IMAGE: BASE });
const steps = new Steps();
const folder = mkdtempSync(join(tmpdir(), 'ecp-image-first-'));
let before: string;

const containers = (): Promise<string> =>
  dockerOk('ps', '--quiet', '--no-trunc', '--filter', `label=ecp.cluster=${cluster.name}`);

/** What the state knows of the built image. */
function built(): ImageInState | undefined {
  return [...imagesInState(cluster.stateFile).values()].find(({ build }) => build && build.length > 0);
}

async function expectNothingToDo(): Promise<void> {
  expect(await containers()).toBe(before);
  const plan = await terraform(cluster, ['plan', '-input=false', '-no-color', '-detailed-exitcode']);
  expect(plan).toMatchObject({ code: 0 });
}

/** `up` with other variables ends in words of its own, and all servers go on running. */
async function expectRefusal(environment: Readonly<Record<string, string>>, words: RegExp): Promise<void> {
  const changed = { ...cluster, environment: { ...cluster.environment, ...environment } };
  const { code, stderr } = await ecp(changed, ['up', '--yes']);
  expect(await containers()).toBe(before);
  expect(stderr).toMatch(words);
  expect(stderr).toContain('No server was touched');
  expect(code).toBe(1);
}

beforeAll(async () => {
  // An id of its own: who takes the name away takes the image away.
  const from = readFacts().rehearsalBaseImage ?? REGISTRY_IMAGE;
  const dockerfile = `FROM ${from}\nLABEL ecp.test=images-first\n`;
  must(await run('docker', ['build', '--quiet', '--tag', BASE, '-'], { input: dockerfile, timeoutSec: 120 }), 'build');
  must(await run('docker', ['import', '-', EMPTY], { input: '\0'.repeat(10240), timeoutSec: 60 }), 'docker import');
  await dockerOk('save', '--output', join(folder, 'base.tar'), BASE);
  await ecpOk(cluster, ['up', '--yes']);
}, 180_000);

afterAll(async () => {
  if (steps.failed) await printLogs(cluster);
  const name = built()?.name ?? '';
  await removeCluster(cluster);
  for (const image of [name, BASE, EMPTY].filter(Boolean)) await run('docker', ['image', 'rm', '--force', image]);
  rmSync(folder, { recursive: true, force: true });
}, 120_000);

// Each looks at the servers that it began with.
beforeEach(async () => {
  before = await containers();
});

describe('images come before servers go', () => {
  const refusals: readonly [string, Readonly<Record<string, string>>, RegExp][] = [
    [
      'a base image that no registry has',
      { ECP_REHEARSAL_BASE_IMAGE: 'nosuch.invalid/nosuch:1' },
      /fetch the base image/,
    ],
    ['a RUN that fails', { ECP_REHEARSAL_BASE_IMAGE: EMPTY }, /build the image/],
  ];
  for (const [what, environment, words] of refusals) {
    steps.step(`${what} leaves all servers running, and going back changes nothing`, async () => {
      await expectRefusal(environment, words);
      await ecpOk(cluster, ['up']);
      await expectNothingToDo();
    });
  }

  steps.step('a builder that is named by the environment, and gone, changes nothing', async () => {
    const named = { ...cluster, environment: { ...cluster.environment, BUILDX_BUILDER: 'ecp-no-such-builder' } };
    await ecpOk(named, ['up']);
    await expectNothingToDo();
  });

  steps.step('a built image that lost its name gets it back', async () => {
    await dockerOk('image', 'rm', '--force', built()!.name);
    const output = await ecpOk(cluster, ['up']);
    expect(output).toContain('its name back');
    await expectNothingToDo();
  });

  steps.step(
    "a built image's name that another image has now is not taken from it, and comes back when it is free",
    async () => {
      const { name, image_id: id } = built()!;
      await dockerOk('tag', EMPTY, name);
      const { code, stderr } = await ecp(cluster, ['up', '--yes']);
      expect(await containers()).toBe(before);
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: expect.stringContaining(`docker image rm ${name}`) as string,
      });
      await dockerOk('image', 'rm', name);
      await ecpOk(cluster, ['up']);
      expect(await dockerOk('image', 'inspect', '--format', '{{.Id}}', name)).toBe(id);
      await expectNothingToDo();
    },
  );

  steps.step('a base image that lost its name gets it back', async () => {
    await dockerOk('tag', BASE, `${BASE}-kept`);
    try {
      await dockerOk('image', 'rm', BASE);
      await ecpOk(cluster, ['up']);
    } finally {
      await run('docker', ['image', 'rm', `${BASE}-kept`]);
    }
    await expectNothingToDo();
  });

  steps.step(
    'a base image that is gone is fetched again before anything else, and the same one replaces nothing',
    async () => {
      await dockerOk('image', 'rm', BASE);
      await expectRefusal({}, /fetch the base image/);
      await dockerOk('load', '--input', join(folder, 'base.tar'));
      await ecpOk(cluster, ['up']);
      await expectNothingToDo();
    },
  );
});
