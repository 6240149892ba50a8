// ecp-test: needs zsh
// ecp-test: needs fish
/** The completion scripts of shells that not every machine has. That of bash: __tests__/cli/completion.test.ts. */
import { completionShell } from '../cli/completion-shell';

describe('a script completes in its shell', () => {
  const run = completionShell();

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
