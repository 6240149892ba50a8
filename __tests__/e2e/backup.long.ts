/** Backups that were restored: under writers, to points in time, in place, and with everything gone. `--repeat 20` takes more of them. */
import { rmSync } from 'node:fs';
import { BackupBed, betweenWrites } from './backup/context';
import { faultsOf, markedBackup, type Mark } from './backup/mark';
import { killMainProcess } from './support/faults';
import { repetitions } from './support/repetitions';
import { Steps } from './support/steps';
import { dockerOk, ecp, ecpOk, eventually, removeCluster, testCluster } from './support/test-cluster';

const BACKUPS = repetitions(2);
const TIMES = Math.min(10, BACKUPS);
jest.setTimeout(120_000 * repetitions(1));

const bed = new BackupBed('ecp-backup-test', 53, 4);
/** On the repository of the original, with schedules that are due each minute. */
const clone = testCluster(bed.clone, 66, {
  ...Object.fromEntries(Object.entries(bed.cluster.environment).filter(([name]) => name.startsWith('ECP_BACKUP_'))),
  ECP_APP_SERVERS: '1',
  ECP_BACKUP_SCHEDULE: '* * * * *',
  ECP_BACKUP_VERIFY: '* * * * *',
});
const steps = new Steps();
const { step } = steps;

describe('backups', () => {
  beforeAll(async () => {
    await bed.up();
  });

  afterAll(async () => {
    try {
      if (steps.failed) await bed.printLogs();
    } finally {
      await removeCluster(clone);
      await bed.removeAll();
    }
  });

  const marks: Mark[] = [];

  step(`${BACKUPS} backups under four writers: none fails, and no write fails or waits`, async () => {
    const oracle = await bed.underLoad('backups', async writing => {
      for (let n = 0; n < BACKUPS; n++) marks.push(await markedBackup(writing, () => bed.takeBackup()));
    });
    expect(oracle.failures).toEqual([]);
    const slowest = Math.max(...oracle.writers.map(({ slowestMs }) => slowestMs));
    console.error(`    │ ${BACKUPS} backups beside ${oracle.total} acknowledged writes; slowest batch ${slowest} ms`);
    expect(slowest).toBeLessThan(4000);
    await bed.intact(oracle);
  });

  step('each has all that was acknowledged before it, and nothing that was sent after', async () => {
    for (const mark of marks)
      expect(faultsOf(mark, await bed.restoredListing([mark.id], 'demo.oracle'))).toEqual({ lost: [], early: [] });
  });

  step('./ecp backup --verify restores one, and the list says so', async () => {
    expect(await bed.ecp('backup', '--verify', marks[0]!.id)).toContain('are as they were noted');
    const list = JSON.parse(await bed.ecp('backups', '--json')) as { id: string; verified: string }[];
    expect(list.map(({ id, verified }) => [id, verified !== ''])).toEqual(
      marks.map(({ id }, index) => [id, index === 0]),
    );
  });

  const times: { readonly to: string; readonly has: string; readonly lacks: string }[] = [];

  step(
    'points in time between two backups are restored: the last write before is in, the first after is not',
    async () => {
      for (let n = 1; n <= TIMES; n++) {
        await bed.write(`^demo.time(${2 * n - 1})`, 'before');
        const to = await betweenWrites();
        await bed.write(`^demo.time(${2 * n})`, 'after');
        times.push({ to, has: `^demo.time(${2 * n - 1})=`, lacks: `^demo.time(${2 * n})=` });
        // A crash between them: another journal, which begins on a database that was rebuilt.
        if (n === 1) await killMainProcess(bed.dataServer);
        await bed.allNormal();
      }
      await bed.takeBackup();
      for (const { to, has, lacks } of times) {
        const listing = await bed.restoredListing(['--to', to], 'demo.time');
        expect(listing).toContain(has);
        expect(listing).not.toContain(lacks);
      }
    },
  );

  step('a restore in place brings the data back, and the application servers come by themselves', async () => {
    await bed.write('^demo.place', 'good');
    await bed.takeBackup();
    await bed.write('^demo.place', 'spoilt');
    expect(await bed.refused(['restore'], bed.withSettings({ CI: '' }))).toContain(
      'there is no terminal to ask on; add --yes',
    );
    // As of a restore that was killed when all was in its place.
    await dockerOk('exec', bed.dataServer, 'mkdir', '/durable/.aside-20260101T000000Z');
    const output = await bed.ecp('restore', '--yes');
    expect(output).toMatch(/the data of before is kept in \.aside-\w+ of the volume ecp-backup-test-data/);
    const [, words = ''] =
      /in \.aside-20260101T000000Z of the volume ecp-backup-test-data; docker (exec .*) deletes it\n/.exec(output) ??
      [];
    await dockerOk(...words.split(' '));
    expect(await bed.ecp('exec', 'app-server-2', 'get', '^demo.place')).toBe('good\n');
    await bed.write('^demo.place', 'written after');
    expect(await dockerOk('exec', bed.dataServer, 'find', '/durable', '-name', '.aside-*')).toBe('');
  });

  step(
    'a restore that is cut short keeps the server from starting on half of it, and the next one goes on',
    async () => {
      await dockerOk('stop', bed.dataServer);
      const aside = '.aside-20260101T000000Z';
      const cutShort = `cd /durable; mkdir ${aside}; echo 'placing ${aside}' >.restoring; mv iris ${aside}/; mkdir iris`;
      await bed.inDataVolume(cutShort);
      await dockerOk('start', bed.dataServer);
      await eventually('the refusal', 30, async () =>
        (await bed.status('data-server')).reason.includes('a restore into /durable was cut short') ? true : undefined,
      );
      await bed.ecp('restore', '--yes');
      expect(await bed.ecp('exec', 'app-server-2', 'get', '^demo.place')).toBe('good\n');
      expect(await bed.inDataVolume("find /durable -maxdepth 1 -name '.[ar]*'")).toBe('');
    },
  );

  const certificateOf = async (cluster: string): Promise<string> => {
    const text = await dockerOk('exec', `${cluster}-data-server`, 'ecp-node', 'status');
    return JSON.stringify((JSON.parse(text) as { certificate: unknown }).certificate);
  };

  step('a clone has the data, certificates of its own, and leaves the original alone', async () => {
    await bed.write('^demo.clone', 'of both');
    await bed.takeBackup();
    await dockerOk('volume', 'rm', '--force', `${clone.name}-data`);
    await bed.ecp('restore', '--into', clone.name, '--yes');
    await ecpOk(clone, ['up', '--yes']);
    await ecpOk(clone, ['exec', 'app-server-1', 'set', '^demo.clone'], "the clone's");
    await ecpOk(clone, ['exec', 'app-server-1', 'sync']);
    expect(await bed.ecp('exec', 'app-server-1', 'get', '^demo.clone')).toBe('of both\n');
    expect(await ecpOk(clone, ['exec', 'data-server', 'get', '^demo.place'])).toBe('good\n');
    expect(await certificateOf(clone.name)).not.toBe(await certificateOf(bed.cluster.name));
  });

  step('with everything gone, two commands lead from the repository to a Normal cluster', async () => {
    await bed.write('^demo.last', 'the last word');
    await bed.takeBackup();
    const ids = await dockerOk('ps', '--all', '--quiet', '--filter', `label=ecp.cluster=${bed.cluster.name}`);
    await dockerOk('rm', '--force', '--volumes', ...ids.split('\n'));
    await dockerOk('network', 'rm', bed.cluster.name);
    const files = (
      await dockerOk('volume', 'ls', '--quiet', '--filter', `label=ecp.cluster=${bed.cluster.name}`)
    ).split('\n');
    await dockerOk('volume', 'rm', `${bed.cluster.name}-data`, `${bed.cluster.name}-backup`, ...files);
    rmSync(bed.cluster.stateFile);
    const began = Date.now();
    const up = await bed.ecp('up', '--yes');
    const restored = await bed.ecp('restore', '--yes');
    const lines = `${up}${restored}`.trimEnd().split('\n').length;
    console.error(
      `    │ from the repository alone in ${((Date.now() - began) / 1000).toFixed(1)} s, ${lines} lines said`,
    );
    expect(await bed.ecp('exec', 'app-server-1', 'get', '^demo.last')).toBe('the last word\n');
  });

  step('on schedule the clone is backed up into the same repository, restored and compared', async () => {
    let seen = '';
    await eventually(
      'a verified backup',
      150,
      async () => {
        const { code, stdout, stderr } = await ecp(clone, ['backups', '--json']);
        seen = `${stdout}${stderr}`;
        return (
          (code === 0 && (JSON.parse(stdout) as { verified: string }[]).some(each => each.verified !== '')) || undefined
        );
      },
      () => seen,
    );
    expect(await ecpOk(clone, ['status'])).toMatch(/verified/);
  });

  step('./ecp down --volumes leaves the repository', async () => {
    await bed.ecp('down', '--volumes', '--yes');
    const left = await dockerOk(
      'volume',
      'ls',
      '--quiet',
      '--filter',
      `name=^${bed.cluster.name}-(data|backup|repository)`,
    );
    expect(left).toBe(bed.repository);
  });
});
