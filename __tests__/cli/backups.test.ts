import { coverageOf, readBackups, requireBackupId, type Backup } from '../../cli/backup/backups';
import type { ContainerFacts } from '../../cli/access/docker';
import type { ServerReport } from '../../cli/access/server-report';
import { whyNoBackups } from '../../cli/backup/backup-container';
import { findingText } from '../../cli/backup/verify-backup';
import { whyNotPlaced } from '../../cli/backup/restore-backup';
import { backupWarnings } from '../../cli/backup/backup-warnings';
import { backupsTable } from '../../cli/commands/backups';
import { backupLine, sizeOf } from '../../cli/views/backup';

const backup = (id: string, more: Partial<Backup> = {}): Backup => ({
  ...{ id, at: `at ${id}`, engine: 'rehearsal', bytes: 8_000_000, previous: '', tag: '', verified: '' },
  ...more,
});
const ROW = [
  backup('1'),
  backup('2', { previous: '1' }),
  backup('3', { previous: '2' }),
  backup('5', { previous: '4' }),
];

test('a backup covers any time since the first of the row that leads to it without a gap', () => {
  expect([...coverageOf(ROW)]).toEqual([
    ['1', undefined],
    ['2', 'at 1'],
    ['3', 'at 1'],
    ['5', undefined],
  ]);
});

test('the table shows when, how large, what is covered, and whether it was verified', () => {
  const text = backupsTable([ROW[0]!, { ...ROW[1]!, tag: 'first', verified: '2026-01-31T12:00:00Z' }]);
  expect(text.split('\n')).toEqual([
    'ID  TAKEN AT  SIZE     COVERS               VERIFIED              TAG',
    '1   at 1      7.6 MiB  this moment          no',
    '2   at 2      7.6 MiB  any time since at 1  2026-01-31T12:00:00Z  first',
  ]);
  expect(backupsTable([])).toContain('./ecp backup takes one');
});

test('what a repository says is data: control characters are seen, other types are nothing', () => {
  const [strange] = readBackups('[{"id":"1","at":"\\u001b[2J","bytes":"many","tag":{},"verified":null}]');
  expect(strange).toMatchObject({ bytes: 0, tag: '', verified: '' });
  expect(backupsTable([strange!])).toContain('\\u{1b}[2J');
  expect(() => readBackups('{}')).toThrow('the list of backups cannot be read');
});

describe('a container that takes no backups', () => {
  const container = (status: string): ContainerFacts =>
    ({
      Name: '/ecp-backup',
      Config: { Labels: { 'ecp.role': 'backup' } },
      State: { Status: status, Running: status !== 'exited', Paused: status === 'paused' },
    }) as unknown as ContainerFacts;
  const servers = (backup?: object): ServerReport[] => [{ status: { backup } } as unknown as ServerReport];

  test.each([
    ['runs', [container('running')], {}, []],
    ['was stopped', [container('exited')], {}, ['no backups are taken: ecp-backup does not run (exited)']],
    ['is paused', [container('paused')], {}, ['no backups are taken: ecp-backup does not run (paused)']],
    ['is gone', [], {}, ['no backups are taken: their container is gone']],
    ['has a follower, as on a swarm', [container('exited'), container('running'), container('exited')], {}, []],
    ['was never asked for', [], undefined, []],
  ])('is told when it %s', (_, containers, backup, warnings) =>
    expect(backupWarnings(containers, servers(backup))).toEqual(warnings),
  );
});

test('who asks for backups is told why there are none', () => {
  const exited = { Name: '/ecp-backup', State: { Status: 'exited' } } as unknown as ContainerFacts;
  expect(whyNoBackups('ecp', exited, false)).toBe('ecp-backup does not run (exited); ./ecp up starts it');
  const swarm = 'docker service ps --no-trunc ecp-backup on a manager says why';
  expect(whyNoBackups('ecp', exited, true)).toBe(`ecp-backup does not run (exited); ${swarm}`);
  expect(whyNoBackups('ecp', undefined, true)).toBe(`nothing takes the backups of the cluster 'ecp'; ${swarm}`);
  expect(whyNoBackups('ecp', undefined, false)).toContain("'backupRepository'");
});

test('an id that is none is refused', () => {
  expect(requireBackupId('20260131T120000Z')).toBe('20260131T120000Z');
  expect(() => requireBackupId('../x')).toThrow("'ID' must be that of a backup, such as 20260131T120000Z, got '../x'");
});

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1536, '1.5 KiB'],
  [20 * 1024 * 1024, '20 MiB'],
  [3 * 2 ** 40, '3.0 TiB'],
])('%d bytes are %s', (bytes, words) => expect(sizeOf(bytes)).toBe(words));

describe('the line of ./ecp status', () => {
  const now = new Date('2026-01-31T12:00:00Z');
  const known = {
    id: '20260131T110000Z',
    at: '2026-01-31T11:00:00.120Z',
    bytes: 8_000_000,
    durationSec: 5.2,
    fault: '',
  };

  test('says that there is none', () => {
    const nothing = { ...known, id: '', verified: '', verifiedAt: '' };
    expect(backupLine(nothing, now)).toBe('Backups: none yet; ./ecp backup takes one');
  });

  test('says how old, how large, and which one was restored', () => {
    expect(backupLine({ ...known, verified: '', verifiedAt: '' }, now)).toBe(
      'Backups: 20260131T110000Z 60 min ago (7.6 MiB in 5.2 s), none verified',
    );
    expect(backupLine({ ...known, verified: '20260129T110000Z', verifiedAt: '2026-01-29T11:00:00Z' }, now)).toBe(
      'Backups: 20260131T110000Z 60 min ago (7.6 MiB in 5.2 s), 20260129T110000Z verified 2 d ago',
    );
  });
});

test('says what a restore of a backup has shown', () => {
  const found = { id: '1', differ: [] };
  expect(findingText({ ...found, globals: 2, nodes: 30 })).toBe('2 globals with 30 nodes are as they were noted');
  expect(findingText({ ...found, databases: 3, marks: 2 })).toBe(
    'the structure of 3 databases is sound, and 2 have the mark that the freeze left in them',
  );
});

test.each([
  [1, 'nothing was changed: there is no room in /durable'],
  [125, 'nothing was changed: '],
  [3, 'the restore was cut short, and the data of before is aside: '],
  [137, 'the restore was cut short, and the data of before is aside: '],
])('a restore that ended with %s says what became of the data', (code, words) => {
  const stderr = 'restore-database: there is no room in /durable\n';
  expect(whyNotPlaced({ code, stdout: '', stderr } as Parameters<typeof whyNotPlaced>[0])).toContain(words);
});
