/** `./ecp backup`, `--verify` and `restore --to`, with the backup container, restic and a data server on the stand-in. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askBackups, requireBackupContainer } from '../../../cli/backup/backup-container';
import { restoreInPlace } from '../../../cli/backup/restore-backup';
import { findingText, verifyBackup } from '../../../cli/backup/verify-backup';
import { docker, removeLabelled } from '../support/docker';
import { Server, type ContractCluster, type Files, type ServerRole } from '../support/server';

interface Place {
  readonly bed: () => ContractCluster;
  readonly files: () => Files;
  readonly base: () => Promise<string>;
}

const cluster = `iris-commands-${process.pid}`;
const label = `ecp.cluster=${cluster}`;
const image = `ecp-iris-backup:${process.pid}`;
const labels = (role: string) =>
  [label, `ecp.role=${role}`, 'ecp.server=data-server', 'ecp.engine=iris'].flatMap(each => ['--label', each]);

export function commandTests({ bed, files, base }: Place): void {
  describe('the commands of backups', () => {
    let server: Server;

    const write = async (node: string, value: string): Promise<void> => {
      await server.node(['set', `^demo("${node}")`], { input: value, mayFail: false });
    };
    const take = async (): Promise<string> =>
      (await askBackups(await requireBackupContainer(cluster), ['run'])).trim().split('\n').pop()!;
    const nextSecond = (): Promise<string> =>
      new Promise(resolve => {
        const now = Date.now();
        const second = (Math.floor(now / 1000) + 1) * 1000;
        // The second after it has begun.
        setTimeout(() => resolve(new Date(second).toISOString().replace(/\.\d+Z$/, 'Z')), second + 1100 - now);
      });

    beforeAll(async () => {
      const context = join(__dirname, '..', '..', '..', 'images', 'backup');
      const build = [
        'build',
        '-q',
        '-t',
        image,
        '--label',
        label,
        '--build-arg',
        `BASE_IMAGE=${await base()}`,
        context,
      ];
      await docker(build, { timeoutSec: 300 });
      await docker(['network', 'create', '--label', label, cluster]);
      const volumes = ['backup', 'repository'].flatMap(name => ['-v', `${cluster}-${name}:/${name}`]);
      for (const name of ['backup', 'repository', 'data'])
        await docker(['volume', 'create', '--label', label, `${cluster}-${name}`]);
      const own = { ...bed(), cluster };
      const engineOptions = (role: ServerRole) => [
        ...bed().engineOptions!(role),
        ...['-v', `${cluster}-backup:/backup`, ...labels('data-server')],
      ];
      const folder = mkdtempSync(join(tmpdir(), 'ecp-iris-commands-'));
      const config = {
        ...{ cluster, schedule: '0 0 31 2 *', freezeSec: 60, repository: '/repository', directories: ['/durable'] },
      };
      writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
      writeFileSync(join(folder, 'repository-password'), 'of a test\n');
      const container = `${cluster}-backup`;
      await docker([
        ...['create', '--name', container, '--hostname', container, ...labels('backup'), '--network', 'none'],
        ...['--tmpfs', '/run/ecp:uid=51773,gid=51773,mode=0700', ...volumes, '-v', `${cluster}-data:/durable:ro`],
        ...['--entrypoint', '/usr/bin/tini', image, '--', 'ecp-backup-entrypoint'],
      ]);
      await docker(['cp', `${folder}/.`, `${container}:/ecp/files`]);
      rmSync(folder, { recursive: true });
      // First of all, so that the volumes belong to its user.
      await docker(['start', container]);
      server = new Server({ ...own, engineOptions }, 'data-server', 'data-server');
      await server.deliver(files());
      await server.start(files().config);
      await server.waitForState('Normal', 30);
    }, 400_000);

    afterAll(async () => {
      await removeLabelled(label);
      await docker(['image', 'rm', '-f', image], { mayFail: true });
    }, 60_000);

    test('verify a backup by an instance of its own', async () => {
      await write('first', '1');
      await take();
      const finding = await verifyBackup(cluster, 'newest', () => undefined);
      expect(findingText(finding)).toBe(
        'the structure of 1 databases is sound, and 1 have the mark that the freeze left in them',
      );
    }, 120_000);

    test('restore to a moment between two backups', async () => {
      await write('early', '2');
      const to = await nextSecond();
      await write('late', '3');
      await take();
      await restoreInPlace({ cluster, id: 'newest', to });
      const { stdout } = await server.node(['zwrite', '^demo']);
      expect(stdout.trim().split('\n')).toEqual(['^demo("early")=2', '^demo("first")=1']);
    }, 200_000);
  });
}
