/**
 * Repositories in a volume and on real servers, and what befalls those: full, gone, silent, slow, a wrong key, a run that is killed here or elsewhere.
 * All of it, which takes minutes, comes with `--repeat 1`.
 */
import { run } from '../../cli/process';
import { BackupBed, secretFile } from './backup/context';
import { ForeignRun } from './backup/foreign-run';
import { killInPhase } from './backup/kill';
import { RepositoryServer } from './backup/repository-server';
import { buildS3Server, startS3Server } from './backup/s3-server';
import { startSftpServer } from './backup/sftp-server';
import { IS_ON_DEMAND } from './support/repetitions';
import { docker, sleep } from './support/faults';
import { Session } from './support/session';
import { Steps } from './support/steps';
import { ecpOk, eventually, type TestCluster } from './support/test-cluster';

jest.setTimeout(240_000);

const SILENT_SEC = 15;
/** A backup of some noise takes longer than the deadline then. */
const SLOW_PACKETS_PER_SEC = 15;
/** Whether everything is tried. */
const bed = new BackupBed('ecp-backup-servers', 61, 1, { ECP_BACKUP_FREEZE_TIMEOUT_SEC: String(SILENT_SEC) });
const sftp = new RepositoryServer(`${bed.cluster.name}-sftp`, bed.cluster.name);
const s3 = new RepositoryServer(`${bed.cluster.name}-s3`, bed.cluster.name);
const volume = new RepositoryServer(`${bed.cluster.name}-volume`, bed.cluster.name);
const SMALL_VOLUME = `${bed.cluster.name}-small`;
const steps = new Steps();
const { step } = steps;

/** What restic cannot leave out: noise, and how much of it the journals have too. */
async function writeNoise(name: string): Promise<void> {
  const session = new Session(bed.container('app-server-1'));
  const noise = (): string => Buffer.from(Array.from({ length: 2000 }, () => Math.random() * 256)).toString('base64');
  try {
    const sets = Array.from({ length: 300 }, (_, index) => `set ^demo.noise("${name}",${index})="${noise()}"`);
    const answers = await session.ask([...sets, 'sync'], 60);
    expect(answers.filter(answer => answer !== 'ok')).toEqual([]);
  } finally {
    session.end();
  }
}

/** The data server is not slow because a repository is. */
async function requireServing(): Promise<void> {
  await sleep(5);
  const start = Date.now();
  await docker(['exec', bed.dataServer, 'ecp-node', 'sync']);
  expect(Date.now() - start).toBeLessThan(5000);
}

/** What can befall a repository beside a wrong key. */
type Trouble = 'full' | 'gone' | 'killed' | 'silent' | 'slow' | 'locked';

/** Settings of a repository that was started. */
interface Started {
  readonly right: Record<string, string>;
  readonly wrong: readonly (readonly [Record<string, string>, RegExp])[];
}

/** A repository from its first backup through all that befalls it. */
function befalls(
  kind: string,
  server: RepositoryServer,
  start: () => Promise<Started>,
  gone: RegExp,
  troubles: readonly Trouble[],
): void {
  let cluster: TestCluster;
  const list = async (): Promise<string[]> =>
    (JSON.parse(await ecpOk(cluster, ['backups', '--json'])) as { id: string }[]).map(({ id }) => id);
  /** The next run is fine, and nothing is lost. */
  const isFineAgain = async (before: readonly string[]): Promise<void> => {
    const id = await bed.takeBackup(cluster);
    expect(await list()).toEqual([...before, id]);
  };
  const isInVolume = kind === 'volume';

  step(`${kind}: ${isInVolume ? '' : 'wrong keys are named, and '}a backup is restored from there`, async () => {
    const { right, wrong } = await start();
    for (const [settings, sentence] of wrong) {
      cluster = bed.withSettings(settings);
      await ecpOk(cluster, ['up', '--yes']);
      expect(await bed.refused(['backup'], cluster)).toMatch(sentence);
    }
    cluster = bed.withSettings(right);
    await ecpOk(cluster, ['up', '--yes']);
    await bed.takeBackup(cluster);
    expect(await ecpOk(cluster, ['backup', '--verify'])).toContain('are as they were noted');
  });

  const tries: Readonly<Record<Trouble, (before: readonly string[]) => Promise<void>>> = {
    full: async before => {
      await writeNoise(kind);
      await server.fill(150);
      const sentence = await bed.refused(['backup'], cluster);
      expect(await list()).toEqual(before);
      await server.makeRoom();
      expect(sentence).toMatch(/the repository has no room/);
    },
    gone: async () => {
      await (isInVolume ? server.unmount() : server.leave());
      const { code, stderr } = await bed.ecpBackup('scheduled');
      await (isInVolume ? server.mount() : server.comeBack());
      expect([code, stderr]).toEqual([1, expect.stringMatching(gone)]);
    },
    killed: async () => {
      await killInPhase(bed, 'upload', 'backup');
      await eventually('the backup container answers', 30, async () =>
        (await bed.ecpBackup('list')).code === 0 ? true : undefined,
      );
    },
    silent: async () => {
      await writeNoise(`${kind}, silent`);
      const running = bed.ecpBackup('run');
      await eventually('the copy is made', 30, async () =>
        (await run('docker', ['exec', bed.backup, 'test', '-e', '/backup/staging/manifest.json'])).code === 0
          ? true
          : undefined,
      );
      await server.stall();
      const { code, stderr } = await running;
      await server.goOn();
      expect([code, stderr]).toEqual([1, expect.stringMatching(/void: its deadline has passed|no answer within 15 s/)]);
    },
    slow: async () => {
      await writeNoise(`${kind}, slow`);
      await server.slowDown(SLOW_PACKETS_PER_SEC);
      const running = bed.ecpBackup('run');
      await requireServing();
      const { code, stderr } = await running;
      await server.speedUp();
      expect([code, stderr]).toEqual([1, expect.stringMatching(/void: its deadline has passed|no answer within 15 s/)]);
    },
    locked: async before => {
      const alive = await ForeignRun.start(bed, SMALL_VOLUME);
      const waits = bed.takeBackup(cluster);
      await sleep(6);
      await alive.end('INT');
      const id = await waits;
      expect(await list()).toEqual([...before, id]);
      const dead = await ForeignRun.start(bed, SMALL_VOLUME);
      await dead.end('KILL');
      const sentence = await bed.refused(['backup'], cluster);
      const state = await docker(['exec', bed.dataServer, 'ecp-node', 'backup-info']);
      await docker(['exec', server.name, 'bash', '-c', 'rm -f /srv/backups/locks/*']);
      expect(sentence).toMatch(/locked by PID \d+ on elsewhere; a lock that a killed run has left is void 30 minutes/);
      expect(state).toContain('"state":"none"');
      await bed.ecpBackup('run');
    },
  };

  for (const trouble of troubles)
    step(`${kind}: ${trouble}`, async () => {
      const before = await list();
      await tries[trouble](before);
      await isFineAgain(trouble === 'locked' ? await list() : before);
    });
}

describe('repositories', () => {
  let s3Program: Promise<string>;

  beforeAll(async () => {
    // It takes a minute where Go has nothing of it yet, so the others come first.
    s3Program = buildS3Server();
    s3Program.catch(() => undefined);
    await bed.up();
    await bed.write('^demo.ecp(1)', 'one');
  });

  afterAll(async () => {
    try {
      if (steps.failed) await bed.printLogs();
    } finally {
      await Promise.all([sftp.remove(), s3.remove(), volume.remove()]);
      await bed.removeAll();
      await run('docker', ['volume', 'rm', '--force', SMALL_VOLUME]);
    }
  });

  befalls(
    'volume',
    volume,
    async () => {
      await volume.startAsVolume(SMALL_VOLUME, await docker(['inspect', '--format', '{{.Image}}', bed.backup]));
      return { right: { ECP_BACKUP_REPOSITORY: `volume:${SMALL_VOLUME}` }, wrong: [] };
    },
    /the repository is gone, and had backups/,
    IS_ON_DEMAND ? ['full', 'gone', 'killed', 'locked'] : ['full', 'gone'],
  );

  befalls(
    'SFTP',
    sftp,
    async () => {
      const { right, strangeHost, strangeKey } = await startSftpServer(sftp);
      return {
        right,
        wrong: [
          [strangeHost, /the SFTP server's key is none of the known hosts/],
          [strangeKey, /the SFTP server does not take the key/],
        ],
      };
    },
    /the SFTP server cannot be reached/,
    IS_ON_DEMAND ? ['full', 'gone', 'killed', 'silent', 'slow'] : ['full'],
  );

  befalls(
    'S3',
    s3,
    async () => {
      const right = await startS3Server(s3, await s3Program);
      const wrong = { ...right, ECP_BACKUP_S3_SECRET_KEY_FILE: secretFile('s3-wrong-key', 'another\n') };
      return { right, wrong: [[wrong, /the S3 server does not take the key/]] };
    },
    /the S3 server cannot be reached/,
    IS_ON_DEMAND ? ['full', 'gone', 'killed', 'silent', 'slow'] : ['killed'],
  );
});
