import { checkMachine } from '../../cli/machine/check';
import { providerOrigin } from '../../cli/machine/providers';
import { fakeProgram, removeFolders, restoreEnvironment, temporaryFolder, useOnly } from './machine-fakes';

jest.mock('../../cli/machine/providers');

interface FakeMachine {
  readonly clockAheadSec?: number;
  readonly platform?: string;
  readonly apiVersion?: string;
  readonly ps?: string;
  /** Of memory, of swap, of the processor weight. */
  readonly limits?: string;
}

/** A machine on which all is well but for what is given. */
function machine(facts: FakeMachine = {}): void {
  const folder = temporaryFolder();
  const time = new Date(Date.now() + (facts.clockAheadSec ?? 0) * 1000).toISOString();
  fakeProgram(
    folder,
    'docker',
    `case "$1" in
      version) echo ${facts.apiVersion ?? '1.41'} 20.10.24;;
      context) echo unix:///var/run/docker.sock;;
      info) printf '/\\t${facts.platform ?? 'linux/x86_64'}\\t${time}\\t[]\\tid 20.10\\t${facts.limits ?? 'true true true'}\\n';;
      ps) printf '${facts.ps ?? ''}';;
      image) [ "$2" = ls ] && echo debian:bookworm-slim || [ "$3" = debian:bookworm-slim ];;
      manifest) [ "$3" = registry.example/offered:1 ];;
    esac`,
  );
  fakeProgram(folder, 'terraform', `echo '{"terraform_version":"1.11.4","platform":"linux_amd64"}'`);
  useOnly(folder);
}

let lines: string[];

beforeEach(() => {
  jest.mocked(providerOrigin).mockResolvedValue('registry');
  lines = [];
  jest.spyOn(console, 'log').mockImplementation(line => void lines.push(String(line)));
});

afterEach(() => {
  jest.restoreAllMocks();
  restoreEnvironment();
  removeFolders();
});

const check = (): Promise<boolean> =>
  checkMachine({ cluster: 'ecp', webPorts: [], images: ['debian:bookworm-slim'], rehearsal: true });

test.each([
  ['true false true', 'swap'],
  ['false false false', 'memory, swap, processor weight'],
  ['true true false', 'processor weight'],
])('what the daemon does not limit is a note that stops nothing: %s', async (limits, words) => {
  machine({ limits });
  expect(await check()).toBe(true);
  expect(lines.find(line => line.includes('limits'))).toMatch(
    new RegExp(`^! limits +the Docker daemon does not limit: ${words}; the servers run without`),
  );
});

test('one line each when all is well', async () => {
  machine();
  expect(await check()).toBe(true);
  expect(lines.map(line => line.split(/ {2,}/)[0])).toEqual([
    '✓ Docker daemon',
    '✓ disk of Docker',
    '✓ limits',
    '✓ clock',
    '✓ web ports',
    '✓ processor',
    '✓ base image',
    '✓ Node.js',
    '✓ Terraform',
    '✓ providers',
    '✓ Go',
    '✓ disk of the project',
  ]);
});

test.each<[string, FakeMachine, string]>([
  [
    'a daemon whose clock is behind',
    { clockAheadSec: -3600 },
    "the daemon's clock is 3600 s behind this machine's, so certificates that start now are not valid there: set both clocks (chrony, timedatectl)",
  ],
  [
    'another processor',
    { platform: 'linux/aarch64' },
    'linux/aarch64: the rehearsal engine (GT.M) needs linux/amd64; use another Docker daemon',
  ],
  ['an old engine', { apiVersion: '1.40' }, 'has API version 1.40, at least 1.41 is needed'],
])('%s stops up', async (_what, facts, found) => {
  machine(facts);
  expect(await check()).toBe(false);
  expect(lines.filter(line => line.startsWith('✗'))).toEqual([expect.stringContaining(found)]);
});

test('what up will do by itself does not stop it', async () => {
  machine();
  jest.mocked(providerOrigin).mockResolvedValue('to-build');
  fakeProgram(process.env.PATH!, 'go', 'echo go1.26.0; echo local');
  expect(await check()).toBe(true);
  expect(lines.join('\n')).toContain("absent, the Terraform registry does not answer: 'ecp up' will build them");
});

test('each port that is taken is told', async () => {
  machine({ ps: 'demo\\tdemo-data-server\\t127.0.0.1:81->52773/tcp\\n' });
  expect(await checkMachine({ cluster: 'ecp', webPorts: [81], images: [], rehearsal: false })).toBe(false);
  expect(lines.join('\n')).toContain("Port 81 is published by the container 'demo-data-server' of the cluster 'demo'");
});

test('the images that are set are looked at', async () => {
  machine();
  const request = { cluster: 'ecp', webPorts: [], rehearsal: false };
  expect(await checkMachine({ ...request, images: ['registry.example/offered:1'] })).toBe(true);
  expect(lines.join('\n')).toContain("absent: 'ecp up' will pull registry.example/offered:1");
  expect(await checkMachine({ ...request, images: ['nosuch:1'] })).toBe(false);
  expect(lines.join('\n')).toContain('nosuch:1 is not on this machine, and no registry gives it');
});
