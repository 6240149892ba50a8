/** Repositories on real servers, and what befalls those: full, gone, silent, a wrong key, a run that is killed. `--repeat` also tries silence of SFTP. */
import { run } from '../../cli/process';
import { BackupBed, secretFile } from './backup/context';
import { killInPhase } from './backup/kill';
import { RepositoryServer } from './backup/repository-server';
import { startS3Server } from './backup/s3-server';
import { startSftpServer } from './backup/sftp-server';
import { repetitions } from './support/repetitions';
import { Session } from './support/session';
import { Steps } from './support/steps';
import { ecpOk, eventually, type TestCluster } from './support/test-cluster';

jest.setTimeout(240_000);

const SILENT_SEC = 15;
const bed = new BackupBed('ecp-backup-servers', 78, 1, { ECP_BACKUP_FREEZE_TIMEOUT_SEC: String(SILENT_SEC) });
const sftp = new RepositoryServer(`${bed.cluster.name}-sftp`, bed.cluster.name);
const s3 = new RepositoryServer(`${bed.cluster.name}-s3`, bed.cluster.name);
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

/** A repository on a server, from its first backup through all that befalls it. */
function befalls(
  kind: string,
  server: RepositoryServer,
  start: () => Promise<{
    readonly right: Record<string, string>;
    readonly wrong: readonly (readonly [Record<string, string>, RegExp])[];
  }>,
  words: { readonly gone: RegExp },
  triesSilence: boolean,
): void {
  let cluster: TestCluster;
  const list = async (): Promise<string[]> =>
    (JSON.parse(await ecpOk(cluster, ['backups', '--json'])) as { id: string }[]).map(({ id }) => id);
  /** The next run is fine, and nothing is lost. */
  const isFineAgain = async (before: readonly string[]): Promise<void> => {
    const id = await bed.takeBackup(cluster);
    expect(await list()).toEqual([...before, id]);
  };

  step(`${kind}: wrong keys are named, and a backup is restored from there`, async () => {
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

  step(`${kind}: full`, async () => {
    const before = await list();
    await writeNoise(kind);
    await server.fill(150);
    const sentence = await bed.refused(['backup'], cluster);
    expect(await list()).toEqual(before);
    await server.makeRoom();
    expect(sentence).toMatch(/the repository has no room/);
    await isFineAgain(before);
  });

  step(`${kind}: gone`, async () => {
    const before = await list();
    await server.leave();
    const sentence = await bed.refused(['backup'], cluster);
    await server.comeBack();
    expect(sentence).toMatch(words.gone);
    await isFineAgain(before);
  });

  step(`${kind}: a run that is killed leaves no lock`, async () => {
    const before = await list();
    await killInPhase(bed, 'upload', 'backup');
    await eventually('the backup container answers', 30, async () =>
      (await bed.ecpBackup('list')).code === 0 ? true : undefined,
    );
    await isFineAgain(before);
  });

  if (triesSilence)
    step(`${kind}: silent`, async () => {
      const before = await list();
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
      await isFineAgain(before);
    });
}

describe('repositories on servers', () => {
  beforeAll(async () => {
    await bed.up();
    await bed.write('^demo.ecp(1)', 'one');
  });

  afterAll(async () => {
    try {
      if (steps.failed) await bed.printLogs();
    } finally {
      await Promise.all([sftp.remove(), s3.remove()]);
      await bed.removeAll();
    }
  });

  befalls(
    'S3',
    s3,
    async () => {
      const right = await startS3Server(s3);
      const wrong = { ...right, ECP_BACKUP_S3_SECRET_KEY_FILE: secretFile('s3-wrong-key', 'another\n') };
      return { right, wrong: [[wrong, /the S3 server does not take the key/]] };
    },
    { gone: /the S3 server cannot be reached/ },
    true,
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
    { gone: /the SFTP server cannot be reached/ },
    repetitions(1) > 1,
  );
});
