/** A restore that starts the instance alone: to check it, and to apply journals up to a moment. */
import { docker, exec } from '../support/docker';
import { Server, type ContractCluster, type Files } from '../support/server';

const ID = '20260131T120000Z';

interface Place {
  readonly bed: () => ContractCluster;
  readonly files: () => Files;
  /** Database of config.json. */
  readonly directory: string;
}

/** An update or a begin or end of a transaction, at a second of noon. */
type Line = readonly [second: number, job: string, type: string, node?: string, isInTransaction?: boolean];

export function restoredTests({ bed, files, directory }: Place): void {
  describe('a restored instance, alone', () => {
    let container: string;
    let server: Server;

    const inside = async (script: string) => exec(container, ['bash', '-c', script], { timeoutSec: 40, mayFail: true });
    const restore = async (args: string, scenario = '') =>
      inside(`find /durable -mindepth 1 -delete; printf '%s' '${scenario}' >/tmp/scenario; restore-database ${args}`);

    beforeAll(async () => {
      const { cluster, image, engineOptions } = bed();
      const label = ['--label', `ecp.cluster=${cluster}`];
      server = new Server(
        {
          ...bed(),
          engineOptions: role => [...engineOptions!(role), ...['--tmpfs', '/backup:uid=51773,gid=51773,mode=0700']],
        },
        'to-restore',
        'data-server',
        `${cluster}-to-restore`,
      );
      await server.deliver(files());
      await server.start(files().config);
      await server.waitForState('Normal', 30);
      container = `${cluster}-restore`;
      await docker([
        ...['run', '-d', '--name', container, ...label, '--network', 'none', '--init', '--cap-drop', 'ALL'],
        ...engineOptions!('data-server'),
        ...['/run/ecp', '/backup', '/durable'].flatMap(path => ['--tmpfs', `${path}:uid=51773,gid=51773,mode=0700`]),
        ...['--entrypoint', 'sleep', image, '600'],
      ]);
      await server.node(['set', '^demo(1)'], { input: 'before' });
      const manifest = (await server.node(['freeze', ID, '60'], { mayFail: false })).stdout;
      const tar = `tar -C / -c durable | base64`;
      const data = (await exec(server.container, ['bash', '-c', tar], { timeoutSec: 40 })).stdout;
      await server.node(['thaw', ID, 'kept'], { mayFail: false });
      const place = `/backup/restore/${ID}`;
      await exec(container, ['bash', '-c', `mkdir -p ${place}/files; base64 -d | tar -C ${place}/files -x`], {
        input: data,
      });
      await exec(container, ['bash', '-c', `cat >${place}/manifest.json`], { input: manifest });
    }, 120_000);

    afterAll(() => server.remove());

    test('has its structure checked, and the mark that the freeze left', async () => {
      const { stdout, stderr } = await restore(`verify ${ID}`);
      expect({ stderr, ...(JSON.parse(stdout) as object) }).toEqual({
        ...{ stderr: '', id: ID, databases: 1, marks: 1, differ: [] },
      });
      expect((await inside('cat /run/ecp/iris-main.log; iris qlist IRIS')).stdout).toContain('^down^');
    });

    test.each([
      [
        'that is degraded',
        ID,
        'degraded=block 55 is not linked',
        'the check of the databases failed: ERROR #5028: block 55',
      ],
      [
        'without its mark',
        '20260131T120001Z',
        '',
        `has not the mark that the backup 20260131T120001Z left in it, but '${ID}'`,
      ],
      ['that cannot be mounted', ID, 'damaged=its label is gone', 'its label is gone'],
    ])('%s is found out', async (_, id, scenario, sentence) => {
      await inside(`[[ -e /backup/restore/${id} ]] || cp -a /backup/restore/${ID} /backup/restore/${id}`);
      const { code, stderr } = await restore(`verify ${id}`, scenario);
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(sentence) as string });
    });

    const at = (second: number): string => `2026-01-31 12:00:${String(second).padStart(2, '0')}`;
    const until = (second: number): string => at(second).replace(' ', 'T') + 'Z';

    const record = ([second, job, type, node, isInTransaction]: Line): object => ({
      ...{ at: at(second), job, type, in: isInTransaction ? 1 : 0 },
      ...(node === undefined ? {} : { place: directory, name: 'demo', subs: [node], value: node }),
    });

    /** What later backups have: the journal that the freeze began, and the one after it. */
    async function laterJournals(lines: readonly Line[], ofBackup: readonly Line[] = []): Promise<void> {
      const system = {
        at: at(0),
        job: '1',
        type: 'SET',
        place: '/durable/iris/mgr/',
        name: 'SYS',
        subs: ['1'],
        value: '',
      };
      const text = (some: readonly Line[]) =>
        [system, ...some.map(record)].map(each => JSON.stringify(each) + '\n').join('');
      const script = `set -e; cd /backup/restore/${ID}; own=$(jq -r .journal manifest.json) day=$(date +%Y%m%d); rm -rf journals; mkdir journals
        cp files/durable/iris/mgr/journal/* journals/; cp files/durable/iris/mgr/journal.log journals/
        for each in journals/2*; do : >"$each"; done
        cat >journals/$day.009; mv journals/$day.009 journals/$day.009z; echo "/elsewhere/$day.009" >>journals/journal.log
        printf '%s' '${text(ofBackup)}' >"files$own"; cp "files$own" journals/`;
      await exec(container, ['bash', '-c', script], { input: text(lines) });
    }

    const NOON: readonly Line[] = [
      [10, '1', 'SET', 'early'],
      [20, '2', 'BeginTrans'],
      [20, '2', 'SET', 'half', true],
      [20, '1', 'BeginTrans'],
      [24, '1', 'SET', 'whole', true],
      [25, '1', 'CommitTrans'],
      [30, '1', 'SET', 'then'],
      [40, '2', 'SET', 'rest', true],
      [40, '2', 'CommitTrans'],
      [50, '1', 'SET', 'late'],
    ];

    test.each([
      [15, ['early']],
      [30, ['early', 'then', 'whole']],
      [45, ['early', 'half', 'rest', 'then', 'whole']],
    ])('goes on to second %i by journals, without a transaction that had not ended then', async (second, there) => {
      await laterJournals(NOON);
      const { code, stderr } = await restore(`into ${ID} ${until(second)}`);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const found = await inside(
        `cat /durable/iris/database-*.json | jq -r '.[] | select(.[0] == "demo") | .[1][0]' | sort | tr '\\n' ' '`,
      );
      expect(found.stdout.trim().split(' ')).toEqual(['1', ...there]);
      expect((await inside('ls /durable/.ecp-timeline /durable/.restoring 2>&1')).stdout).not.toContain('\n/durable');
    });

    test.each<[string, readonly Line[], readonly Line[], string, string]>([
      ['a filter that is not asked', NOON, [], 'unfiltered=1', 'did not ask the filter'],
      [
        'a journal that is damaged',
        NOON,
        [],
        'unrestorable=block 7',
        'the journals could not be applied: ERROR #1146: block 7',
      ],
      [
        'a moment before the end of the backup',
        NOON,
        [[35, '1', 'SET', 'x']],
        '',
        'own journals reach to 2026-01-31 12:00:35',
      ],
      ['half a transaction', [[10, '1', 'SET', 'x', true]], [], '', 'whose begin is not there'],
    ])('%s: all is as it was', async (_, lines, ofBackup, scenario, sentence) => {
      await laterJournals(lines, ofBackup);
      const { code, stderr } = await restore(`place ${ID} ${until(30)}`, scenario);
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(sentence) as string });
      // What it holds the volume by stays, as in one that was used.
      expect((await inside('ls -A /durable')).stdout).toBe('.ecp-engine\n.in-use\n');
    });
  });
}
