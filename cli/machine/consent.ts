import { createInterface } from 'node:readline/promises';
import { UserError, bold } from '../terminal';

/** Asks once before the machine is changed; what was agreed to is not asked again. */
export class Consent {
  private readonly agreed = new Set<string>();

  /** @param assumeYes `--yes` was given. */
  constructor(private readonly assumeYes: boolean) {}

  /**
   * Lists the changes and returns when the user agrees.
   *
   * @throws UserError when the user says no, or when there is nobody to ask.
   */
  async to(changes: readonly string[]): Promise<void> {
    const open = changes.filter(change => !this.agreed.has(change));
    if (open.length === 0) return;
    const list = open.join('; ');
    if (!this.assumeYes && process.env.CI !== 'true') {
      if (!process.stdin.isTTY || !process.stdout.isTTY)
        throw new UserError(
          `This machine must be changed (${list}) and there is no terminal to ask on: agree with --yes`,
        );
      console.log(`${bold('On this machine, as root:')}\n${open.map(change => `  - ${change}`).join('\n')}`);
      if (!(await saysYes())) throw new UserError('Nothing was changed');
    } else {
      console.log(`On this machine, as root: ${list}`);
    }
    for (const change of open) this.agreed.add(change);
  }
}

/** Asks on the terminal whether to go on; anything but yes counts as no. */
export async function saysYes(): Promise<boolean> {
  return /^y(es)?$/i.test(await answerTo('Go on? [y/N] '));
}

/** Asks on the terminal for a name, which nobody types by mistake; anything else counts as no. */
export async function typesName(question: string, name: string): Promise<boolean> {
  return (await answerTo(`${question} Type its name to go on: `)) === name;
}

async function answerTo(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  // Ctrl-D ends the input without an answer, which must count as no and not leave the question pending.
  const closed = new Promise<string>(resolve =>
    terminal.once('close', () => {
      console.log();
      resolve('');
    }),
  );
  try {
    const answer = await Promise.race([terminal.question(question), closed]);
    terminal.removeAllListeners('close');
    return answer.trim();
  } finally {
    terminal.close();
  }
}
