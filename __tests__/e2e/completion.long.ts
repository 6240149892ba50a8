// ecp-test: needs zsh
// ecp-test: needs fish
/** The completion scripts of shells that not every machine has. That of bash: __tests__/cli/completion.test.ts. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SCRIPTS } from '../../cli/completion/scripts';
import { findProgram } from '../../cli/machine/find-program';

describe('a script completes in its shell', () => {
  let folder: string;
  let program: string;
  beforeAll(() => {
    // A quote, and a program of this name, so that the script is all that is tried.
    folder = mkdtempSync(join(tmpdir(), `ecp's completion-`));
    program = join(folder, 'ecp');
    writeFileSync(
      program,
      `#!/bin/bash
shift 3
case "$*" in
  'status --html '*) echo :files ;;
  *) printf 'word\\twhat: it is\\n<%s>\\n' "$*" ;;
esac
`,
    );
    chmodSync(program, 0o755);
    writeFileSync(join(folder, 'page.html'), '');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const run = (shell: string, script: string): string => {
    const file = join(folder, `script.${shell}`);
    writeFileSync(file, SCRIPTS[shell]!(program));
    const input = script.replaceAll('SCRIPT', `'${file.replaceAll("'", `'\\''`)}'`);
    const { stdout, stderr } = spawnSync(findProgram(shell)!, ['-c', input], { encoding: 'utf8', cwd: folder });
    expect(stderr).toBe('');
    return stdout;
  };

  test('zsh', () => {
    const complete = (words: string): string =>
      `compdef() { echo "compdef $*"; }; _files() { echo files; }; _describe() { print -rl -- "\${(@P)2}"; }
       source SCRIPT; words=(${words}); CURRENT=$#words; _ecp`;
    expect(run('zsh', complete(`./ecp rotate ''`))).toBe('compdef _ecp ecp\nword:what\\: it is\n<rotate >\n');
    expect(run('zsh', complete(`ecp status --html ''`))).toBe('compdef _ecp ecp\nfiles\n');
  });

  test('fish', () => {
    expect(run('fish', `source SCRIPT; complete -C './ecp rotate '`)).toBe('<rotate >\nword\twhat: it is\n');
    expect(run('fish', `source SCRIPT; complete -C 'ecp status --html pa'`)).toBe('page.html\n');
  });
});
