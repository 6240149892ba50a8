import { rmSync } from 'node:fs';
import { PROJECT } from '../../app/folders';
import { readFacts } from '../../app/machine-facts';
import { setUpMachine } from '../../cli/machine/machine';
import { providersGap } from '../../cli/machine/providers';
import { fakeProgram, removeFolders, restoreEnvironment, temporaryFolder, useOnly } from './machine-fakes';

jest.mock('../../app/folders', () => {
  const [os, fs, path] = [
    jest.requireActual('node:os'),
    jest.requireActual('node:fs'),
    jest.requireActual('node:path'),
  ];
  const project = fs.mkdtempSync(path.join(os.tmpdir(), 'ecp-project-'));
  return { PROJECT: project, SCRATCH: path.join(project, '.ecp'), PROVIDERS: path.join(project, '.providers') };
});
// Written out, since an automatic mock would load the real module with a project of its own.
jest.mock('../../cli/machine/providers', () => ({ providersGap: jest.fn() }));

let programs: string;
let said: string[];

/** A docker command with these local images, whose `pull` does as told. */
function fakeDocker(images: string, how: { pull?: string } = {}): void {
  fakeProgram(
    programs,
    'docker',
    `case "$1" in version) echo 1.41 20.10.24;;
     image) printf '${images}'; [ -e '${programs}/pulled' ] && echo debian:bookworm-slim; true;; pull) ${how.pull ?? 'exit 1'};; esac`,
  );
}

beforeEach(() => {
  programs = temporaryFolder();
  useOnly(programs);
  fakeProgram(programs, 'terraform', `echo '{"terraform_version":"1.11.4","platform":"linux_amd64"}'`);
  rmSync(`${PROJECT}/.ecp`, { recursive: true, force: true });
  jest.mocked(providersGap).mockResolvedValue(undefined);
  said = [];
  jest.spyOn(console, 'log').mockImplementation(line => void said.push(String(line)));
});

afterEach(() => {
  jest.restoreAllMocks();
  restoreEnvironment();
  removeFolders();
});

afterAll(() => rmSync(PROJECT, { recursive: true }));

const setUp = (): ReturnType<typeof setUpMachine> => setUpMachine({ assumeYes: false, rehearsal: true });

test('says nothing when all is there, and remembers what cdktf needs', async () => {
  fakeDocker('debian:bookworm-slim\\n');
  const machine = { terraform: 'terraform', rehearsalBaseImage: 'debian:bookworm-slim' };
  expect(await setUp()).toEqual({ ...machine, changed: true });
  expect(await setUp()).toEqual({ ...machine, changed: false });
  expect(said).toEqual([]);
  expect(readFacts()).toEqual({ rehearsalBaseImage: 'debian:bookworm-slim' });
});

test('pulls the base image where a registry answers', async () => {
  fakeDocker('', { pull: `: > '${programs}/pulled'; echo Pulling` });
  expect((await setUp()).rehearsalBaseImage).toBe('debian:bookworm-slim');
  expect(said.at(-1)).toContain('✓ Ask for debian:bookworm-slim at a container registry');
});

test('brings what is missing, in a step', async () => {
  fakeDocker('debian:bookworm-slim\\n');
  const bring = jest.fn(() => Promise.resolve());
  jest.mocked(providersGap).mockResolvedValue({ title: 'Build the providers', changes: [], bring });
  await setUp();
  expect(bring).toHaveBeenCalledTimes(1);
  expect(said.join()).toContain('✓ Build the providers');
});

test('tells all that is missing at once', async () => {
  fakeDocker('');
  fakeProgram(programs, 'docker', `echo 1.40 19.03`);
  rmSync(`${programs}/terraform`);
  await expect(setUp()).rejects.toThrow(/^Docker 19\.03 has API version 1\.40[^\n]*\nTerraform is missing[^\n]*$/);
});

test('asks for ssh only where a node is reached by it', async () => {
  fakeDocker('debian:bookworm-slim\\n');
  await setUp();
  const withSsh = () => setUpMachine({ assumeYes: false, rehearsal: true, ssh: true });
  await expect(withSsh()).rejects.toThrow(/^ssh is missing, and 'nodes' has addresses .*openssh-client'\)$/);
  fakeProgram(programs, 'ssh', 'true');
  await withSsh();
});
