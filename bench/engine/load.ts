import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execute } from '../operations/step';
import { merge, parseHistogram, type Histogram } from './histogram';
import { PLAIN_PROXY, type Connection } from './proxy';

export const ACTIONS = ['write', 'read', 'lock', 'sync'] as const;
export type EngineAction = (typeof ACTIONS)[number];

const ROUTINE = readFileSync(join(__dirname, 'ecpbench.m'), 'utf8');

/** Runs a script in a container of the rehearsal engine; a server's own settings are in its environment. */
function inContainer(container: string, script: string, signal: AbortSignal, env: NodeJS.ProcessEnv = {}) {
  const variables = Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  const args = ['exec', ...variables, container, 'bash', '-ec', script];
  return execute({ program: 'docker', args, env: process.env }, signal);
}

/** A file through a command's argument: Docker cannot copy into a tmpfs, and nothing else of a container can be written to. */
function write(file: string, text: string): string {
  return `printf '%s' '${text.replaceAll("'", `'\\''`)}' >${file}`;
}

/** Brings load generator and plain proxy into a server; the proxy goes with the container. */
export async function prepareServer(
  container: string,
  role: keyof typeof PLAIN_PROXY,
  signal: AbortSignal,
): Promise<void> {
  const script = [
    write('/tmp/plain.cfg', PLAIN_PROXY[role]),
    'haproxy -D -f /tmp/plain.cfg',
    ...(role === 'app-server' ? ['mkdir -p /tmp/bench', write('/tmp/bench/ecpbench.m', ROUTINE)] : []),
  ].join('\n');
  await inContainer(container, script, signal);
}

const GENERATOR = [
  '. /opt/ecp/lib/common.sh',
  'set -a; . "$RUN/config.env"; set +a',
  'export gtmroutines="/tmp/bench $gtmroutines" GTCM_1="[127.0.0.1]:$BENCH_PORT"',
  // A data server that goes away would be waited for without an end.
  'exec timeout -s KILL "$BENCH_LIMIT_SEC" "$gtm_dist/mumps" -run ecpbench </dev/null',
].join('\n');

/** Time that all servers need to be ready: each `docker exec` costs a tenth of a second of a core, and a thousand writes come first. */
const leadMs = (servers: number): number => 1200 + servers * 250;

/**
 * Does one thing on all application servers at the same time.
 *
 * @returns latencies of all of them together.
 * @throws Error when one cannot, or was not ready when the others began.
 */
export async function load(
  appServers: readonly string[],
  action: EngineAction,
  { port, syncSocket }: Connection,
  seconds: number,
  signal: AbortSignal,
): Promise<Histogram> {
  const startUs = (Date.now() + leadMs(appServers.length)) * 1000;
  const env = {
    BENCH_ACTION: action,
    BENCH_SEC: String(seconds),
    BENCH_START_US: String(startUs),
    BENCH_PORT: String(port),
    BENCH_SYNC: syncSocket,
    BENCH_LIMIT_SEC: String(seconds + 30),
  };
  const histograms = await Promise.all(
    appServers.map(async container => {
      const histogram = parseHistogram(await inContainer(container, GENERATOR, signal, env));
      if (histogram.size === 0) throw new Error(`${container} was not ready to begin with the others`);
      return histogram;
    }),
  );
  return merge(histograms);
}
