import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepCaNumbers, readCaNumbers, type KeptCaNumbers } from '../../app/authority-numbers';
import { askNodes, type LeftOut } from '../../cli/access/left-out';
import { rotateCa } from '../../cli/rotation/ca-rotation';
import { deployFiles, type Deployed, type Rotation } from '../../cli/rotation/rotation';
import { UserError } from '../../cli/terminal';

const SERVERS = ['data-server', 'app-server-1'];

// Written out, since an automatic mock would load cdktf.
jest.mock('../../cli/rotation/rotation', () => ({
  awaitServers: jest.fn(),
  deployFiles: jest.fn(),
  serversOf: () => SERVERS,
}));

jest.mock('../../cli/access/left-out', () => ({ askNodes: jest.fn() }));

let folder: string;
let stateFile: string;
let said: string[];
/** What each deploy found: the kept numbers, and for whom it made keys. */
let deploys: { readonly kept: KeptCaNumbers; readonly keys: readonly string[] }[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ecp-ca-'));
  stateFile = join(folder, 'ecp-rehearsal.tfstate');
  deploys = [];
  said = [];
  jest.mocked(askNodes).mockResolvedValue({ silent: [], servers: [] });
  jest.spyOn(console, 'log').mockImplementation();
  jest.spyOn(console, 'error').mockImplementation(line => void said.push(String(line)));
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

/** Each deploy begins, then ends as told; undefined refuses it before. */
function deploysEnd(...ends: (Partial<Deployed> | UserError | undefined)[]): void {
  jest.mocked(deployFiles).mockImplementation((_, __, keys, onBegin) => {
    const end = deploys.length < ends.length ? ends[deploys.length] : {};
    deploys.push({ kept: readCaNumbers(stateFile), keys });
    if (end === undefined) return Promise.reject(new UserError('the settings want more than that'));
    onBegin?.();
    return end instanceof UserError ? Promise.reject(end) : Promise.resolve({ code: 0, signalled: false, ...end });
  });
}

const rotate = (leftOut: LeftOut = { silent: [], servers: [] }) =>
  rotateCa({ terraform: '', stack: { settings: {}, stateFile }, leftOut } as unknown as Rotation);

test('three steps, of which the second makes all keys anew', async () => {
  deploysEnd();
  expect(await rotate()).toBe(0);
  expect(deploys).toEqual([
    { kept: { signingCa: 1, trustedCas: [1, 2], unfinished: true }, keys: [] },
    { kept: { signingCa: 2, trustedCas: [1, 2], unfinished: true }, keys: SERVERS },
    { kept: { signingCa: 2, trustedCas: [2], unfinished: true }, keys: [] },
  ]);
  expect(readCaNumbers(stateFile)).toEqual({ signingCa: 2, trustedCas: [2] });
});

test('a step 2 that was not seen to end is done again, with new keys', async () => {
  keepCaNumbers(stateFile, { signingCa: 2, trustedCas: [1, 2], unfinished: true });
  deploysEnd();
  expect(await rotate()).toBe(0);
  expect(deploys.map(({ keys }) => keys)).toEqual([SERVERS, []]);
});

test.each<[string, KeptCaNumbers]>([
  ['1', { signingCa: 1, trustedCas: [1] }],
  ['2', { signingCa: 1, trustedCas: [1, 2] }],
])('a step %s that is refused before it begins leaves the numbers as they were', async (_, before) => {
  keepCaNumbers(stateFile, before);
  deploysEnd(undefined);
  await expect(rotate()).rejects.toThrow('the settings want more than that');
  expect(readCaNumbers(stateFile)).toEqual(before);
  expect(said).toEqual([]);
});

test('one that is gone on with stays, also when it is refused', async () => {
  const before = { signingCa: 1, trustedCas: [1, 2], unfinished: true } as const;
  keepCaNumbers(stateFile, before);
  deploysEnd(undefined);
  await expect(rotate()).rejects.toThrow('the settings want more than that');
  expect(readCaNumbers(stateFile)).toEqual(before);
  expect(said.join()).toContain('run ./ecp rotate --ca again, and it goes on with this step');
});

test.each([
  ['fails', { code: 1 }, 1],
  ['is interrupted', { code: 130, signalled: true }, 130],
])('a step that begins and %s keeps its numbers and says so', async (_, end, code) => {
  deploysEnd(end);
  expect(await rotate()).toBe(code);
  expect(readCaNumbers(stateFile)).toEqual({ signingCa: 1, trustedCas: [1, 2], unfinished: true });
  expect(said.join()).toContain('The numbers of this step are kept');
});

test('so does one whose servers do not take their files in time', async () => {
  deploysEnd(new UserError('not every server uses its new files'));
  await expect(rotate()).rejects.toThrow('not every server uses its new files');
  expect(readCaNumbers(stateFile)).toMatchObject({ unfinished: true });
  expect(said.join()).toContain('The numbers of this step are kept');
});

test('a signal that came too late to end a step begins no other, and the step is settled', async () => {
  deploysEnd({ signalled: true });
  expect(await rotate()).toBe(130);
  expect(deploys).toHaveLength(1);
  expect(readCaNumbers(stateFile)).toEqual({ signingCa: 1, trustedCas: [1, 2] });
  expect(said.join()).toContain('it goes on with the next one');
});

test('after the last step there is no other to stop', async () => {
  deploysEnd({}, {}, { signalled: true });
  expect(await rotate()).toBe(0);
});

test('the whole change is postponed while the node of a server does not answer', async () => {
  deploysEnd();
  expect(await rotate({ silent: [{ node: 'n2', why: 'it said nothing' }], servers: ['app-server-1'] })).toBe(4);
  expect(deploys).toEqual([]);
  expect(said.join()).toContain('a new authority would cut app-server-1 off: the whole change is postponed');
  expect(await rotate({ silent: [{ node: 'n3', why: 'it said nothing' }], servers: [] })).toBe(0);
});

test('a node that is lost during a step begins no other, and the steps that ended stay', async () => {
  deploysEnd();
  const lost = { silent: [{ node: 'n2', why: 'it said nothing' }], servers: ['app-server-1'] };
  jest.mocked(askNodes).mockResolvedValueOnce({ silent: [], servers: [] }).mockResolvedValue(lost);
  expect(await rotate()).toBe(4);
  expect(deploys).toHaveLength(1);
  expect(readCaNumbers(stateFile)).toEqual({ signingCa: 1, trustedCas: [1, 2] });
  expect(said.join()).toContain('the next step would cut app-server-1 off: it is not begun');
});
