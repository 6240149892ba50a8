/** Backups and what comes in their way: kills, deadlines, damage, wrong passwords, another machine. `--repeat 20` kills more often. */
import { run } from '../../cli/process';
import { BackupBed, secretFile } from './backup/context';
import { SftpServer } from './backup/sftp-server';
import { docker, killAndStart, sleep } from './support/faults';
import { repetitions } from './support/repetitions';
import { Steps } from './support/steps';
import { dockerOk, ecpOk, eventually } from './support/test-cluster';

const KILLS = repetitions(1);
jest.setTimeout(120_000 * repetitions(1));

const bed = new BackupBed('ecp-backup-faults', 54);
const steps = new Steps();
const { step } = steps;

describe('backups with faults', () => {
  beforeAll(async () => {
    await bed.up();
    await bed.write('^demo.ecp(1)', 'one');
    await bed.takeBackup();
  });

  afterAll(async () => {
    try {
      if (steps.failed) await bed.printLogs();
    } finally {
      await bed.removeAll();
    }
  });

  step('a killed backup container or data server leaves no lock, no copy and no half backup', async () => {
    for (let n = 0; n < KILLS; n++)
      for (const [victim, delay] of [
        [bed.backup, 0.5 + Math.random()],
        [bed.backup, 1.5 + Math.random()],
        [bed.dataServer, 0.5 + 2 * Math.random()],
      ] as const) {
        const before = JSON.parse(await bed.ecp('backups', '--json')) as unknown[];
        const running = bed.ecpBackup('run');
        await sleep(delay);
        await killAndStart(victim);
        const ended = await running;
        await bed.allNormal();
        const after = JSON.parse(await bed.ecp('backups', '--json')) as unknown[];
        if (ended.code === 0) expect(after).toHaveLength(before.length + 1);
        await bed.takeBackup();
        expect(await dockerOk('exec', bed.dataServer, 'ecp-node', 'backup-info')).toBe(
          '{"engine":"rehearsal","state":"none"}',
        );
      }
    await bed.ecp('backup', '--verify');
  });

  step('a copy that is not ended in time is void', async () => {
    const id = '20260101T000000Z';
    await dockerOk('exec', bed.dataServer, 'ecp-node', 'freeze', id, '1');
    await eventually('the copy is void', 10, async () =>
      (await dockerOk('exec', bed.dataServer, 'ecp-node', 'backup-info')).includes('"void"') ? true : undefined,
    );
    const thaw = await run('docker', ['exec', bed.dataServer, 'ecp-node', 'thaw', id]);
    expect([thaw.code, thaw.stderr]).toEqual([1, expect.stringContaining(`the backup ${id} is void`)]);
    expect(await dockerOk('exec', bed.dataServer, 'find', '/backup', '-name', 'staging')).toBe('');
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
      await bed.inRepository(
        `rm -rf /repository/.kept; mkdir /repository/.kept; cp -a /repository/[a-z]* /repository/.kept/; ${damage}`,
      );
      const { code, stderr } = await bed.ecpBackup('check');
      await bed.inRepository(
        'chmod -R u+w /repository; rm -rf /repository/[a-z]*; mv /repository/.kept/* /repository/; rmdir /repository/.kept',
      );
      expect([code, stderr]).toEqual([1, expect.stringMatching(sentence)]);
    });

  step('a wrong password is named, and the data server is left alone', async () => {
    const before = await docker(['inspect', '--format', '{{.Id}}', bed.dataServer]);
    const wrong = bed.withSettings({ ECP_BACKUP_PASSWORD_FILE: secretFile('wrong', 'another\n') });
    await ecpOk(wrong, ['up', '--yes']);
    expect(await bed.refused(['backup'], wrong)).toContain("the password is not the repository's");
    await bed.up();
    await bed.takeBackup();
    expect(await docker(['inspect', '--format', '{{.Id}}', bed.dataServer])).toBe(before);
  });

  step('SFTP to a real server: its key is checked, and a backup is restored from there', async () => {
    const server = new SftpServer(`${bed.cluster.name}-sftp`, bed.cluster.name);
    try {
      await server.start();
      const settings = {
        ECP_BACKUP_REPOSITORY: `sftp://keeper@${bed.cluster.name}-sftp/srv/backups/ecp`,
        ECP_BACKUP_SFTP_KEY_FILE: server.keyFile,
        ECP_BACKUP_SFTP_KNOWN_HOSTS_FILE: secretFile('strange-host', `${bed.cluster.name}-sftp ${server.clientKey}`),
      };
      await ecpOk(bed.withSettings(settings), ['up', '--yes']);
      expect(await bed.refused(['backup'])).toContain("the SFTP server's key is none of the known hosts");
      const known = bed.withSettings({
        ...settings,
        ECP_BACKUP_SFTP_KNOWN_HOSTS_FILE: secretFile('known-host', await server.hostKey()),
      });
      await ecpOk(known, ['up', '--yes']);
      await bed.takeBackup(known);
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
      const s3 = bed.withSettings({
        ECP_BACKUP_REPOSITORY: `s3:${s3Url}/${Date.now()}`,
        ECP_BACKUP_S3_KEY_ID_FILE: keyId,
        ECP_BACKUP_S3_SECRET_KEY_FILE: secretKey,
      });
      try {
        await ecpOk(s3, ['up', '--yes']);
        await bed.takeBackup(s3);
        expect(await ecpOk(s3, ['backup', '--verify'])).toContain('are as they were noted');
      } finally {
        await bed.up();
      }
    });
});
