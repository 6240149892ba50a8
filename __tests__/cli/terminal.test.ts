import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { canRepaint, painterFor } from '../../cli/terminal';

const ROOT = join(__dirname, '..', '..');
const ESCAPE = '\u001b';

describe('colours', () => {
  test.each([
    ['on a terminal', true, {}, true],
    ['in a pipe', undefined, {}, false],
    ['in a pipe, whatever FORCE_COLOR says', undefined, { FORCE_COLOR: '1' }, false],
    ['with NO_COLOR', true, { NO_COLOR: '1' }, false],
    ['with an empty NO_COLOR, which counts as none', true, { NO_COLOR: '' }, true],
    ['with TERM=dumb', true, { TERM: 'dumb' }, false],
  ])('%s', (_, isTTY, environment, coloured) => {
    expect(painterFor({ isTTY }, environment).red('x')).toBe(coloured ? '\u001b[31mx\u001b[0m' : 'x');
  });

  test('without colours a terminal may still be repainted, a dumb one not', () => {
    expect(canRepaint({ isTTY: true }, { NO_COLOR: '1' })).toBe(true);
    expect(canRepaint({ isTTY: true }, { TERM: 'dumb' })).toBe(false);
    expect(canRepaint({}, {})).toBe(false);
  });
});

/** Runs a shell command on a terminal of its own (script(1) of util-linux), and returns what it wrote there. */
function onTerminal(command: string, environment: Readonly<Record<string, string>> = {}): string {
  const { stdout, error } = spawnSync('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '', TERM: 'xterm', ...environment },
    input: '',
  });
  if (error) throw error;
  return stdout;
}

const hasScript = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') ?? false;

(hasScript ? describe : describe.skip)('on a real terminal', () => {
  const help = 'node --import tsx cli/main.ts help up';
  const wrong = 'node --import tsx cli/main.ts stauts';

  test('the command writes in colours', () => {
    expect(onTerminal(help)).toContain(`${ESCAPE}[1mexamples${ESCAPE}[0m`);
    expect(onTerminal(wrong)).toContain(`${ESCAPE}[31merror:${ESCAPE}[0m 'stauts'`);
  }, 60_000);

  test.each([
    ['NO_COLOR', { NO_COLOR: '1' }],
    ['TERM=dumb', { TERM: 'dumb' }],
  ])(
    '%s ends them',
    (_, environment) => {
      expect(onTerminal(`${help}; ${wrong}`, environment)).not.toContain(ESCAPE);
    },
    60_000,
  );

  test('each stream counts for itself when the other one is redirected', () => {
    expect(onTerminal(`{ ${wrong} 2>&1 1>&3 | cat; } 3>&1`)).toContain("error: 'stauts'");
    expect(onTerminal(`${wrong} | cat`)).toContain(`${ESCAPE}[31merror:`);
    expect(onTerminal(`${help} | cat`)).not.toContain(ESCAPE);
  }, 60_000);
});
