import { docker, sleep, tryDocker } from '../support/faults';
import { spread } from '../support/figures';
import { repetitions } from '../support/repetitions';
import { DATA, NORMAL_SEC, PROMISE, bed, fault, figures } from './context';

/** What a command says that comes while the server ends, starts, or has no room for it. */
const TURNED_AWAY =
  /is stopping|does not serve|is not running|No such|restarting|OCI runtime|no answer|not reachable|unable to upgrade|cannot exec|exec failed|^$/i;

/** Commands that open the database beside a stop of the data server. */
export const localClients = (): void =>
  fault('a stop under local clients leaves a database that the next start takes', async () => {
    const times: number[] = [];
    const since = new Date().toISOString();
    let answers = 0;
    const oracle = await bed.underLoad('local clients', async oracle => {
      let done = false;
      const odd: string[] = [];
      const ask = async (...verb: string[]): Promise<void> => {
        while (!done) {
          const { code, stderr } = await tryDocker(['exec', DATA, 'ecp-node', ...verb]);
          if (code === 0) answers++;
          else if (!TURNED_AWAY.test(stderr)) odd.push(`${verb[0]}: ${stderr.trim()}`);
          else await sleep(0.1);
        }
      };
      const clients = [
        ask('zwrite', '^demo.oracle'),
        ask('get', oracle.writers[0]!.record(1)[0]),
        ask('set', '^demo.local(1)'),
      ];
      try {
        for (let i = 0; i < repetitions(3); i++) {
          await sleep(1);
          const start = Date.now();
          await docker(['restart', DATA]);
          times.push(await bed.recovered(oracle, start, NORMAL_SEC));
        }
      } finally {
        done = true;
        await Promise.all(clients);
      }
      expect(odd).toEqual([]);
    });
    const log = await docker(['logs', '--since', since, DATA]);
    expect(log).not.toMatch(/has changed since|not stopped cleanly|could not be closed/);
    expect(answers).toBeGreaterThan(times.length);
    figures.add(
      '`docker restart` of the data server while local commands read and write',
      PROMISE,
      `${times.length} times, 0 lost of ${await bed.intact(oracle)}; ${spread(times)}`,
    );
  });
