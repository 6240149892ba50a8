import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSettings, type Settings } from '../app/settings';
import { forget, recall, remember, type Occasion } from '../app/synthesis-memory';
import { watchFiles } from '../app/watch-files';
import type { WrittenStack } from '../app/write-stack';

const WRITTEN: WrittenStack = { webPorts: [81], startTimeoutSec: 60, failurePatienceSec: 20, usesRehearsalBase: true };

let folder: string;
let occasion: Occasion;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ecp-memory-'));
  const stackDirectory = join(folder, 'out', 'stacks', 'ecp-rehearsal');
  mkdirSync(stackDirectory, { recursive: true });
  const place = {
    settings: readSettings({}, {}),
    stackName: 'ecp-rehearsal',
    outputDirectory: join(folder, 'out'),
    stackDirectory,
    stateFile: join(folder, 'state'),
    caNumbers: { signingCa: 1, trustedCas: [1] },
  };
  occasion = { place, environment: { LANG: 'C', SHLVL: '1' }, options: {} };
});

afterEach(() => rmSync(folder, { recursive: true }));

function rememberWith(paths: ReadonlyMap<string, boolean>, began?: number): void {
  remember(occasion, { result: WRITTEN, paths }, [], began);
}

/** A process that begins when the files are there, and old enough. */
async function soon(): Promise<number> {
  await new Promise(resolve => setTimeout(resolve, 40));
  return Date.now();
}

const settingNames = (): string[] => {
  try {
    readSettings({ x: 1 }, {});
  } catch (error) {
    return /settings are (.*)$/.exec((error as Error).message)![1]!.split(', ');
  }
  return [];
};

test('the same occasion is remembered until it is forgotten', () => {
  expect(recall(occasion)).toBeUndefined();
  rememberWith(new Map());
  expect(recall(occasion)).toEqual(WRITTEN);
  forget(occasion.place);
  expect(recall(occasion)).toBeUndefined();
});

test.each(settingNames())('another value of %s is another occasion', name => {
  rememberWith(new Map());
  const settings = { ...occasion.place.settings, [name]: 'another' } as unknown as Settings;
  expect(recall({ ...occasion, place: { ...occasion.place, settings } })).toBeUndefined();
});

test('so are other authorities, another state, another variable and other options', () => {
  rememberWith(new Map());
  const { place, environment } = occasion;
  const caNumbers = { signingCa: 2, trustedCas: [1, 2] };
  expect(recall({ ...occasion, place: { ...place, caNumbers } })).toBeUndefined();
  expect(recall({ ...occasion, place: { ...place, stateFile: join(folder, 'other') } })).toBeUndefined();
  expect(recall({ ...occasion, options: { planForgetsData: true } })).toBeUndefined();
  expect(recall({ ...occasion, environment: { ...environment, LANG: 'C.UTF-8' } })).toBeUndefined();
  expect(recall({ ...occasion, environment: { ...environment, HTTPS_PROXY: 'x' } })).toBeUndefined();
  expect(recall({ ...occasion, environment: { ...environment, SHLVL: '2' } })).toEqual(WRITTEN);
});

describe('a file', () => {
  test.each<[string, (file: string) => void]>([
    ['has another content', file => writeFileSync(file, 'other')],
    ['is gone', file => rmSync(file)],
    ['has become a folder', file => (rmSync(file), mkdirSync(file))],
  ])('that was read %s', async (_, change) => {
    const file = join(folder, 'licence');
    writeFileSync(file, 'text');
    rememberWith(new Map([[file, true]]), await soon());
    expect(recall(occasion)).toEqual(WRITTEN);
    change(file);
    expect(recall(occasion)).toBeUndefined();
  });

  test('that was looked for has come', () => {
    const file = join(folder, 'config.json');
    rememberWith(new Map([[file, false]]));
    expect(recall(occasion)).toEqual(WRITTEN);
    writeFileSync(file, '{}');
    expect(recall(occasion)).toBeUndefined();
  });

  test('has come into a folder that was listed', async () => {
    mkdirSync(join(folder, 'src'));
    rememberWith(new Map([[join(folder, 'src'), true]]), await soon());
    expect(recall(occasion)).toEqual(WRITTEN);
    writeFileSync(join(folder, 'src', 'Any.cls'), '');
    expect(recall(occasion)).toBeUndefined();
  });

  test('that was written is another one', () => {
    const file = join(occasion.place.stackDirectory, 'cdk.tf.json');
    writeFileSync(file, '{}');
    rememberWith(new Map([[file, false]]));
    expect(recall(occasion)).toEqual(WRITTEN);
    writeFileSync(file, '{"removed":[]}');
    expect(recall(occasion)).toBeUndefined();
  });
});

test('what has changed while this process ran is not remembered', () => {
  const file = join(folder, 'licence');
  writeFileSync(file, 'text');
  rememberWith(new Map([[file, true]]), Date.now());
  expect(recall(occasion)).toBeUndefined();
  rememberWith(new Map([[join(folder, 'gone'), true]]));
  expect(recall(occasion)).toBeUndefined();
});

test('what can be read only once is not remembered', () => {
  rememberWith(new Map([['/dev/null', true]]));
  expect(recall(occasion)).toBeUndefined();
});

test('files are watched only while they are', () => {
  const fs = jest.requireActual<typeof import('node:fs')>('node:fs');
  const before = fs.readFileSync;
  const { result, paths } = watchFiles(() => {
    writeFileSync(join(folder, 'new'), 'text');
    return 1;
  });
  expect(result).toBe(1);
  expect([...paths]).toEqual([[join(folder, 'new'), false]]);
  expect(() =>
    watchFiles(() => {
      throw new Error('no');
    }),
  ).toThrow('no');
  expect(fs.readFileSync).toBe(before);
});
