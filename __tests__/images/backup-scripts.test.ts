import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const LIB = join(__dirname, '..', '..', 'images', 'backup', 'lib');

function bash(script: string): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  return spawnSync('bash', ['--norc', '-Eeuo', 'pipefail', '-c', script], { encoding: 'utf8' });
}

describe('the schedule', () => {
  // 2026-02-03 was a Tuesday.
  test.each([
    ['0 * * * *', '2026-02-03T10:00:00Z', true],
    ['0 * * * *', '2026-02-03T10:01:00Z', false],
    ['*/15 * * * *', '2026-02-03T10:45:30Z', true],
    ['*/15 * * * *', '2026-02-03T10:46:00Z', false],
    ['30 2 * * *', '2026-02-03T02:30:59Z', true],
    ['30 2 * * *', '2026-02-03T03:30:00Z', false],
    ['0 8-18/5 * * *', '2026-02-03T13:00:00Z', true],
    ['0 8-18/5 * * *', '2026-02-03T14:00:00Z', false],
    ['5,35 09 * * *', '2026-02-03T09:05:00Z', true],
    ['0 0 * * 2', '2026-02-03T00:00:00Z', true],
    ['0 0 * * 1', '2026-02-03T00:00:00Z', false],
    // Of a day and a weekday one is enough.
    ['0 0 1 * 2', '2026-02-03T00:00:00Z', true],
    ['0 0 3 2 *', '2026-02-03T00:00:00Z', true],
    ['0 0 3 3 *', '2026-02-03T00:00:00Z', false],
    ['0 0 31 2 *', '2026-02-03T00:00:00Z', false],
  ])('%s at %s: %s', (schedule, at, isDue) => {
    const seconds = Date.parse(at) / 1000;
    const { status, stderr } = bash(`export TZ=UTC; . ${LIB}/cron.sh; is_due '${schedule}' ${seconds}`);
    expect({ status, stderr }).toEqual({ status: isDue ? 0 : 1, stderr: '' });
  });
});

describe('the way to a point in time', () => {
  const row = (id: string, minute: number, previous: string, timeline = 'a'): object => ({
    ...{ id, at: `2026-02-03T10:${String(minute).padStart(2, '0')}:00.500Z`, timeline, previous, snapshot: `s${id}` },
  });
  const ALL = [row('1', 10, ''), row('2', 20, '1'), row('3', 30, '2'), row('4', 40, '', 'b'), row('5', 50, '4', 'b')];

  function choose(...args: string[]): { readonly chosen: string[]; readonly sentence: string } {
    const { stdout, stderr } = bash(
      `WORK=$(mktemp -d); trap 'rm -rf "$WORK"' EXIT; complain() { echo "$2" >&2; exit "$1"; }
       snapshots() { printf '%s' '${JSON.stringify(ALL)}'; }; . ${LIB}/fetch.sh; choose ${args.join(' ')}`,
    );
    return { chosen: stdout.trim().split('\n').filter(Boolean), sentence: stderr.trim() };
  }

  test.each([
    ['the newest backup', ['newest'], ['5 s5']],
    ['one by its id', ['2'], ['2 s2']],
    ['a time between two', ['newest', '2026-02-03T10:15:00Z'], ['1 s1', '2 s2']],
    ['a time that another backup is as near to', ['1', '2026-02-03T10:25:00Z'], ['1 s1', '2 s2', '3 s3']],
    ['a time after a restore', ['newest', '2026-02-03T10:45:00Z'], ['4 s4', '5 s5']],
  ])('%s', (_, args, chosen) => expect(choose(...args)).toEqual({ chosen, sentence: '' }));

  test.each([
    ['before the first backup', ['newest', '2026-02-03T10:00:00Z'], 'no backup is older than 2026-02-03T10:00:00Z'],
    ['after the last', ['newest', '2026-02-03T11:00:00Z'], 'no backup covers 2026-02-03T11:00:00Z'],
    ['where a restore broke the row', ['newest', '2026-02-03T10:35:00Z'], 'what leads there from 3 reaches to'],
    ['an id that is none', ['9'], 'no backup is called 9'],
  ])('%s is refused', (_, args, sentence) => {
    const { chosen, sentence: said } = choose(...args);
    expect(chosen).toEqual([]);
    expect(said).toContain(sentence);
  });
});

describe('what befalls a repository', () => {
  /** Runs a script with stand-ins for what the container has: settings, and a `repo` that says what restic would. */
  function withRepo(log: string, script: string): string {
    const { stdout, stderr } = bash(
      `WORK=$(mktemp -d); trap 'rm -rf "$WORK"' EXIT; BACKUP=$WORK; complain() { echo "$2" >&2; exit "$1"; }
       setting() { case $1 in freezeSec) echo 3 ;; repository) echo sftp: ;; esac; }; sleep() { :; }; HOSTNAME=here
       source() { :; }; . <(sed 's#^\\. /opt/ecp/lib/#. ${LIB}/#' ${LIB}/repository.sh)
       repo() { ((++calls)); printf '%s\\n' "$*" >>"$WORK/calls"; printf '%s' ${JSON.stringify(log)} >"$WORK/restic.log"; false; }; calls=0
       ${script}`,
    );
    return `${stdout}${stderr}`.trim();
  }

  test.each([
    [
      'Save(<data/a>) returned error, retrying after 1s: Write: sftp: "Failure" (SSH_FX_FAILURE)',
      /^no: .* has no room, or/,
    ],
    ['Fatal: unable to save: no space left on device', /^no: the repository has no room$/],
    [
      'unable to create lock in backend: repository is already locked exclusively by PID 7 on elsewhere by (UID 51773, GID 51773)',
      /^no: the repository is locked by PID 7 on elsewhere; a lock that a killed run has left is void 30 minutes after it$/,
    ],
    ['error for tree 5: pack 7 does not match', /^damaged: error for tree/],
  ])('%s', (log, sentence) => {
    expect(withRepo(log, 'repo || true; cannot no damaged')).toMatch(sentence);
  });

  test('a run of another cluster is waited for, and nothing else is', () => {
    const locked = 'repository is already locked by PID 7 on elsewhere';
    const tries = (log: string, later: string): string =>
      withRepo(log, `sleep() { ${later}; }; when_unlocked check || true; echo "$calls"`);
    expect(tries(locked, 'repo() { ((++calls)); }')).toBe('2');
    expect(tries('pack 7 does not match', ':')).toBe('1');
    expect(tries(locked, '((SECONDS += 2))')).toBe('3');
  });

  /** A backup with stand-ins for the data server and restic: the first `locked` times another cluster's run has come first. */
  function backUp(locked: number): string {
    const script = `echo '{}' >$WORK/config.json; FILES=$WORK; . <(sed 's#^\\. /opt/ecp/lib/#. ${LIB}/#' ${LIB}/run.sh)
      take_turn() { :; }; thaw_leftover() { :; }; await_others() { echo waited; }; log() { :; }; note() { :; }; is_id() { true; }
      ask() { shift; echo "$1 \${3:-}" >>$WORK/asked; echo '{"id":"x","at":"","engine":"","bytes":0,"timeline":"","previous":""}'; }
      open_repository() { :; }; snapshots() { echo '[]'; }; calls=0; jq() { command jq "$@" 2>/dev/null || echo 0; }
      repo() { [[ $1 != backup ]] || ((++calls > ${locked})) || { echo 'already locked by PID 7 on b' >"$WORK/restic.log"; false; }; }
      (run_backup) || true; tr '\\n' ';' <$WORK/asked`;
    return withRepo('', script);
  }

  test('a run of another cluster that came first after all is waited for with the data server thawed', () => {
    expect(backUp(0)).toMatch(/^waited\n\d{8}T\d{6}Z\nfreeze 3;thaw kept;$/);
    expect(backUp(2)).toMatch(/^(waited\n){3}\d{8}T\d{6}Z\nfreeze 3;thaw ;freeze 3;thaw ;freeze 3;thaw kept;$/);
    expect(backUp(9)).toMatch(
      /^(waited\n){3}(freeze 3;thaw ;){3}the backup could not be written: the repository is locked by PID 7 on b; /,
    );
  });

  test('who has not the turn takes no lock away', () => {
    const opened = (turn: string): string =>
      withRepo(
        '',
        `repo() { echo ${'a'.repeat(64)}; }; remove_own_locks() { echo removed; }; turn=${turn}; open_repository`,
      );
    expect(opened("''")).toBe('');
    expect(opened('9')).toBe('removed');
  });
});

describe('journals of InterSystems IRIS', () => {
  const config = '{"directories":["/durable","/journal"]}';
  const inFolder = (script: string): string => {
    const { stdout, stderr } = bash(
      `T=$(mktemp -d); trap 'rm -rf "$T"' EXIT; FILES=$T; printf '%s' '${config}' >$T/config.json; . ${LIB}/fetch.sh; cd $T; ${script}`,
    );
    return `${stdout}${stderr}`.trim();
  };

  test('a later backup has the whole of what an earlier one has a part of, compressed or not', () => {
    const files = (folder: string, ...names: string[]): string =>
      `mkdir -p ${folder}; ${names.map(name => `echo ${folder} >${folder}/${name};`).join(' ')}`;
    const script = `${files('one', '20260131.001z', '20260131.002', 'EcpMirror-20260131.001', 'notes', 'journal.log')}
      ${files('two', '20260131.002z', '20260131.003', '20260131.1000')} mkdir to
      ln -s /etc/passwd two/20260131.004
      for each in one one/journal.log two two/journal.log; do take_journals $each to; done; cd to; grep -H . *`;
    expect(inFolder(script).split('\n')).toEqual([
      ...['20260131.001z:one', '20260131.002z:two', '20260131.003:two', '20260131.1000:two'],
      ...['EcpMirror-20260131.001:one', 'journal.log:one'],
    ]);
  });

  test.each([
    ['/durable/iris/mgr/journal', true],
    ['/journal', true],
    ['/durability', false],
    ['/etc', false],
    ['/durable/../etc', false],
    ['/durable/a*', false],
    ['relative', false],
  ])('%s is read from a backup: %s', (path, isRead) => {
    expect(inFolder(`is_read '${path}' && echo true || echo false`)).toBe(String(isRead));
  });
});
