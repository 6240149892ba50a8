import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';

/** Bytes of a value, before base64: what a compressor can make of it is known. */
const VALUE_BYTES = 2250;
const SYNC_EVERY = 500;

/** Writes so many megabytes of data that nothing makes smaller than three quarters, through an application server. */
export async function fill(container: string, megabytes: number, signal: AbortSignal): Promise<void> {
  const session = spawn('docker', ['exec', '-i', container, 'ecp-node', 'session'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    signal,
  });
  session.on('error', () => undefined);
  let bad = '';
  session.stdout.setEncoding('utf8').on('data', (text: string) => {
    bad ||= text.split('\n').find(line => line !== '' && line !== 'ok') ?? '';
  });
  const count = Math.ceil((megabytes * 1e6) / (VALUE_BYTES * (4 / 3)));
  const name = randomBytes(4).toString('hex');
  for (let n = 1; n <= count; n++) {
    const line = `set ^demo.fill("${name}",${n})="${randomBytes(VALUE_BYTES).toString('base64')}"\n`;
    const sync = n % SYNC_EVERY === 0 || n === count ? 'sync\n' : '';
    if (!session.stdin.write(line + sync)) await once(session.stdin, 'drain');
  }
  const ended = once(session, 'close');
  session.stdin.end();
  await ended;
  signal.throwIfAborted();
  // Half an answer may come alone.
  if (bad !== '' && !'ok'.includes(bad)) throw new Error(`the data could not be written: ${bad.slice(0, 200)}`);
}
