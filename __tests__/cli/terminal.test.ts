import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { silentInWords } from '../../cli/access/silent-nodes';
import { runCommandLine } from '../../cli/command-line';
import { healedLines } from '../../cli/drift/heal';
import { failedUpdate } from '../../cli/swarm/updates';
import { UserError, canRepaint, painterFor, step } from '../../cli/terminal';

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
  const help = 'node --require tsx/cjs cli/main.ts help up';
  const wrong = 'node --require tsx/cjs cli/main.ts stauts';

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

describe('what a node says is seen, and does not act on the terminal', () => {
  const TITLE = '\u001b]0;x';
  const SEEN = '\\u{1b}]0;x';
  let printed: string;
  beforeEach(() => {
    printed = '';
    const print = (line: unknown): void => void (printed += `${String(line)}\n`);
    jest.spyOn(console, 'log').mockImplementation(print);
    jest.spyOn(console, 'error').mockImplementation(print);
  });
  afterEach(() => jest.restoreAllMocks());

  test('of its silence', () => {
    expect(silentInWords([{ node: 'n1', why: TITLE }])).toBe(`the node n1 does not answer (${SEEN})`);
  });

  test('of the update of a service', () => {
    const service = { name: 's', update: 'paused', updateMessage: TITLE, lastFailure: TITLE };
    expect(failedUpdate(service as Parameters<typeof failedUpdate>[0])).toContain(`(${SEEN}; ${SEEN})`);
  });

  test('of what was healed', () => {
    const servers = [{ server: { name: 'a' }, state: 'Normal', drift: [] }];
    const lines = healedLines([{ server: 'a', what: TITLE }], { servers } as unknown as Parameters<
      typeof healedLines
    >[1]);
    expect(lines).toEqual([`healed a: ${SEEN}`]);
  });

  test('while a step goes on', async () => {
    await step('Wait', progress => Promise.resolve(progress(TITLE, true)));
    expect(printed).toContain(`  ${SEEN}\n`);
  });

  test('in an error, whose lines stay', async () => {
    const code = process.exitCode;
    const run = () => Promise.reject(new UserError(`one\n\t${TITLE}`));
    runCommandLine({}, { fails: run }, ['fails']);
    await new Promise(resolve => setImmediate(resolve));
    process.exitCode = code;
    expect(printed).toContain(' one\n');
    expect(printed).toContain(`\n  ${SEEN}\n`);
  });
});
