import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { run } from '../cli/process';
import { sectionOf } from '../dev/release/changelog';

const ROOT = resolve(__dirname, '..');
const CHANGELOG = readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8');
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };

test('the version of package.json and each version tag have their section in CHANGELOG.md', async () => {
  // A clone may have no tags, and a copy no git.
  const tags = (await run('git', ['tag', '--list', 'v*'], { cwd: ROOT })).stdout.split('\n').filter(Boolean);
  const released = [version, ...tags.map(tag => tag.slice(1))];
  expect(released.filter(each => !sectionOf(CHANGELOG, each))).toEqual([]);
});

test('a section ends where the next begins, and its heading may have a date', () => {
  const text = '# Changelog\n\n## Unreleased\n\n## 1.10.0 - 2026-11-28\n\n### Added\n\n- This.\n\n## 1.1.0\n\nThat.\n';
  expect(sectionOf(text, '1.10.0')).toBe('### Added\n\n- This.');
  expect(sectionOf(text, '1.1.0')).toBe('That.');
  expect(sectionOf(text, '1.1')).toBeUndefined();
});

test('the notes of a release are the section of its tag, which must be the version of package.json', async () => {
  const notes = (tag: string): ReturnType<typeof run> =>
    run(process.execPath, ['--import', 'tsx', 'dev/release/notes.ts', tag], { cwd: ROOT, timeoutSec: 60 });
  expect(await notes(`v${version}`)).toEqual({ code: 0, stdout: `${sectionOf(CHANGELOG, version)}\n`, stderr: '' });
  expect(await notes('v99.0.0')).toEqual({
    code: 1,
    stdout: '',
    stderr: `the tag is 'v99.0.0', but package.json has version ${version}\n`,
  });
}, 60_000);
