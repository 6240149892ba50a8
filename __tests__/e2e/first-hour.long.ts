/** Surprises that cost a cluster or data: each is asked about, or refused before anything is changed. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Steps } from './support/steps';
import {
  PROJECT,
  dockerOk,
  ecp,
  ecpOk,
  printLogs,
  removeCluster,
  testCluster,
  type TestCluster,
} from './support/test-cluster';

jest.setTimeout(180_000);

const NAME = 'ecp-first-hour';
/** Two clones of the project on one Docker host, both with the cluster's name of the settings. */
const mine = testCluster(NAME, 55);
const theirs = testCluster(NAME, 55);
const steps = new Steps();
const { step } = steps;

const with3 = (cluster: TestCluster): TestCluster => ({
  ...cluster,
  environment: { ...cluster.environment, ECP_APP_SERVERS: '3' },
});
const ids = (): Promise<string> => dockerOk('ps', '--all', '--quiet', '--filter', `label=ecp.cluster=${NAME}`);
const read = (cluster: TestCluster): Promise<string> => ecpOk(cluster, ['exec', 'app-server-1', 'zwrite', '^demo.ecp']);

/** A command that ends with a code and a sentence, and leaves every container where it is. */
async function expectRefused(
  cluster: TestCluster,
  args: readonly string[],
  sentence: string,
  expected = 1,
): Promise<void> {
  const before = await ids();
  const { code, stdout, stderr } = await ecp(cluster, args);
  expect({ args, code, says: stdout + stderr }).toEqual({
    args,
    code: expected,
    says: expect.stringContaining(sentence) as string,
  });
  expect(await ids()).toBe(before);
}

afterAll(async () => {
  if (steps.failed) await printLogs(mine);
  await removeCluster(theirs);
  await removeCluster(mine);
});

const DOCUMENT = join(PROJECT, 'config-files', 'data-server.json');
const WRITTEN = '^demo.ecp(1)="written by hand"\n^demo.ecp(2)="and another"\n';

step('up, and a few values as README has them written', async () => {
  await ecpOk(mine, ['up', '--yes']);
  await ecpOk(mine, ['exec', 'app-server-1', 'set', '^demo.ecp(1)'], 'written by hand');
  await ecpOk(mine, ['exec', 'app-server-2', 'set', '^demo.ecp(2)'], 'and another');
  await ecpOk(mine, ['exec', 'app-server-2', 'sync']);
});

step('verify removes what it wrote, and leaves alone what others wrote', async () => {
  expect(await ecpOk(mine, ['verify'])).toContain('All 3 servers agree.');
  expect(await read(mine)).toBe(WRITTEN);
  await expectRefused(
    { ...mine, environment: { ...mine.environment, CI: '' } },
    ['verify', '--full'],
    `'--full' restarts every server of '${NAME}', kills the data server and renews all certificates, and there is no terminal`,
  );
});

step('the clusters of the host are listed, and each can be named by an option', async () => {
  const lines = (await ecpOk(mine, ['ls'])).split('\n');
  expect(lines.filter(line => line.startsWith(`${NAME} `))).toEqual([
    expect.stringMatching(new RegExp(`^${NAME} +rehearsal +3 of 3 healthy +${NAME}-data +.*:${mine.stateFile}$`)),
  ]);
  const unnamed = { ...mine, environment: { ...mine.environment, ECP_CLUSTER: '' } };
  expect(await ecpOk(unnamed, ['rotate', 'app-server-1', '--cluster', NAME])).toContain('One server has a new key');
  expect(await ecpOk(unnamed, ['up', '--yes', '--cluster', NAME])).toContain('0 added, 0 changed, 0 destroyed');
});

describe('a config file with which no server becomes Normal', () => {
  const SERVICE = '/Security.Services/%Service_ECP/Enabled: must be true';
  const cases: readonly [section: string, value: unknown, sentence: string][] = [
    ['Security.Services', { '%Service_ECP': { Enabled: false } }, `${SERVICE}, since a server without ECP`],
    ['Security.Services', undefined, SERVICE],
    ['Databases', undefined, '/Databases: must have an entry'],
  ];
  step('is refused before anything is replaced', async () => {
    const file = join(mine.folder, 'data-server.json');
    const document = JSON.parse(readFileSync(DOCUMENT, 'utf8')) as object;
    const changed = { ...mine, environment: { ...mine.environment, ECP_DATA_SERVER_CONFIG_FILE: file } };
    for (const [section, value, sentence] of cases) {
      writeFileSync(file, JSON.stringify({ ...document, [section]: value }));
      for (const args of [
        ['up', '--check'],
        ['up', '--yes'],
      ])
        await expectRefused(changed, args, sentence, 2);
    }
    await ecpOk(mine, ['status']);
  });
});

describe('a second clone', () => {
  step('does not take the cluster over without being told to, and says whose it is', async () => {
    const whose = `is not from the state '${theirs.stateFile}', and it was deployed from `;
    await expectRefused(theirs, ['up', '--yes'], whose);
    await expectRefused(theirs, ['up', '--yes'], `:${mine.stateFile}; a deploy from here would recreate its servers`);
    await expectRefused(theirs, ['up', '--check'], whose);
    await expectRefused(theirs, ['down', '--yes'], whose);
    await ecpOk(mine, ['status']);
  });
});

describe('a plain up', () => {
  step('after one with more servers destroys none without being told to', async () => {
    await ecpOk(with3(mine), ['up', '--yes']);
    await expectRefused(mine, ['up', '--yes'], 'app-server-3 would be destroyed, since the settings do not have it');
    const output = await ecpOk(mine, ['up', '--yes', '--allow-destroy']);
    expect(output).toContain('will be destroyed: app-server-3\n');
    expect((await ecpOk(mine, ['status'])).match(/ Normal /g)).toHaveLength(3);
  });
});

describe('a second clone that adopts', () => {
  step('goes on with the data, and the first one learns of it', async () => {
    await ecpOk(theirs, ['up', '--yes', '--adopt']);
    expect(await read(theirs)).toBe(WRITTEN);
    expect(await ecpOk(mine, ['status'])).toContain(`is not from the state '${mine.stateFile}', and it was deployed`);
    expect(await ecpOk(theirs, ['status'])).not.toContain('is not from the state');
    await expectRefused(mine, ['up', '--yes'], `:${theirs.stateFile}; a deploy from here`);
  });
});

step('down leaves the data, which ls goes on listing', async () => {
  await ecpOk(theirs, ['down', '--yes']);
  expect(await ecpOk(theirs, ['ls'])).toMatch(
    new RegExp(`^${NAME} +- +none +${NAME}-data +.*:${theirs.stateFile}$`, 'm'),
  );
});
