import { Consent } from '../../cli/machine/consent';
import { removeFolders, restoreEnvironment, temporaryFolder, useOnly } from './machine-fakes';

const CHANGES = ['install docker.io', 'start the Docker daemon'];
let said: string[];

beforeEach(() => {
  useOnly(temporaryFolder());
  said = [];
  jest.spyOn(console, 'log').mockImplementation(line => void said.push(String(line)));
  terminals(false, false);
});

function terminals(input: boolean, output: boolean): void {
  Object.defineProperty(process.stdin, 'isTTY', { value: input, configurable: true });
  Object.defineProperty(process.stdout, 'isTTY', { value: output, configurable: true });
}

afterEach(() => {
  jest.restoreAllMocks();
  restoreEnvironment();
  removeFolders();
});

test.each([
  ['input', false, true],
  ['output', true, false],
])('where the %s is no terminal it refuses, with all that it would do', async (_which, input, output) => {
  terminals(input, output);
  await expect(new Consent(false).to(CHANGES)).rejects.toThrow(
    'This machine must be changed (install docker.io; start the Docker daemon) and there is no terminal to ask on: agree with --yes',
  );
  expect(said).toEqual([]);
});

test.each([
  ['--yes', true, undefined],
  ['CI=true', false, 'true'],
])('with %s it says what it does and goes on', async (_how, assumeYes, ci) => {
  if (ci) process.env.CI = ci;
  await new Consent(assumeYes).to(CHANGES);
  expect(said).toEqual(['On this machine, as root: install docker.io; start the Docker daemon']);
});

test('nothing to do needs no consent, and nothing is asked twice', async () => {
  await new Consent(false).to([]);
  const consent = new Consent(true);
  await consent.to(CHANGES);
  await consent.to([CHANGES[0]!]);
  expect(said).toHaveLength(1);
});
