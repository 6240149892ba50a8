/**
 * Backups that were restored: under writers, to points in time, with everything gone, by another way to the repository, after kills, and damaged
 * ones that are named. `--repeat 20` takes more backups and kills.
 */
import { rmSync } from 'node:fs';
import { run } from '../../cli/process';
import {
  bed,
  cluster,
  ecpBackup,
  inRepository,
  NAME,
  refused,
  removeAll,
  REPOSITORY,
  restoredListing,
  secretFile,
  takeBackup,
  withSettings,
} from './backup/context';
import { faultsOf, markedBackup, type Mark } from './backup/mark';
import { SftpServer } from './backup/sftp-server';
import { docker, killAndStart, killMainProcess, sleep } from './support/faults';
import { repetitions } from './support/repetitions';
import { Steps } from './support/steps';
import { dockerOk, ecpOk, eventually } from './support/test-cluster';

jest.setTimeout(repetitions(1) * 120_000);

const BACKUPS = repetitions(2);
const KILLS = repetitions(1);
const steps = new Steps();
const { step } = steps;

const backupContainer = `${NAME}-backup`;
const dataServer = `${NAME}-data-server`;

async function write(reference: string, value: string): Promise<void> {
  await ecpOk(cluster, ['exec', 'app-server-1', 'set', reference], value);
  await ecpOk(cluster, ['exec', 'app-server-1', 'sync']);
}

/** The next whole second that is surely after what was written, and before what is written next. */
async function betweenWrites(): Promise<string> {
  await sleep(1.1);
  const at = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  await sleep(1.1);
  return at;
}

async function allNormal(): Promise<void> {
  await eventually('all servers Normal', 60, async () =>
    (await Promise.all(bed.servers.map(server => bed.status(server)))).every(({ state }) => state === 'Normal')
      ? true
      : undefined,
  );
}

describe('backups', () => {
  beforeAll(async () => {
    await bed.up();
  });

  afterAll(async () => {
    try {
      if (steps.failed) await bed.printLogs();
    } finally {
      await removeAll();
    }
  });

  const marks: Mark[] = [];

  step(`${BACKUPS} backups under writers: none fails, and no write fails or waits`, async () => {
    const oracle = await bed.underLoad('backups', async writing => {
      for (let n = 0; n < BACKUPS; n++) marks.push(await markedBackup(writing, takeBackup));
    });
    expect(oracle.failures).toEqual([]);
    const slowest = Math.max(...oracle.writers.map(({ slowestMs }) => slowestMs));
    console.error(`    │ ${BACKUPS} backups beside ${oracle.total} acknowledged writes; slowest batch ${slowest} ms`);
    expect(slowest).toBeLessThan(4000);
    await bed.intact(oracle);
  });

  step('each has all that was acknowledged before it, and nothing that was sent after', async () => {
    for (const mark of marks)
      expect(faultsOf(mark, await restoredListing([mark.id], 'demo.oracle'))).toEqual({ lost: [], early: [] });
  });

  step('./ecp backup --verify restores one, and the list says so', async () => {
    expect(await ecpOk(cluster, ['backup', '--verify', marks[0]!.id])).toContain('are as they were noted');
    const list = JSON.parse(await ecpOk(cluster, ['backups', '--json'])) as { id: string; verified: string }[];
    expect(list.map(({ id, verified }) => [id, verified !== ''])).toEqual(
      marks.map(({ id }, index) => [id, index === 0]),
    );
  });

  const times: { readonly to: string; readonly has: string; readonly lacks: string }[] = [];

  step(
    'points in time between two backups are restored: the last write before is in, the first after is not',
    async () => {
      for (const n of [1, 2]) {
        await write(`^demo.time(${2 * n - 1})`, 'before');
        const to = await betweenWrites();
        await write(`^demo.time(${2 * n})`, 'after');
        times.push({ to, has: `^demo.time(${2 * n - 1})=`, lacks: `^demo.time(${2 * n})=` });
        // A crash between them: another journal, which begins on a database that was rebuilt.
        if (n === 1) await killMainProcess(dataServer);
        await allNormal();
      }
      await takeBackup();
      for (const { to, has, lacks } of times) {
        const listing = await restoredListing(['--to', to], 'demo.time');
        expect(listing).toContain(has);
        expect(listing).not.toContain(lacks);
      }
    },
  );

  step('a restore in place brings the data back, and the application servers come by themselves', async () => {
    await write('^demo.place', 'good');
    await takeBackup();
    await write('^demo.place', 'spoilt');
    expect(await refused(['restore'], withSettings({ CI: '' }))).toContain('there is no terminal to ask on; add --yes');
    const output = await ecpOk(cluster, ['restore', '--yes']);
    expect(output).toMatch(/the data of before is kept in \.aside-\w+ of the volume ecp-backup-test-data/);
    expect(await ecpOk(cluster, ['exec', 'app-server-2', 'get', '^demo.place'])).toBe('good\n');
    await write('^demo.place', 'written after');
    expect(await dockerOk('exec', dataServer, 'find', '/durable', '-name', '.aside-*')).toBe('');
  });

  step('a killed backup container or data server leaves no lock, no copy and no half backup', async () => {
    for (let n = 0; n < KILLS; n++)
      for (const [victim, delay] of [
        [backupContainer, 0.5 + Math.random()],
        [backupContainer, 1.5 + Math.random()],
        [dataServer, 0.5 + 2 * Math.random()],
      ] as const) {
        const before = JSON.parse(await ecpOk(cluster, ['backups', '--json'])) as unknown[];
        const running = ecpBackup('run');
        await sleep(delay);
        await killAndStart(victim);
        const ended = await running;
        await allNormal();
        const after = JSON.parse(await ecpOk(cluster, ['backups', '--json'])) as unknown[];
        if (ended.code === 0) expect(after).toHaveLength(before.length + 1);
        await takeBackup();
        expect(await dockerOk('exec', dataServer, 'ecp-node', 'backup-info')).toBe(
          '{"engine":"rehearsal","state":"none"}',
        );
      }
    await ecpOk(cluster, ['backup', '--verify']);
  });

  step('a copy that is not ended in time is void', async () => {
    const id = '20260101T000000Z';
    await dockerOk('exec', dataServer, 'ecp-node', 'freeze', id, '1');
    await eventually('the copy is void', 10, async () =>
      (await dockerOk('exec', dataServer, 'ecp-node', 'backup-info')).includes('"void"') ? true : undefined,
    );
    const thaw = await run('docker', ['exec', dataServer, 'ecp-node', 'thaw', id]);
    expect([thaw.code, thaw.stderr]).toEqual([1, expect.stringContaining(`the backup ${id} is void`)]);
    expect(await dockerOk('exec', dataServer, 'find', '/backup', '-name', 'staging')).toBe('');
  });

  const LARGEST_PACK = `find /repository/data -type f -printf '%s %p\\n' | sort -n | tail -n1 | cut -d' ' -f2`;
  const DAMAGE = [
    [
      'a flipped byte in a pack',
      `file=$(${LARGEST_PACK}); chmod u+w "$file"; printf '\\x5a\\xa5' | dd of="$file" bs=1 seek=500 conv=notrunc status=none`,
      /the repository is damaged: .*does not match/,
    ],
    ['a missing pack', `rm -f "$(${LARGEST_PACK})"`, /the repository is damaged: .*does not exist/],
    [
      'a truncated index',
      'file=$(find /repository/index -type f | head -n1); chmod u+w "$file"; truncate -s 100 "$file"',
      /the repository is damaged: .*loading index/,
    ],
  ] as const;

  for (const [what, damage, sentence] of DAMAGE)
    step(`${what} is named`, async () => {
      await inRepository(
        `rm -rf /repository/.kept; mkdir /repository/.kept; cp -a /repository/[a-z]* /repository/.kept/; ${damage}`,
      );
      const { code, stderr } = await ecpBackup('check');
      await inRepository(
        'chmod -R u+w /repository; rm -rf /repository/[a-z]*; mv /repository/.kept/* /repository/; rmdir /repository/.kept',
      );
      expect([code, stderr]).toEqual([1, expect.stringMatching(sentence)]);
    });

  step('a wrong password is named, and the data server is left alone', async () => {
    const before = await docker(['inspect', '--format', '{{.Id}}', dataServer]);
    const wrong = withSettings({ ECP_BACKUP_PASSWORD_FILE: secretFile('wrong', 'another\n') });
    await ecpOk(wrong, ['up', '--yes']);
    expect(await refused(['backup'], wrong)).toContain("the password is not the repository's");
    await bed.up();
    await takeBackup();
    expect(await docker(['inspect', '--format', '{{.Id}}', dataServer])).toBe(before);
  });

  step('SFTP to a real server: its key is checked, and a backup is restored from there', async () => {
    const server = new SftpServer(`${NAME}-sftp`, NAME);
    try {
      await server.start();
      const settings = {
        ECP_BACKUP_REPOSITORY: `sftp://keeper@${NAME}-sftp/srv/backups/ecp`,
        ECP_BACKUP_SFTP_KEY_FILE: server.keyFile,
        ECP_BACKUP_SFTP_KNOWN_HOSTS_FILE: secretFile('strange-host', `${NAME}-sftp ${server.clientKey}`),
      };
      await ecpOk(withSettings(settings), ['up', '--yes']);
      expect(await refused(['backup'])).toContain("the SFTP server's key is none of the known hosts");
      const known = withSettings({
        ...settings,
        ECP_BACKUP_SFTP_KNOWN_HOSTS_FILE: secretFile('known-host', await server.hostKey()),
      });
      await ecpOk(known, ['up', '--yes']);
      await takeBackup(known);
      expect(await ecpOk(known, ['backup', '--verify'])).toContain('are as they were noted');
      expect(JSON.parse(await ecpOk(known, ['backups', '--json']))).toHaveLength(1);
    } finally {
      await bed.up();
      await server.remove();
    }
  });

  const { TEST_S3_URL: s3Url, TEST_S3_KEY_ID_FILE: keyId = '', TEST_S3_SECRET_KEY_FILE: secretKey = '' } = process.env;
  // A bucket that containers reach, such as one of s3rver on an address of this host.
  if (s3Url !== undefined)
    step('S3: a backup is restored from there', async () => {
      const s3 = withSettings({
        ECP_BACKUP_REPOSITORY: `s3:${s3Url}/${Date.now()}`,
        ECP_BACKUP_S3_KEY_ID_FILE: keyId,
        ECP_BACKUP_S3_SECRET_KEY_FILE: secretKey,
      });
      try {
        await ecpOk(s3, ['up', '--yes']);
        await takeBackup(s3);
        expect(await ecpOk(s3, ['backup', '--verify'])).toContain('are as they were noted');
      } finally {
        await bed.up();
      }
    });

  step('with everything gone, two commands lead from the repository to a Normal cluster', async () => {
    await write('^demo.last', 'the last word');
    await takeBackup();
    const ids = await dockerOk('ps', '--all', '--quiet', '--filter', `label=ecp.cluster=${NAME}`);
    await dockerOk('rm', '--force', '--volumes', ...ids.split('\n'));
    await dockerOk('network', 'rm', NAME);
    const files = (await dockerOk('volume', 'ls', '--quiet', '--filter', `label=ecp.cluster=${NAME}`)).split('\n');
    await dockerOk('volume', 'rm', `${NAME}-data`, `${NAME}-backup`, ...files);
    rmSync(cluster.stateFile);
    await ecpOk(cluster, ['up', '--yes']);
    await ecpOk(cluster, ['restore', '--yes']);
    expect(await ecpOk(cluster, ['exec', 'app-server-1', 'get', '^demo.last'])).toBe('the last word\n');
  });

  step('./ecp down --volumes leaves the repository', async () => {
    await ecpOk(cluster, ['down', '--volumes', '--yes']);
    const left = await dockerOk('volume', 'ls', '--quiet', '--filter', `name=^${NAME}-`);
    expect(left).toBe(REPOSITORY);
  });
});
