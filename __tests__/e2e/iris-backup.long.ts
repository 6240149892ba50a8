/** Backups of images/iris on a stand-in for an InterSystems IRIS image: what a freeze notes, a restore that is tried out, and `./ecp`'s commands. */
import { commandTests } from './iris/commands';
import { restoredTests } from './iris/restored';
import { docker, exec, removeLabelled, waitFor } from './support/docker';
import { dataConfig, debian, directory, extra, makeIrisBed, removeIrisImages } from './support/iris-bed';
import { ThrowawayCa, type Identity } from './support/pki';
import { Server, withServer, type ContractCluster, type Files, type ServerRole } from './support/server';

jest.setTimeout(60_000);

const cluster = `iris-backup-${process.pid}`;
const label = `ecp.cluster=${cluster}`;
let bed: ContractCluster;
let ca: ThrowawayCa;
let identity: Identity;

const dataFiles = (): Files => ({
  config: dataConfig,
  ca: ca.pem,
  identity,
  authorizedClients: ['CN=app-server-1'],
  extra,
});

beforeAll(async () => {
  bed = await makeIrisBed(cluster);
  ca = await ThrowawayCa.create('backup test', bed.image);
  identity = await ca.issue('data-server');
  await docker(['network', 'create', '--label', label, cluster]);
}, 700_000);

afterAll(async () => {
  await removeLabelled(label);
  await removeIrisImages();
}, 120_000);

describe('a backup', () => {
  const withBackup = async (during: (server: Server) => Promise<void>): Promise<void> => {
    const engineOptions = (role: ServerRole) => [
      ...bed.engineOptions!(role),
      ...['--tmpfs', '/backup:uid=51773,gid=51773,mode=0700'],
    ];
    const server = new Server({ ...bed, engineOptions }, 'backed-up', 'data-server', `${cluster}-backed-up`);
    await withServer(server, dataFiles(), async () => {
      await server.waitForState('Normal', 20);
      await during(server);
    });
  };
  const inServer = async ({ container }: Server, script: string): Promise<string> =>
    (await exec(container, ['bash', '-c', script], { timeoutSec: 20 })).stdout;

  test('freezes the instance, and thaws it', () =>
    withBackup(async server => {
      expect(JSON.parse((await server.node(['backup-info'])).stdout)).toEqual({ engine: 'iris', state: 'none' });
      const { stdout } = await server.node(['freeze', '20260131T120000Z', '60']);
      expect(JSON.parse(stdout)).toMatchObject({ id: '20260131T120000Z', engine: 'iris', databases: [directory] });
      expect(await inServer(server, 'ls /tmp/frozen /backup/staging/manifest.json')).toContain('/tmp/frozen');
      expect((await server.node(['freeze', '20260131T120001Z', '60'])).stderr).toContain('has not ended yet');
      expect((await server.node(['thaw', '20260131T120000Z', 'kept'])).code).toBe(0);
      expect(await inServer(server, "ls -A /backup; grep -c '^iris thaw' /tmp/iris.calls")).toBe('kept\n1\n');
      const first = JSON.parse(stdout) as Record<string, unknown>;
      const second = await server.node(['freeze', '20260131T120100Z', '60']);
      expect(JSON.parse(second.stdout)).toMatchObject({
        ...{ previous: '20260131T120000Z', timeline: first.timeline, marked: [directory] },
        journalDirectories: ['/durable/iris/mgr/journal'],
        journal: expect.not.stringMatching(first.journal as string) as string,
      });
      await server.node(['thaw', '20260131T120100Z', 'kept']);
      // Purged, or of a volume that is another one.
      await inServer(server, 'rm /durable/iris/mgr/journal/*');
      const third = await server.node(['freeze', '20260131T120200Z', '60']);
      expect(JSON.parse(third.stdout)).toMatchObject({ previous: '', timeline: first.timeline });
    }));

  test('is asked for through the shared volume', () =>
    withBackup(async server => {
      const script = `echo 'freeze 20260131T120000Z 60' >/backup/x && mv /backup/x /backup/request
        for _ in {1..50}; do [[ ! -e /backup/answer ]] || break; sleep 0.1; done; head -n 1 /backup/answer; tail -n +2 /backup/answer | jq -r .id`;
      expect(await inServer(server, script)).toBe('freeze 20260131T120000Z 60\n20260131T120000Z\n');
    }));

  test('that is not ended in time is void, and the instance goes on', () =>
    withBackup(async server => {
      await server.node(['freeze', '20260131T120000Z', '1']);
      await waitFor('the thaw', 10, async () => {
        const { stdout } = await server.node(['backup-info']);
        return stdout.includes('"void"') || stdout;
      });
      expect(await inServer(server, 'ls /tmp/frozen 2>&1 || true')).toContain('No such file');
      expect(await server.node(['thaw', '20260131T120000Z'])).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('the backup 20260131T120000Z is void') as string,
      });
    }));

  test('is refused for longer than IRIS can be frozen, and where none was set up', async () => {
    const without = new Server(bed, 'not-backed-up', 'data-server', `${cluster}-not-backed-up`);
    await withServer(without, dataFiles(), async () => {
      expect(await without.node(['freeze', '20260131T120000Z', '60'])).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('no backup was set up') as string,
      });
    });
    await withBackup(async server => {
      expect(await server.node(['freeze', '20260131T120000Z', '601'])).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('at most 600 s') as string,
      });
    });
  });
});

restoredTests({ bed: () => bed, files: dataFiles, directory });
commandTests({ bed: () => bed, files: dataFiles, base: debian });
