import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SCRIPTS } from '../../cli/completion/scripts';
import { findProgram } from '../../cli/machine/find-program';

/** Runs a line of a shell, in which SCRIPT is that shell's completion script, in a folder of its own. To be called in a `describe`. */
export function completionShell(): (shell: string, line: string) => string {
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

  return (shell, script) => {
    const file = join(folder, `script.${shell}`);
    writeFileSync(file, SCRIPTS[shell]!(program));
    const input = script.replaceAll('SCRIPT', `'${file.replaceAll("'", `'\\''`)}'`);
    const { stdout, stderr } = spawnSync(findProgram(shell)!, ['-c', input], { encoding: 'utf8', cwd: folder });
    expect(stderr).toBe('');
    return stdout;
  };
}
