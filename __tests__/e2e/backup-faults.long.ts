/** Backups and what comes in their way: kills, deadlines, damage, wrong passwords, another machine. `--repeat 20` kills more often. */
import { run } from '../../cli/process';
import { BackupBed, secretFile } from './backup/context';
import { killAt, killInPhase } from './backup/kill';
import { recoversFromRestoredCopy, replacesLostCopy } from './backup/restored-copy';
import { docker } from './support/faults';
import { repetitions } from './support/repetitions';
import { Steps } from './support/steps';
import { dockerOk, ecpOk, eventually } from './support/test-cluster';

const KILLS = repetitions(2);
jest.setTimeout(120_000 + 30_000 * KILLS);

const bed = new BackupBed('ecp-backup-faults', 54, 2, { ECP_BACKUP_RETENTION: 'last=5' });
const steps = new Steps();
const { step } = steps;
const ids = async (): Promise<string[]> =>
  (JSON.parse(await bed.ecp('backups', '--json')) as { id: string }[]).map(({ id }) => id);

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

  step('kill -9 at each phase leaves no lock, no copy and no half backup, and no write is lost', async () => {
    const hits: string[] = [];
    const oracle = await bed.underLoad('kills', async () => {
      for (let n = 0; n < KILLS; n++) {
        const [phase, victim] = killAt(n);
        const before = await ids();
        hits.push(await killInPhase(bed, phase, victim));
        await bed.allNormal();
        const id = await bed.takeBackup();
        const after = await ids();
        expect(after).toContain(id);
        // Retention keeps the newest; between them none is missing.
        expect(after).toEqual(expect.arrayContaining(before.filter(each => each >= after[0]!)));
        expect(await dockerOk('exec', bed.dataServer, 'ecp-node', 'backup-info')).toBe(
          '{"engine":"rehearsal","state":"none"}',
        );
      }
    });
    console.error(`    │ ${hits.join(', ')}; ${oracle.total} acknowledged writes`);
    await bed.intact(oracle);
    await bed.ecp('backup', '--verify');
  });

  step('after a restore a crash and a flipped byte are recovered from the copy that it has left', () =>
    recoversFromRestoredCopy(bed),
  );

  step('a copy that was lost since is replaced', () => replacesLostCopy(bed));

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
});
