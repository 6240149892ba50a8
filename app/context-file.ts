import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from './folders';
import { SettingsError, variableOf, type Settings } from './settings';

type Environment = Readonly<Record<string, string | undefined>>;
type Context = Readonly<Record<string, unknown>>;

/** `cdktf.json`, where lasting values are. */
export const CONTEXT_FILE = join(PROJECT, 'cdktf.json');

/**
 * Makes sure that a value in the context is the one that counts, and counts for one cluster.
 *
 * @throws SettingsError when a variable wins over it, or when the context is another cluster's.
 */
export function requireContextCounts(
  setting: keyof Settings,
  { cluster }: Pick<Settings, 'cluster'>,
  environment: Environment,
  file = CONTEXT_FILE,
): void {
  const variable = variableOf(setting);
  const overriding = [variable, 'CDKTF_CONTEXT_JSON'].find(name => environment[name]);
  if (overriding !== undefined)
    throw new SettingsError(
      `'${overriding}' must be unset for a value that lasts, since it overrides '${setting}' in cdktf.json, got '${environment[overriding]}'; unset it, or change it there`,
    );
  const own = readContext(file).cluster ?? 'ecp';
  if (own !== cluster)
    throw new SettingsError(
      `'cluster' in cdktf.json must be '${cluster}' for a value that lasts, got '${String(own)}', which would get the value too; correct it there, or use ${variable} for '${cluster}'`,
    );
}

/** Writes a value into the context, by a rename so that nobody reads half a file. @returns whether it was another one before */
export function writeContext(setting: keyof Settings, value: unknown, file = CONTEXT_FILE): boolean {
  const text = readFileSync(file, 'utf8');
  const project = JSON.parse(text) as { context?: Context };
  if (JSON.stringify(project.context?.[setting]) === JSON.stringify(value)) return false;
  const [, indent = '  '] = /^([ \t]+)"/m.exec(text) ?? [];
  const changed = { ...project, context: { ...project.context, [setting]: value } };
  const scratch = `${file}.${process.pid}.new`;
  try {
    writeFileSync(scratch, `${JSON.stringify(changed, undefined, indent)}\n`, { flag: 'wx' });
    renameSync(scratch, file);
  } finally {
    rmSync(scratch, { force: true });
  }
  return true;
}

function readContext(file: string): Context {
  return (JSON.parse(readFileSync(file, 'utf8')) as { context?: Context }).context ?? {};
}
