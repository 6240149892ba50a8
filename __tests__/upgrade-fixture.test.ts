import { homedir } from 'node:os';
import { version } from '../package.json';
import { releases, textOf, writeFixture } from './e2e/changes/release-fixture';

/*
 * The live suite `changes` applies what each release synthesized, then the present code on the same state. So a release keeps what
 * it synthesizes: UPGRADE_WRITE=1 ./ecp test unit.
 */
writeFixture();

test('the version in package.json has an upgrade fixture', () => {
  expect(releases()).toContain(version);
});

test.each(releases())('the fixture of %s has no secret and no path of a machine', release => {
  const text = textOf(release);
  expect(text).not.toMatch(/PRIVATE KEY|BEGIN CERTIFICATE/);
  expect(text).not.toContain(process.cwd());
  expect(text).not.toContain(homedir());
  expect(text).not.toMatch(/"(path|context)": "\//);
});
