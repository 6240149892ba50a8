import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { withSetUpLock } from '../../cli/machine/set-up-lock';
import { removeFolders, temporaryFolder } from './machine-fakes';

const onLinux = process.platform === 'linux' ? test : test.skip;

beforeEach(() => jest.spyOn(console, 'log').mockImplementation(() => undefined));

afterEach(() => {
  jest.restoreAllMocks();
  removeFolders();
});

onLinux('two at once work one after the other', async () => {
  const folder = temporaryFolder();
  const events: string[] = [];
  const work = (name: string) => async (): Promise<void> => {
    events.push(`${name} starts`);
    await sleep(50);
    events.push(`${name} ends`);
  };
  await Promise.all(['a', 'b', 'c'].map(name => withSetUpLock(work(name), folder)));
  expect(events).toHaveLength(6);
  for (let at = 0; at < 6; at += 2) expect(events[at + 1]).toBe(events[at]!.replace('starts', 'ends'));
});

onLinux('work that fails gives the lock back', async () => {
  const folder = temporaryFolder();
  await expect(withSetUpLock(() => Promise.reject(new Error('no')), folder)).rejects.toThrow('no');
  await expect(withSetUpLock(() => Promise.resolve('yes'), folder)).resolves.toBe('yes');
});

onLinux('a holder that is killed gives the lock back, and is named while it holds it', async () => {
  const folder = temporaryFolder();
  const script = `require(${JSON.stringify(resolve(__dirname, '../../cli/machine/set-up-lock.ts'))})
    .withSetUpLock(() => { console.log('held'); return new Promise(() => setInterval(() => {}, 1000)); }, ${JSON.stringify(folder)})`;
  const holder = spawn(process.execPath, ['--require', 'tsx/cjs', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise(resolve => holder.stdout.once('data', resolve));
  const waiting = withSetUpLock(() => Promise.resolve('mine'), folder);
  setTimeout(() => holder.kill('SIGKILL'), 200);
  await expect(waiting).resolves.toBe('mine');
  expect(console.log).toHaveBeenCalledWith(`Waiting for another ecp (process ${holder.pid}) that sets up this machine`);
});
