import { readFacts } from '../../app/machine-facts';
import { makeBaseImageGap, presentBaseImage, pullBaseImage } from '../../cli/machine/base-image';
import { findProgram } from '../../cli/machine/find-program';
import { fakeProgram, removeFolders, restoreEnvironment, temporaryFolder, useOnly } from './machine-fakes';

jest.mock('../../app/machine-facts');
jest.mock('../../cli/machine/find-program');
jest.mock('../../cli/machine/apt');

function fakeDocker(script: string): void {
  const folder = temporaryFolder();
  fakeProgram(folder, 'docker', script);
  useOnly(folder);
}

const BOTH = 'echo debian:bookworm-slim; echo ecp-rehearsal-base:bookworm';

beforeEach(() => jest.mocked(readFacts).mockReturnValue({}));

afterEach(() => {
  jest.restoreAllMocks();
  restoreEnvironment();
  removeFolders();
});

describe('presentBaseImage', () => {
  test.each([
    ['Debian’s own image comes first', BOTH, undefined, 'debian:bookworm-slim'],
    ['the one that was used before stays', BOTH, 'ecp-rehearsal-base:bookworm', 'ecp-rehearsal-base:bookworm'],
    [
      'one that was removed does not',
      'echo debian:bookworm-slim',
      'ecp-rehearsal-base:bookworm',
      'debian:bookworm-slim',
    ],
    ['there may be none', 'echo postgres:18', undefined, undefined],
    ['there may be no daemon', 'exit 1', undefined, undefined],
  ])('%s', async (_what, script, remembered, expected) => {
    fakeDocker(script);
    jest.mocked(readFacts).mockReturnValue({ rehearsalBaseImage: remembered });
    expect(await presentBaseImage()).toBe(expected);
  });
});

test.each([
  ['a registry that answers', 'echo "bookworm-slim: Pulling from library/debian"', true],
  ['no registry', 'echo "dial tcp: lookup registry-1.docker.io: no such host" >&2; exit 1', false],
])('pulling from %s', async (_what, script, expected) => {
  fakeDocker(script);
  expect(await pullBaseImage(() => undefined)).toBe(expected);
});

describe('makeBaseImageGap', () => {
  test('an ordinary user gets one sentence', () => {
    jest.spyOn(process, 'getuid').mockReturnValue(1000);
    jest.mocked(findProgram).mockReturnValue('/usr/bin/mmdebstrap');
    expect(() => makeBaseImageGap()).toThrow(
      "The image debian:bookworm-slim is not on this machine and no container registry answers: run 'docker pull debian:bookworm-slim' where one does and bring it here with 'docker save' and 'docker load', or run ecp as root on Debian, which makes one from Debian's packages",
    );
  });

  test('root with mmdebstrap is not asked to install it', () => {
    jest.spyOn(process, 'getuid').mockReturnValue(0);
    jest.mocked(findProgram).mockReturnValue('/usr/bin/mmdebstrap');
    expect(makeBaseImageGap().changes.join()).not.toContain('mmdebstrap');
  });
});
