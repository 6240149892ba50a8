import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { sectionOf } from './changelog';

/*
 * Prints the notes of a release: node --import tsx dev/release/notes.ts v0.2.0
 * Fails when the tag is not the version in package.json, and when CHANGELOG.md has nothing on it.
 */

const ROOT = resolve(__dirname, '..', '..');
const tag = process.argv[2] ?? '';
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
const notes = sectionOf(readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8'), version);
const problem =
  tag !== `v${version}`
    ? `the tag is '${tag}', but package.json has version ${version}`
    : !notes && `CHANGELOG.md says nothing of ${version}`;
if (problem) console.error(problem);
else console.log(notes);
process.exitCode = problem ? 1 : 0;
