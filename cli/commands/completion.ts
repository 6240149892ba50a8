import { join } from 'node:path';
import { PROJECT } from '../../app/folders';
import { nearest } from '../../contract/messages';
import { candidates } from '../completion/candidates';
import { NAMES } from '../completion/names';
import { SCRIPTS } from '../completion/scripts';
import { HELP_PAGES } from '../help/help-pages';
import { settleDaemon } from '../machine/daemon-handover';
import { UserError } from '../terminal';

/** Prints the script that completes `./ecp` in a shell. The script itself calls it with `words` and the command line so far. */
export async function completion([shell, ...rest]: readonly string[]): Promise<number> {
  if (shell === 'words') return completeWords(rest);
  const shells = Object.keys(SCRIPTS);
  const script = shell !== undefined && Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
  if (!script || rest.length > 0) {
    const got = shell === undefined ? 'none' : `'${[shell, ...rest].join(' ')}'`;
    const meant = shell === undefined ? undefined : nearest(shell, shells);
    throw new UserError(
      `'SHELL' must be one of ${shells.join(', ')}, got ${got}${meant ? ` (did you mean '${meant}'?)` : ''}; for example: ./ecp completion bash`,
      2,
    );
  }
  process.stdout.write(script(join(PROJECT, 'ecp')));
  return 0;
}

/** Whatever is wrong with settings or Docker, a shell that completes can show no message. */
async function completeWords(words: readonly string[]): Promise<number> {
  try {
    settleDaemon();
    for (const each of await candidates(HELP_PAGES, words, NAMES)) console.log(each);
    return 0;
  } catch {
    return 1;
  }
}
