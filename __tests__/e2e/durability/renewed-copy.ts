import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { docker, inside, killMainProcess, sleep } from '../support/faults';
import { spread } from '../support/figures';
import { IS_ON_DEMAND, repetitions } from '../support/repetitions';
import { DATA, ENGINE, NORMAL_SEC, PROMISE, bed, cluster, fault, figures } from './context';

/** Files of the database's folder at one moment. */
type Names = readonly string[];

/** What no finished renewal leaves. */
const UNFINISHED = /^(copy\.(backup|new|crashed)|GTM\.MJL_.*|.*\.new|.*\.(crashed|opening))$/;

/** What shows that a step has begun, seen from the files of before. */
const STEPS: Readonly<Record<string, (now: Names, before: Names) => boolean>> = {
  'the backup begins': now => now.includes('copy.backup'),
  'the journal is changed': (now, before) => journals(now).length > journals(before).length,
  'the new copy has its name': (now, before) => copies(now).some(name => !before.includes(name)),
  'the old copy is gone': (now, before) => copies(before).some(name => !now.includes(name)),
  'old journals go': (now, before) => journals(before).some(name => !now.includes(name)),
};

const journals = (names: Names) => names.filter(name => name.startsWith('GTM.MJL_'));
const copies = (names: Names) => names.filter(name => /^copy\.[0-9a-f]{64}$/.test(name));

/** The copy of a large database renewed while the server is killed, at each step. */
export const renewedCopy = (): void =>
  fault('a kill while the copy of the database is renewed', async () => {
    const times: number[] = [];
    // CI has time for every other one.
    const steps = Object.entries(STEPS).filter((_, index) => IS_ON_DEMAND || index % 2 === 0);
    const oracle = await bed.underLoad('renewed copy', async oracle => {
      await fill();
      for (let i = 0; i < Math.max(repetitions(0), steps.length); i++) {
        const [step, begun] = steps[i % steps.length]!;
        const folder = await databaseFolder();
        const before = await withOldJournals(folder);
        await until(step, () => begun(readdirSync(folder), before));
        const start = Date.now();
        await killMainProcess(DATA);
        times.push(await bed.recovered(oracle, start, NORMAL_SEC));
        const left = readdirSync(folder);
        expect({ step, left: left.filter(name => UNFINISHED.test(name)) }).toEqual({ step, left: [] });
        expect(copies(left)).toHaveLength(1);
      }
    });
    figures.add(
      'data server killed while it renews the copy of a database of 70 MB, at each step in turn',
      PROMISE,
      `${times.length} times, 0 lost of ${await bed.intact(oracle)}; ${spread(times)}`,
    );
  });

/** The second old journal makes the data server renew its copy at its next look, which may come before the change has ended. */
async function withOldJournals(folder: string): Promise<Names> {
  const change = `${ENGINE}; for i in 1 2; do "$gtm_dist/mupip" set "-journal=enable,on,before_images,file=\${ECP_DIRECTORY}GTM.MJL" -region DEFAULT >/dev/null 2>&1; sleep 1.1; done`;
  for (let tries = 0; tries < 5; tries++) {
    await inside(DATA, change);
    const names = readdirSync(folder);
    if (journals(names).length > 1) return names;
  }
  throw new Error('five times without old journals after their change: the data server keeps none, or none was made');
}

async function fill(): Promise<void> {
  const lines = 'for ((i = 0; i < 2000; i++)); do printf "set ^demo.fill(%d)=\\"%030000d\\"\\n" "$i" "$i"; done';
  await inside(DATA, `{ ${lines}; echo sync; } | ecp-node session | grep -vc "^ok$" || true`);
}

/** On the Docker host: a look takes no process, so that no step is missed. */
async function databaseFolder(): Promise<string> {
  const volume = await docker(['volume', 'inspect', '--format', '{{.Mountpoint}}', `${cluster.name}-data`]);
  const directory = await inside(DATA, `${ENGINE}; echo "$ECP_DIRECTORY"`);
  return join(volume, directory.trim().replace(/^\/durable\//, ''));
}

async function until(step: string, check: () => boolean): Promise<void> {
  const end = Date.now() + 60_000;
  while (!check()) {
    if (Date.now() > end) throw new Error(`not within 60 s: ${step}`);
    await sleep(0);
  }
}
