import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from '../../app/folders';
import { run } from '../../cli/process';
import { bringLinters } from '../linters';
import { howToBring } from '../test-tools';
import { type Suite, outputOf } from './suite';

/** Linters of everything that is not a test. */
export function staticSuites(): Suite[] {
  const shellFiles = ['ecp', '.ci/run', '.githooks/pre-commit', 'examples/metrics/targets.sh', ...shellScripts()];
  return [
    command('eslint', 'lint', 'npx', ['--no-install', 'eslint', '.']),
    command('prettier', 'format', 'npx', ['--no-install', 'prettier', '--check', '--log-level', 'warn', '.']),
    command('types', 'types', 'npx', ['--no-install', 'tsc', '--noEmit']),
    command('shellcheck', 'shell scripts', 'shellcheck', shellFiles),
    linter('hadolint', 'Dockerfiles', 'hadolint', ['--no-color', ...filesBelow(/(^|\/)Dockerfile$/)]),
    linter('objectscript', 'ObjectScript', 'python', ['dev/parse-objectscript.py', ...filesBelow(/\.cls$/)]),
  ];
}

/** What somebody who runs an example leaves in its folder. */
const MADE = /\/(node_modules|cdktf\.out)\//;

/** Files of images, examples and test fixtures whose path matches. */
function filesBelow(pattern: RegExp): string[] {
  return ['images', 'examples', '__tests__'].flatMap(folder =>
    readdirSync(join(PROJECT, folder), { recursive: true, encoding: 'utf8' })
      .map(file => join(folder, file))
      .filter(file => pattern.test(file) && !MADE.test(file)),
  );
}

function shellScripts(): string[] {
  return ['constructs', 'images', 'examples', 'bench', 'dev'].flatMap(folder =>
    readdirSync(join(PROJECT, folder), { recursive: true, encoding: 'utf8' })
      .map(file => join(folder, file))
      .filter(file => !MADE.test(file) && isShellScript(join(PROJECT, file))),
  );
}

function isShellScript(file: string): boolean {
  if (!statSync(file).isFile() || /\.(?!sh$)[a-z]+$/.test(file)) return false;
  return /^#!.*\bbash\b|^# shellcheck shell=bash/m.test(readFileSync(file, 'utf8').slice(0, 400));
}

/** A program that passes or fails as a whole; it counts as one test. */
function command(name: string, title: string, program: string, args: readonly string[]): Suite {
  return {
    name,
    title,
    static: true,
    run: async () => {
      const result = await run(program, args, { cwd: PROJECT });
      if (result.code === 127 && process.env.CI !== 'true') {
        return { passed: 0, failed: 0, skipped: 1, details: `left out: ${program} is not installed; ${howToBring()}` };
      }
      return result.code === 0
        ? { passed: 1, failed: 0, skipped: 0, details: '' }
        : { passed: 0, failed: 1, skipped: 0, details: outputOf(result) };
    },
  };
}

/** Both linters come in one environment, which is made once. */
let bringing: ReturnType<typeof bringLinters> | undefined;

/** As `command`, with a program that comes from a Python package. */
function linter(name: string, title: string, program: string, args: readonly string[]): Suite {
  return {
    name,
    title,
    static: true,
    run: async () => {
      const linters = await (bringing ??= bringLinters());
      if ('folder' in linters) return command(name, title, join(linters.folder, program), args).run();
      const inCi = process.env.CI === 'true';
      return { passed: 0, failed: inCi ? 1 : 0, skipped: inCi ? 0 : 1, details: `left out: ${linters.missing}` };
    },
  };
}
