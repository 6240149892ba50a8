import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from './test-cluster';

const COPIED = ['app', 'cdktf.json', 'cli', 'config-files', 'constructs', 'contract', 'ecp', 'images', 'main.ts'];
const COPIED_TOO = ['package.json', 'package-lock.json', 'providers', 'tsconfig.json'];
const LINKED = ['node_modules', '.providers', '.ecp'];

/** A copy of the project whose cdktf.json a test may have changed, for the cluster that it names. */
export function copyProject(folder: string, cluster: string): string {
  mkdirSync(folder);
  for (const name of [...COPIED, ...COPIED_TOO]) cpSync(join(PROJECT, name), join(folder, name), { recursive: true });
  for (const name of LINKED) symlinkSync(join(PROJECT, name), join(folder, name));
  const { context, ...rest } = readCdktfJson(folder);
  writeFileSync(
    join(folder, 'cdktf.json'),
    JSON.stringify({ ...rest, context: { ...context, cluster } }, undefined, 2),
  );
  return folder;
}

/** The project file of a project. */
export function readCdktfJson(folder: string): { readonly context: Readonly<Record<string, unknown>> } {
  return JSON.parse(readFileSync(join(folder, 'cdktf.json'), 'utf8')) as ReturnType<typeof readCdktfJson>;
}
