import { requireFile, requireImageName } from '../constructs/private/validate';

describe('the name of an image', () => {
  test.each([
    'debian',
    'debian:bookworm-slim',
    'ecp-rehearsal-base:bookworm',
    'library/debian:12',
    'registry.example:5000/team/base__x:V1.2_3',
    'registry:5000/base',
    'Registry.Example/base',
    'localhost/base',
    `debian@sha256:${'a'.repeat(64)}`,
    `registry.example/debian:12@sha256:${'0'.repeat(64)}`,
    `sha256:${'a'.repeat(64)}`,
  ])('%s is taken', name => {
    expect(() => requireImageName('baseImage', name)).not.toThrow();
  });

  test.each([
    'Debian',
    'debian:',
    'debian: 12',
    ':12',
    '-x',
    'a//b',
    'debian@sha256:abc',
    'https://x/debian',
    `debian:${'x'.repeat(129)}`,
  ])('%s is refused', name => {
    expect(() => requireImageName('baseImage', name)).toThrow(
      new Error(
        `'baseImage' must be the name of an image in small letters, with a tag or digest, such as 'debian:bookworm-slim', got '${name}'; correct it`,
      ),
    );
  });
});

test('a file that this user may not read is refused before Terraform meets it', () => {
  // Root, whom no mode stops, runs this as well.
  const access = jest
    .spyOn(jest.requireActual<typeof import('node:fs')>('node:fs'), 'accessSync')
    .mockImplementation(() => {
      throw new Error('EACCES');
    });
  expect(() => requireFile('licenseKeyFile', __filename, 'a licence key')).toThrow(
    new Error(
      `'licenseKeyFile' must be the path of a licence key, got '${__filename}', which cannot be read; correct the path`,
    ),
  );
  access.mockRestore();
  expect(requireFile('licenseKeyFile', __filename, 'a licence key')).toBe(__filename);
});
