import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { applyDeliveryPlan } from '../../cli/rotation/delivery-plan';
import { applyWithSecondTry } from '../../cli/terraform/second-apply';
import { fakeProgram, removeFolders, temporaryFolder } from './machine-fakes';

const KEY = 'tls_private_key.pki_app-server-1_key_D9FC22D6';
const DELIVERY = 'docker_container.ecp_app-server-2_delivery_0900AE3B';
const FAILED = JSON.stringify({
  type: 'diagnostic',
  diagnostic: { severity: 'error', summary: 'Resource postcondition failed', detail: '', address: DELIVERY },
});

let folder: string;
let begun: number;
beforeEach(() => {
  folder = temporaryFolder();
  writeFileSync(join(folder, 'cdk.tf.json'), JSON.stringify({ resource: {} }));
  begun = 0;
  jest.spyOn(console, 'error').mockImplementation();
});
afterEach(() => {
  jest.restoreAllMocks();
  removeFolders();
});

/** A Terraform that notes its arguments and makes the plan's file; each command does as told. */
function fakeTerraform(how: { plan?: string; apply?: string }): void {
  fakeProgram(
    folder,
    'terraform',
    `echo "$*" >>'${folder}/calls'; calls=$(wc -l <'${folder}/calls')
     case "$1" in plan) touch '${folder}/rotate.plan'; ${how.plan ?? 'true'};; apply) ${how.apply ?? 'true'};; show) echo '{}';; esac`,
  );
}

/** What each call was to replace, or whether it applied the plan. */
function calls(): string[] {
  return readFileSync(join(folder, 'calls'), 'utf8')
    .trim()
    .split('\n')
    .map(line =>
      [line.split(' ')[0], ...[...line.matchAll(/-replace=(\S+)/g)].map(([, address]) => address)].join(' '),
    );
}

const workspace = () => ({ terraform: join(folder, 'terraform'), directory: folder });
const rotate = (replace = [KEY]) =>
  applyDeliveryPlan(workspace(), { replace, onBegin: () => void begun++, progress: () => undefined });
const planned = (action: string, addr: string) =>
  `echo '${JSON.stringify({ type: 'planned_change', change: { resource: { addr }, action } })}'`;

/** Waits to be interrupted, then ends as told. */
const waits = (end: string) => `trap '${end}' INT; touch '${folder}/ready'; while :; do sleep 0.05; done`;

/** Gives this process a signal as soon as Terraform waits for it. */
async function interrupted<T>(work: Promise<T>): Promise<T> {
  const ticker = setInterval(() => {
    if (!existsSync(join(folder, 'ready'))) return;
    clearInterval(ticker);
    process.emit('SIGTERM');
  }, 20);
  return work.finally(() => clearInterval(ticker));
}

describe('a delivery that failed', () => {
  test('earlier stops the plan: the next one replaces the keys too', async () => {
    fakeTerraform({ plan: `[ $calls -gt 1 ] || { echo '${FAILED}'; exit 1; }` });
    expect(await rotate()).toMatchObject({ ok: true, interrupted: false });
    expect(calls()).toEqual([`plan ${KEY}`, `plan ${KEY} ${DELIVERY}`, 'apply']);
    expect(begun).toBe(1);
  });

  test('in the apply is made anew alone: the keys are new already', async () => {
    fakeTerraform({ apply: `[ $calls -gt 2 ] || { echo '${FAILED}'; exit 1; }` });
    expect(await rotate()).toMatchObject({ ok: true });
    expect(calls()).toEqual([`plan ${KEY}`, 'apply', `plan ${DELIVERY}`, 'apply']);
  });

  test('does not drop the deliveries that ./ecp up was to repeat', async () => {
    fakeTerraform({ apply: `[ $calls -gt 1 ] || { echo '${FAILED}'; exit 1; }` });
    const other = 'docker_container.ecp_data-server_delivery_4E911E02';
    const result = await applyWithSecondTry(workspace(), { replace: [other], progress: () => undefined });
    expect(result.ok).toBe(true);
    expect(calls()).toEqual([`apply ${other}`, `apply ${other} ${DELIVERY}`]);
  });
});

describe('a container that was started before its overlay was there', () => {
  const late = (words: string): string =>
    JSON.stringify({
      type: 'diagnostic',
      diagnostic: {
        severity: 'error',
        summary: `Unable to start container: Error response from daemon: ${words}`,
        detail: '',
      },
    });

  test('is started by a second apply, which replaces what the first was to replace', async () => {
    fakeTerraform({ apply: `[ $calls -gt 1 ] || { echo '${late('network 8rhbho0a8ovn not found')}'; exit 1; }` });
    const result = await applyWithSecondTry(workspace(), { replace: [DELIVERY], progress: () => undefined });
    expect(result.ok).toBe(true);
    expect(calls()).toEqual([`apply ${DELIVERY}`, `apply ${DELIVERY}`]);
  });

  test.each(['address already in use', 'volume x not found'])('is not one that failed for %s', async words => {
    fakeTerraform({ apply: `echo '${late(words)}'; exit 1` });
    expect((await applyWithSecondTry(workspace(), { progress: () => undefined })).ok).toBe(false);
    expect(calls()).toHaveLength(1);
  });
});

describe('a plan', () => {
  test.each([
    ['replace', 'docker_container.ecp_data-server_4E911E02', 'to be replaced'],
    ['update', 'docker_container.ecp_app-server-1_4E911E02', 'to be updated'],
    ['create', 'docker_volume.ecp_files_4E911E02', 'to be added'],
    ['replace', 'tls_private_key.pki_ca-1_key_839F7639', 'to be replaced'],
    ['replace', 'tls_private_key.pki_app-server-2_key_B5A2F482', 'to be replaced'],
  ])('that would %s %s is refused before anything begins, and its file goes', async (action, address, words) => {
    fakeTerraform({ plan: planned(action, address) });
    await expect(rotate()).rejects.toThrow(`the settings want more than that (${address}: ${words})`);
    expect(calls()).toEqual([`plan ${KEY}`, 'show']);
    expect(begun).toBe(0);
    expect(existsSync(join(folder, 'rotate.plan'))).toBe(false);
  });

  test('of files is applied: keys that were asked for, a new authority, one that is given up, deliveries', async () => {
    const changes = [
      planned('replace', KEY),
      planned('create', 'tls_private_key.pki_ca-2_key_839F7639'),
      planned('delete', 'tls_private_key.pki_ca-1_key_4E911E02'),
      planned('replace', DELIVERY),
    ];
    fakeTerraform({ plan: changes.join(';') });
    expect(await rotate()).toMatchObject({ ok: true, signalled: false });
    expect(calls()).toEqual([`plan ${KEY}`, 'apply']);
  });

  test.each([
    ['ends by it', 'exit 1'],
    ['ends well all the same', 'exit 0'],
  ])('that gets a signal and %s is not applied, and its file goes', async (_, end) => {
    fakeTerraform({ plan: waits(end) });
    expect(await interrupted(rotate())).toMatchObject({ ok: false, interrupted: true });
    expect(calls()).toEqual([`plan ${KEY}`]);
    expect(existsSync(join(folder, 'rotate.plan'))).toBe(false);
  });
});

test('a signal during the last resource is told, though Terraform ends well', async () => {
  fakeTerraform({ apply: waits('exit 0') });
  expect(await interrupted(rotate())).toMatchObject({ ok: true, interrupted: false, signalled: true });
});

describe('a node that stops answering', () => {
  const words = 'the node n2 does not answer (it said nothing for 10 s)';

  test.each(['plan', 'apply'] as const)('in the %s ends it, and is all that is told', async command => {
    fakeTerraform({ [command]: waits('exit 1') });
    const lost = new AbortController();
    const ticker = setInterval(() => existsSync(join(folder, 'ready')) && lost.abort(), 20);
    const nodes = { lost: lost.signal, words: () => words };
    const options = { replace: [KEY], onBegin: () => undefined, progress: () => undefined, nodes };
    const result = await applyDeliveryPlan(workspace(), options).finally(() => clearInterval(ticker));
    expect(result).toMatchObject({ ok: false, interrupted: false, diagnostics: [{ summary: words }] });
    expect(result.diagnostics).toHaveLength(1);
  });
});

test('a plan that leaves hosts alone names what it works on', async () => {
  fakeTerraform({});
  const options = { replace: [KEY], targets: [DELIVERY], onBegin: () => undefined, progress: () => undefined };
  await applyDeliveryPlan(workspace(), options);
  const [plan = '', apply] = readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n');
  expect(plan).toContain(`-target=${DELIVERY}`);
  expect(apply).not.toContain('-target');
});

test('after a node was lost neither a plan nor an apply begins, and the node alone is told', async () => {
  fakeTerraform({});
  const words = 'the node n2 does not answer (it said nothing for 10 s)';
  const nodes = { lost: AbortSignal.abort(), words: () => words };
  const progress = () => undefined;
  const diagnostics = [{ severity: 'error', summary: words, detail: '' }];
  const lost = { ok: false, interrupted: false, diagnostics };
  const planned = await applyDeliveryPlan(workspace(), { replace: [], onBegin: () => void begun++, progress, nodes });
  expect(planned).toMatchObject(lost);
  expect(await applyWithSecondTry(workspace(), { progress, nodes })).toMatchObject(lost);
  expect([begun, existsSync(join(folder, 'calls'))]).toEqual([0, false]);
});
