import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { PROJECT } from './folders';
import { digestOf, treeOf } from './path-digest';
import type { StackPlace } from './stack-place';
import type { Watched } from './watch-files';
import type { SynthesizeOptions, WrittenStack } from './write-stack';

/** What makes one synthesis another one and is in no file. */
export interface Occasion {
  readonly place: StackPlace;
  readonly environment: NodeJS.ProcessEnv;
  readonly options: SynthesizeOptions;
}

/** Where all that a synthesis loads comes from; a whole folder, since a new file may be loaded in another one's place. */
const SOURCES = ['app', 'config-files', 'constructs', 'contract'].map(name => join(PROJECT, name));

/** What decides how sources are loaded, and which packages are installed. */
const SOURCE_FILES = ['package.json', 'package-lock.json', 'tsconfig.json', 'node_modules/.ecp-package-lock.json'].map(
  name => join(PROJECT, name),
);

/** Variables that a shell sets for itself; every other one counts, whoever reads it. */
const SHELLS_OWN = ['_', 'OLDPWD', 'PWD', 'SHLVL'];

interface Memory {
  readonly key: string;
  /** What was read, written and loaded, without the sources. */
  readonly paths: readonly string[];
  /** Of the sources and the paths. */
  readonly digest: string;
  readonly written: WrittenStack;
}

/**
 * What the last synthesis of a stack said, unless anything has changed that it read or wrote. In doubt there is none.
 *
 * @returns undefined when the stack has to be synthesized
 */
export function recall(occasion: Occasion): WrittenStack | undefined {
  try {
    const memory = JSON.parse(readFileSync(fileOf(occasion.place), 'utf8')) as Memory;
    if (memory.key !== keyOf(occasion) || memory.digest !== digestOfAll(memory.paths)) return undefined;
    return memory.written;
  } catch {
    return undefined;
  }
}

/** Forgets what was synthesized, before it is done again: a synthesis that fails half-way must not look like the one before it. */
export function forget({ stackDirectory }: StackPlace): void {
  rmSync(fileOf({ stackDirectory }), { force: true });
}

/**
 * Remembers a synthesis, unless something that it read has changed since this process began: nobody knows then which of the two it read.
 *
 * @param modules Files that were loaded.
 * @param began When this process did, in milliseconds.
 */
export function remember(
  occasion: Occasion,
  { result: written, paths: watched }: Watched<WrittenStack>,
  modules: readonly string[],
  began = performance.timeOrigin,
): void {
  try {
    const paths = pathsToWatch(occasion.place, watched, modules, began);
    if (paths === undefined) return;
    const memory: Memory = { key: keyOf(occasion), paths, digest: digestOfAll(paths), written };
    const file = fileOf(occasion.place);
    const scratch = `${file}.${process.pid}`;
    writeFileSync(scratch, JSON.stringify(memory), { mode: 0o600 });
    renameSync(scratch, file);
  } catch {
    // The next one is synthesized too.
  }
}

/** @returns undefined when something has changed meanwhile */
function pathsToWatch(
  { outputDirectory }: StackPlace,
  watched: ReadonlyMap<string, boolean>,
  modules: readonly string[],
  began: number,
): string[] | undefined {
  const isYoung = (path: string): boolean =>
    (statSync(path, { throwIfNoEntry: false })?.ctimeMs ?? 0) > began - TICK_MS;
  const isOutput = (path: string): boolean => !relative(outputDirectory, path).startsWith('..');
  const inputs = [...watched.keys()].filter(path => !isOutput(path));
  const loaded = [...modules, ...packagesOf(modules)];
  if ([...inputs, ...loaded, ...sources()].some(isYoung)) return undefined;
  if (inputs.some(path => watched.get(path) !== existsSync(path))) return undefined;
  // Names in its folders are others' too.
  const outputs = [...watched.keys()]
    .filter(isOutput)
    .filter(path => statSync(path, { throwIfNoEntry: false })?.isFile());
  return [...new Set([...inputs, ...loaded, ...outputs])].sort();
}

function fileOf({ stackDirectory }: Pick<StackPlace, 'stackDirectory'>): string {
  return join(stackDirectory, '.ecp-synthesis.json');
}

/** A hash, since the environment may hold secrets. */
function keyOf({ place, environment, options }: Occasion): string {
  const variables = Object.entries(environment).filter(([name]) => !SHELLS_OWN.includes(name));
  const { version, arch, platform, execArgv } = process;
  const { uid, username, homedir } = userInfo();
  const parts = [place, options, variables.sort(), PROJECT, process.cwd(), { version, arch, platform, execArgv }];
  return createHash('sha256')
    .update(JSON.stringify([...parts, { uid, username, homedir }]))
    .digest('hex');
}

function digestOfAll(paths: readonly string[]): string {
  return digestOf([...sources(), ...paths]);
}

function sources(): string[] {
  return [...SOURCES.flatMap(treeOf).sort(), ...SOURCE_FILES];
}

/** Files that say which of a package's files is loaded. */
function packagesOf(modules: readonly string[]): string[] {
  const folders = modules.flatMap(path => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(dirname(path))?.[0] ?? []);
  return [...new Set(folders)].map(folder => join(folder, 'package.json'));
}

/** A file system's clock ticks in milliseconds. */
const TICK_MS = 20;
