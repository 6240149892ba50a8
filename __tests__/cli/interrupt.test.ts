import { run } from '../../cli/process';

/** Says when it is ready, then how often it was interrupted, and ends at the second time. Bash may lose one that comes while its trap runs. */
const CHILD = [
  '-e',
  `let count = 0;
  process.on('SIGINT', () => {
    console.log('interrupt ' + ++count);
    if (count === 2) process.exit();
  });
  setInterval(() => {}, 1000);
  console.log('ready');`,
];

test('each interrupt reaches the child once and is counted, and none of ours is left behind', async () => {
  const before = process.listenerCount('SIGINT');
  const errors = process.stdout.listenerCount('error');
  const counts: number[] = [];
  const lines: string[] = [];
  const result = await run(process.execPath, CHILD, {
    timeoutSec: 20,
    onInterrupt: count => counts.push(count),
    onLine: line => {
      lines.push(line);
      if (line === 'ready') process.emit('SIGINT');
      if (line === 'interrupt 1') process.emit('SIGTERM');
    },
  });
  expect({ code: result.code, counts, lines }).toEqual({
    code: 0,
    counts: [1, 2],
    lines: ['ready', 'interrupt 1', 'interrupt 2'],
  });
  expect(process.listenerCount('SIGINT')).toBe(before);
  expect(process.stdout.listenerCount('error')).toBe(errors);
});

test('the end of the terminal is one interrupt, however often it is told, and what is then written is lost without harm', async () => {
  const streams = [process.stdout, process.stderr];
  const before = { hangUps: process.listenerCount('SIGHUP'), errors: process.stdout.listeners('error') };
  const counts: number[] = [];
  const lines: string[] = [];
  const { code } = await run(process.execPath, CHILD, {
    timeoutSec: 20,
    onInterrupt: count => counts.push(count),
    onLine: line => {
      lines.push(line);
      if (line === 'ready') {
        process.emit('SIGHUP');
        process.emit('SIGHUP');
        for (const stream of streams) stream.emit('error', new Error('write EIO'));
      }
      if (line === 'interrupt 1') process.emit('SIGINT');
    },
  });
  expect({ code, counts, lines }).toEqual({ code: 0, counts: [1, 2], lines: ['ready', 'interrupt 1', 'interrupt 2'] });
  expect(process.listenerCount('SIGHUP')).toBe(before.hangUps);
  // The last words of this process go to the same terminal.
  const added = process.stdout.listeners('error').filter(each => !before.errors.includes(each));
  expect(added).toHaveLength(1);
  for (const stream of streams) stream.off('error', added[0] as () => void);
});

test('a child that takes interrupts has a process group of its own, where Ctrl-C does not reach it', async () => {
  const group = ['-c', 'ps -o pgid= -p $$'];
  const own = await run('bash', group, { onInterrupt: () => undefined });
  const ours = await run('bash', group);
  expect(own.stdout.trim()).toMatch(/^\d+$/);
  expect(own.stdout.trim()).not.toBe(ours.stdout.trim());
});

test('a child whose interrupt came before it is not started', async () => {
  const lines: string[] = [];
  const interrupt = AbortSignal.abort();
  const result = await run('echo', ['started'], { interrupt, onLine: line => lines.push(line) });
  expect({ code: result.code, lines }).toEqual({ code: 130, lines: [] });
});
