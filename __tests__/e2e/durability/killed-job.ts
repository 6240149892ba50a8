import { inside, sleep, tryDocker } from '../support/faults';
import { spread } from '../support/figures';
import { repetitions } from '../support/repetitions';
import { DATA, NORMAL_SEC, PROMISE, bed, fault, figures } from './context';

const JOB = `for at in /proc/[0-9]*; do [[ $(tr '\\0' ' ' <"$at/cmdline") != '/opt/gtm/mumps -run serve^ecpjob ' ]] || echo "\${at##*/}"; done 2>/dev/null`;

/** Bounds the tries to catch the job with GT.M's lock on the database, when nobody else gets an answer. A quick disk takes more of them. */
const CATCH_SEC = 600;

/** The job that answers sync requests killed where it hurts most. */
export const killedJob = (): void =>
  fault('the sync job killed inside the critical section of the database', async () => {
    const times: number[] = [];
    const blamed: string[] = [];
    const oracle = await bed.underLoad(
      'sync job',
      async oracle => {
        for (let i = 0; i < repetitions(1); i++) {
          const job = await stopInside();
          const start = Date.now();
          await inside(DATA, `kill -9 ${job}`);
          const watching = bed.recovered(oracle, start, NORMAL_SEC);
          let done = false;
          const watch = (async () => {
            while (!done) {
              const { reason } = await bed.status('app-server-1');
              if (/certificate|authorized-clients/.test(reason)) blamed.push(reason);
              await sleep(0.3);
            }
          })();
          times.push(await watching.finally(() => (done = true)));
          await watch;
        }
      },
      { sync: true, patienceSec: 12 },
    );
    expect(blamed).toEqual([]);
    figures.add(
      'sync job of the data server killed inside the critical section of the database',
      PROMISE,
      `${times.length} times, 0 lost of ${await bed.intact(oracle)}; ${spread(times)}`,
    );
  });

/** Stops the job again and again, until another process has to wait for what it holds. */
async function stopInside(): Promise<string> {
  let job = '';
  await bed.until('the sync job caught inside', CATCH_SEC, async () => {
    job = (await inside(DATA, `kill -STOP $(${JOB}) && ${JOB}`)).trim();
    const free = await tryDocker([
      'exec',
      DATA,
      'timeout',
      '-s',
      'KILL',
      '0.7',
      'bash',
      '-c',
      `echo x | ecp-node set '^demo.free'`,
    ]);
    if (free.code !== 0) return true;
    await inside(DATA, `kill -CONT ${job}`);
    await sleep(Math.random() * 0.05);
    return false;
  });
  return job;
}
