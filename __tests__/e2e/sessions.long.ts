// ecp-test: calm
/** Many sessions at a time, up to what a server bears and above it, and sessions that nobody uses any more. docs/rehearsal.md, "Limits". */
import { spawn } from 'node:child_process';
import type { NodeStatus } from '../../cli/access/node-status';
import { exec, sleep } from './support/docker';
import { Session } from './support/session';
import { Steps } from './support/steps';
import { dockerOk, ecpOk, eventually, printLogs, removeCluster, testCluster } from './support/test-cluster';

jest.setTimeout(300_000);

const cluster = testCluster('ecp-engine-sessions', 72);
const SERVERS = ['data-server', 'app-server-1', 'app-server-2'];
const APPS = ['app-server-1', 'app-server-2'];
const NO_PLACE =
  /^ecp-node: all \d+ places for sessions on this server are taken: end one, or give the server more memory \(memoryMiB\)$/;
const steps = new Steps();
const { step } = steps;
const containerOf = (server: string): string => `${cluster.name}-${server}`;
let open: Session[] = [];

beforeAll(() => ecpOk(cluster, ['up', '--yes']));
afterEach(() => {
  for (const session of open) session.end();
  open = [];
});
afterAll(async () => {
  try {
    if (steps.failed) await printLogs(cluster);
  } finally {
    await removeCluster(cluster);
  }
});

/** Since when each server is Normal, and how often Docker and the server itself have started anything again. */
async function undisturbed(): Promise<string[]> {
  return Promise.all(
    SERVERS.map(async server => {
      const { stdout } = await exec(containerOf(server), ['ecp-node', 'status'], { timeoutSec: 30 });
      const { state, since, reason } = JSON.parse(stdout) as NodeStatus;
      const log = await dockerOk('logs', containerOf(server));
      const ended = log.split('\n').filter(line => line.includes('has ended'));
      const restarts = await dockerOk('inspect', '--format', '{{.RestartCount}}', containerOf(server));
      return [server, state, since, reason, restarts, ...ended].join(' ');
    }),
  );
}

/** A session that has written and synced; it stays open. */
async function writing(server: string, number: number): Promise<Session> {
  const session = new Session(containerOf(server));
  open.push(session);
  expect(await session.ask([`set ^demo.many(${number})=${number}`, 'sync'], 60)).toEqual(['ok', 'ok']);
  return session;
}

async function inTurns<T>(count: number, work: (number: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) results.push(await work(next++));
  };
  await Promise.all(Array.from({ length: 6 }, lane));
  return results;
}

step('60 sessions with a sync each are served, and so is one more on each server', async () => {
  const before = await undisturbed();
  const sessions = await inTurns(60, number => writing(APPS[number % 2]!, number));
  for (const server of SERVERS) expect((await exec(containerOf(server), ['ecp-node', 'sync'])).code).toBe(0);
  const answers = await inTurns(60, number => sessions[number]!.ask([`set ^demo.more(${number})=1`, 'sync'], 60));
  expect(answers).toEqual(Array(60).fill(['ok', 'ok']));
  expect(await undisturbed()).toEqual(before);
});

step('a connection that rested is replaced at the next sync', async () => {
  const [resting, busy] = [await writing('app-server-1', 1), await writing('app-server-1', 2)];
  const held = async (): Promise<number> => {
    const { stdout } = await exec(containerOf('data-server'), ['cat', '/proc/net/unix']);
    return stdout.split('\n').filter(line => / 03 +\d+ \/run\/ecp\/sync\.sock/.test(line)).length;
  };
  expect(await held()).toBeGreaterThanOrEqual(2);
  await eventually('the resting connections are given back', 40, async () => {
    expect(await busy.ask(['sync'], 20)).toEqual(['ok']);
    return (await held()) === 1 ? true : undefined;
  });
  expect(await resting.ask(['set ^demo.rest=1', 'sync'], 20)).toEqual(['ok', 'ok']);
});

step('up to its limit a server serves, one above is told so at once, and nobody else notices', async () => {
  const before = await undisturbed();
  const sessions: Session[] = [];
  let refused: { readonly words: string; readonly ms: number } | undefined;
  while (!refused && sessions.length < 200) {
    const start = Date.now();
    try {
      sessions.push(await writing('app-server-1', sessions.length));
    } catch (error) {
      refused = { words: (error as Error).message, ms: Date.now() - start };
    }
  }
  expect(refused?.words.replace('the session ended with code 3: ', '')).toMatch(NO_PLACE);
  expect(refused!.ms).toBeLessThan(3000);
  expect(sessions.length).toBeGreaterThanOrEqual(60);
  const one = await exec(containerOf('app-server-1'), ['ecp-node', 'session'], { input: 'halt\n', mayFail: true });
  expect(one).toMatchObject({ code: 3, stdout: '' });
  // Commands that end by themselves have places of their own.
  expect((await exec(containerOf('app-server-1'), ['ecp-node', 'get', '^demo.many(1)'])).stdout).toBe('1\n');
  expect((await exec(containerOf('app-server-2'), ['ecp-node', 'sync'])).code).toBe(0);
  for (const session of sessions) expect(await session.ask(['set ^demo.full=1', 'sync'], 60)).toEqual(['ok', 'ok']);
  expect(await undisturbed()).toEqual(before);
  sessions[0]!.end();
  await eventually('the place of a session that has ended is free', 10, () =>
    writing('app-server-1', 0).catch(() => undefined),
  );
});

step('200 sessions that come at once: each is served or told why not, and no server is the worse for it', async () => {
  const before = await undisturbed();
  const earlier = await Promise.all(SERVERS.slice(1).map((server, index) => writing(server, index)));
  const outcomes = await Promise.all(
    Array.from({ length: 200 }, async (_, number) => {
      const input = `set ^demo.crowd(${number})=1\nsync\nhalt\n`;
      const session = ['ecp-node', 'session'];
      const { code, stdout, stderr } = await exec(containerOf(APPS[number % 2]!), session, {
        input,
        mayFail: true,
        timeoutSec: 100,
      });
      if (code === 0) return stdout === 'ok\nok\n' ? 'served' : stdout;
      return NO_PLACE.test(stderr.trim()) ? 'told' : `${code} ${stdout}${stderr}`.trim();
    }),
  );
  console.log(
    `200 at once: ${outcomes.filter(each => each === 'served').length} served, ${outcomes.filter(each => each === 'told').length} told`,
  );
  expect(outcomes.filter(each => each !== 'served' && each !== 'told')).toEqual([]);
  for (const session of earlier) expect(await session.ask(['set ^demo.crowd=1', 'sync'], 60)).toEqual(['ok', 'ok']);
  expect(await undisturbed()).toEqual(before);
});

step('a session whose client is gone ends; one that is fed by a program may rest', async () => {
  const program = await writing('app-server-1', 1);
  const count = async (): Promise<number> => {
    const { stdout } = await exec(containerOf('app-server-1'), [
      'bash',
      '-c',
      'cat /proc/[0-9]*/environ | tr "\\0" "\\n" | grep -c ^ECP_VERB=session || true',
    ]);
    return Number(stdout);
  };
  const before = await count();
  const command = `docker exec -it -e ECP_IDLE_SEC=6 ${containerOf('app-server-1')} ecp-node session`;
  const terminal = spawn('script', ['-qefc', `exec ${command}`, '/dev/null'], { stdio: ['pipe', 'pipe', 'ignore'] });
  let shown = '';
  terminal.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text));
  await eventually(
    'the prompt',
    20,
    () => Promise.resolve(shown.includes('ecp> ') || undefined),
    () => shown,
  );
  expect(await count()).toBe(before + 1);
  // Who types, at whatever speed, is not cut off.
  for (let key = 0; key < 4; key++) {
    terminal.stdin.write(`set ^demo.typed(${key})=1\n`);
    await sleep(2.5);
  }
  expect(await count()).toBe(before + 1);
  terminal.kill('SIGKILL');
  await eventually('the abandoned session has ended', 15, async () => ((await count()) === before ? true : undefined));
  expect(await program.ask(['sync'], 20)).toEqual(['ok']);
});

step('a session on a terminal says why it ends', async () => {
  const command = `docker exec -it -e ECP_IDLE_SEC=2 ${containerOf('app-server-1')} ecp-node session`;
  const terminal = spawn('script', ['-qefc', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'ignore'] });
  let shown = '';
  terminal.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text));
  const code = await new Promise(resolve => terminal.on('exit', resolve));
  expect({ code, shown }).toEqual({
    code: 0,
    shown: expect.stringContaining('Nothing was typed for 2 s: the session ends.') as string,
  });
});
