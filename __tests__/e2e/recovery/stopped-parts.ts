import { inside, sleep, tryDocker } from '../support/faults';
import { spread } from '../support/figures';
import type { Oracle } from '../support/oracle';
import type { Seen } from '../support/recovery-bed';
import { repetitions } from '../support/repetitions';
import { dockerOk } from '../support/test-cluster';
import { bed, fault, figures } from './context';

/** Every verb has an answer by then, whatever has stopped. */
const ANSWER_SEC = 14;
const SEEN_SEC = 15;
const HEALED_SEC = 60;

interface Part {
  readonly server: 'data-server' | 'app-server-1';
  readonly what: string;
  /** Prints the numbers of the processes that are stopped. */
  readonly find: string;
  /** It may be replaced before Docker's second look. */
  readonly brief?: boolean;
}

const byName = (name: string): string =>
  `for at in /proc/[0-9]*; do [[ $(<"$at/comm") != ${name} ]] || echo "\${at##*/}"; done 2>/dev/null`;
const byProgram = (program: string): string =>
  `for at in /proc/[0-9]*; do [[ $(tr '\\0' ' ' <"$at/cmdline") != '${program} ' ]] || echo "\${at##*/}"; done 2>/dev/null`;
const byRoutine = (routine: string): string => byProgram(`/opt/gtm/mumps -run ${routine}`);

/** Of the same name is the process that reads HAProxy's log, which is younger. */
const ENTRY_POINT = {
  what: 'entry point',
  find: `{ ${byProgram('bash /usr/local/bin/ecp-entrypoint')}; } | sort -n | head -n 1`,
};
const HAPROXY = { what: 'TLS process (HAProxy)', find: byName('haproxy') };

/** Parts that are stopped at the same time: they do not touch each other. */
const GROUPS: readonly (readonly Part[])[] = [
  [{ server: 'data-server', what: 'GT.CM', find: byName('gtcm_gnp_server') }],
  [{ server: 'data-server', ...HAPROXY, brief: true }],
  [{ server: 'app-server-1', ...HAPROXY }],
  [{ server: 'data-server', what: 'sync job', find: byRoutine('serve^ecpjob') }],
  [
    { server: 'data-server', what: 'own client', find: byRoutine('ecpjob'), brief: true },
    { server: 'app-server-1', what: 'monitor job', find: byRoutine('ecpjob'), brief: true },
  ],
  [
    { server: 'data-server', ...ENTRY_POINT },
    { server: 'app-server-1', ...ENTRY_POINT },
  ],
];

const nameOf = (server: string): string => (server === 'data-server' ? 'data server' : 'application server');

/** Stops one part; how long it took until `status`, and Docker, told of it. */
async function stop({
  server,
  find,
  brief = false,
}: Part): Promise<{ readonly seen: number; readonly health?: number }> {
  const container = bed.container(server);
  const { since: before = '' } = await stateOf(server);
  const pids = await inside(container, `for pid in $(${find}); do kill -STOP "$pid" && echo "$pid"; done`);
  expect(pids).not.toBe('');
  const [seen, health] = await Promise.all([
    told(server, before),
    brief ? undefined : unhealthy(container),
    verbsAnswer(container),
  ]);
  return { seen, health };
}

/** Parts that neither end nor go on. */
export const stoppedParts = (): void =>
  describe('stopped parts', () => {
    for (const parts of GROUPS) {
      const names = parts.map(({ server, what }) => `${what} of the ${nameOf(server)}`);
      fault(`${names.join(', ')} stopped`, async () => {
        const found = parts.map(() => ({ seen: [] as number[], health: [] as number[] }));
        const healed: number[] = [];
        const during = async (oracle: Oracle): Promise<void> => {
          for (let i = 0; i < repetitions(1); i++) {
            await Promise.all(parts.map(({ server }) => healthy(bed.container(server))));
            const start = Date.now();
            const outcomes = await Promise.all(parts.map(stop));
            outcomes.forEach(({ seen, health }, index) => {
              found[index]!.seen.push(seen);
              if (health !== undefined) found[index]!.health.push(health);
            });
            healed.push(await bed.recovered(oracle, start, HEALED_SEC));
          }
        };
        const oracle = await bed.underLoad(`stopped ${names.join(' ')}`, during, { sync: true, patienceSec: 12 });
        const rest = `healed after ${spread(healed)}; 0 lost of ${await bed.intact(oracle)}`;
        names.forEach((name, index) => {
          const { seen, health } = found[index]!;
          figures.add(
            `${name} stopped (SIGSTOP)`,
            `back within ${HEALED_SEC} s`,
            `seen after ${spread(seen)}${health.length > 0 ? `, by Docker after ${spread(health)}` : ''}; ${rest}`,
          );
        });
      });
    }

    for (const server of ['data-server', 'app-server-1'] as const) {
      fault(`the files watcher of the ${server} stopped`, async () => {
        const container = bed.container(server);
        await inside(container, `for pid in $(${byName('inotifywait')}); do kill -STOP "$pid"; done`);
        const [image = '', volume = ''] = (
          await dockerOk(
            ...['inspect', '--format'],
            '{{.Image}} {{range .Mounts}}{{if eq .Destination "/ecp/files"}}{{.Name}}{{end}}{{end}}',
            container,
          )
        ).split(' ');
        const before = await serial(container);
        const start = Date.now();
        // The same files as a new generation, without the list of clients or the key's match: refused, and so noticed.
        await dockerOk(
          ...[
            'run',
            '--rm',
            '--network',
            'none',
            '--user',
            '0',
            '-v',
            `${volume}:/volume`,
            '--entrypoint',
            'bash',
            image,
          ],
          ...[
            '-c',
            'cd /volume; cp -a "$(readlink current)" broken; : >broken/pki/cert.pem; readlink current >old; ln -s broken next; mv -T next current',
          ],
        );
        const noticed = await bed.until('the new files are noticed', SEEN_SEC, async () =>
          (await bed.status(server)).reason.includes('not in use'),
        );
        await dockerOk(
          ...[
            'run',
            '--rm',
            '--network',
            'none',
            '--user',
            '0',
            '-v',
            `${volume}:/volume`,
            '--entrypoint',
            'bash',
            image,
          ],
          ...['-c', 'cd /volume; ln -s "$(<old)" next; mv -T next current; rm -rf broken old'],
        );
        await bed.until('the old files are back', SEEN_SEC, async () => (await bed.status(server)).reason === '');
        expect(await serial(container)).toBe(before);
        expect(Date.now() - start).toBeLessThan(2 * SEEN_SEC * 1000);
        const watchers = await inside(
          container,
          `for pid in $(${byName('inotifywait')}); do grep -c 'State:.T' "/proc/$pid/status"; done; true`,
        );
        expect(watchers).not.toContain('1');
        figures.add(
          `files watcher of the ${nameOf(server)} stopped (SIGSTOP)`,
          `new files noticed within ${SEEN_SEC} s, watcher replaced`,
          `noticed after ${noticed.toFixed(1)} s`,
        );
      });
    }
  });

const serial = (container: string) => inside(container, 'grep ^serial= /run/ecp/certificate');

/** Seconds until `status` tells of it: by a state other than Normal, or by one that is Normal again since then. */
function told(server: string, before: string): Promise<number> {
  return bed.until(`${server} is not Normal`, SEEN_SEC, async () => {
    const { state, since } = await stateOf(server);
    return state !== 'Normal' || since !== before;
  });
}

const stateOf = async (server: string) => (await bed.status(server)) as Seen & { readonly since?: string };

/** Seconds until Docker calls the container unhealthy, or has seen it start again. */
async function unhealthy(container: string): Promise<number> {
  const started = await dockerOk('inspect', '--format', '{{.State.StartedAt}}', container);
  return bed.until(`${container} is unhealthy`, SEEN_SEC + 2, async () => {
    const now = await dockerOk('inspect', '--format', '{{.State.StartedAt}} {{.State.Health.Status}}', container);
    return !now.startsWith(started) || now.endsWith(' unhealthy');
  });
}

/** Docker has forgotten the fault before. */
const healthy = (container: string) =>
  bed.until(`${container} is healthy`, 30, async () => {
    const health = await dockerOk('inspect', '--format', '{{.State.Health.Status}}', container);
    return health === 'healthy';
  });

/** Each verb ends within its deadline, whatever its answer. */
async function verbsAnswer(container: string): Promise<void> {
  const verbs = ['status', 'get ^demo.x', 'zwrite ^demo.oracle(1)', 'sync', 'healthcheck'];
  await sleep(0.5);
  const script = verbs.map(
    verb =>
      `{ SECONDS=0; ecp-node ${verb.replace(/[()^]/g, '\\$&')} >/dev/null 2>&1 </dev/null; echo "$SECONDS ${verb.split(' ')[0]}"; } &`,
  );
  const answer = await tryDocker(['exec', container, 'bash', '-c', `rm -f /run/ecp/healthy; ${script.join(' ')} wait`]);
  const answers = answer.stdout.split('\n');
  // A container that ends takes them along.
  for (const answer of answers.filter(line => line !== ''))
    expect(parseInt(answer, 10)).toBeLessThanOrEqual(ANSWER_SEC);
}
