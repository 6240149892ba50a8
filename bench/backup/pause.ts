import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Writes one record after the other, each with a sync, while something goes on. @returns the longest that one took */
export async function longestPauseMs(
  container: string,
  signal: AbortSignal,
  during: () => Promise<unknown>,
): Promise<number> {
  const session = spawn('docker', ['exec', '-i', container, 'ecp-node', 'session'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    signal,
  });
  session.on('error', () => undefined);
  session.stdin.on('error', () => undefined);
  const answers = createInterface({ input: session.stdout })[Symbol.asyncIterator]();
  const write = async (n: number): Promise<number> => {
    const start = performance.now();
    session.stdin.write(`set ^demo.pause(${n % 100})=${n}\nsync\n`);
    const said = [(await answers.next()).value, (await answers.next()).value];
    if (said.some(answer => answer !== 'ok')) throw new Error(`a write failed: ${said.join(', ')}`);
    return performance.now() - start;
  };
  // The first opens the connection.
  await write(0);
  const work = { isOver: false };
  const running = during().finally(() => (work.isOver = true));
  let longest = 0;
  try {
    for (let n = 1; !work.isOver; n++) {
      longest = Math.max(longest, await write(n));
      await new Promise(resolve => setTimeout(resolve, 20));
    }
  } finally {
    session.stdin.end();
    await running;
  }
  return longest;
}
