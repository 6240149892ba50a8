import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new temporary folder; `removeFolders` removes all of them. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ecp-machine-'));
  folders.push(folder);
  return folder;
}

const folders: string[] = [];

export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** Writes an executable shell script; it must use builtins or absolute paths, since PATH holds nothing but fakes. */
export function fakeProgram(folder: string, name: string, script: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

const saved = { ...process.env };

/** Makes the folder all of PATH and of Docker's configuration, without the variables that would lead elsewhere. */
export function useOnly(folder: string): void {
  process.env.PATH = folder;
  process.env.DOCKER_CONFIG = folder;
  for (const name of ['DOCKER_HOST', 'DOCKER_CONTEXT', 'TERRAFORM_BINARY_NAME', 'TF_CLI_CONFIG_FILE', 'CI'])
    delete process.env[name];
}

export function restoreEnvironment(): void {
  for (const name of Object.keys(process.env)) if (!(name in saved)) delete process.env[name];
  Object.assign(process.env, saved);
}
