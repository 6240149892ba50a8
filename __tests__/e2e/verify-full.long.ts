// ecp-test: calm
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireServers } from '../../cli/access/servers';
import { hostileChecks } from '../../cli/verification/hostile-checks';
import { pauseContainer } from './support/pause';
import {
  PROJECT,
  dockerOk,
  ecp,
  ecpOk,
  eventually,
  printLogs,
  removeCluster,
  testCluster,
} from './support/test-cluster';

jest.setTimeout(300_000);

const cluster = testCluster('ecp-verify', 5);
const report = join(cluster.folder, 'report.md');

describe('./ecp verify --full', () => {
  beforeAll(() => ecpOk(cluster, ['up', '--yes']));
  afterAll(() => removeCluster(cluster));

  it('passes every check on a healthy cluster and writes a report without secrets', async () => {
    const result = await ecp(cluster, ['verify', '--full', '--yes', '--report', report]);
    if (result.code !== 0) await printLogs(cluster);
    expect({ code: result.code, says: result.stdout }).toEqual({
      code: 0,
      says: expect.not.stringContaining('✗') as string,
    });
    const text = readFileSync(report, 'utf8');
    expect(text).toContain('17 passed, 0 failed, 0 not run.');
    expect(text).toContain('| TLS 1.1 is refused | passed |');
    for (const name of [
      'certificates are renewed without a restart',
      'a session goes on while certificates are renewed',
      'a synced write outlives a kill of the data server',
      'the data server is replaced and has its data',
      'a second deploy has nothing to do',
    ])
      expect(text).toContain(`| ${name} | passed |`);
    expect(text).not.toContain('PRIVATE KEY');
  });

  it('writes and reads every global that a config file maps, in its namespace, and leaves nothing behind', async () => {
    const file = join(cluster.folder, 'app-server.json');
    const document = JSON.parse(readFileSync(join(PROJECT, 'config-files', 'app-server.json'), 'utf8')) as object;
    const mapped = (...names: string[]) => names.map(Name => ({ Name, Database: 'myappdata' }));
    writeFileSync(
      file,
      JSON.stringify({ ...document, MapGlobals: { SHOP: mapped('order*', 'Log'), USER: mapped('demo.*') } }),
    );
    const changed = { ...cluster, environment: { ...cluster.environment, ECP_APP_SERVER_CONFIG_FILE: file } };
    await ecpOk(changed, ['up', '--yes']);
    const { code, stdout, stderr } = await ecp(changed, ['verify']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const [pattern, namespace] of [
      ['order*', 'SHOP'],
      ['Log', 'SHOP'],
      ['demo.*', 'USER'],
    ])
      expect(stdout).toContain(`mapping ^${pattern} of ${namespace}: 3 servers read ^`);
    const get = (namespace: string) =>
      ecp(changed, ['exec', 'app-server-1', 'get', '--namespace', namespace, '^Log("ecp.verify")']);
    expect((await get('SHOP')).stderr).toContain('<UNDEFINED>');
    expect((await get('USER')).stderr).toContain(
      '<UNMAPPED> ^Log is not mapped to the data server (MapGlobals.USER has demo.*)',
    );
    await ecpOk(cluster, ['up', '--yes']);
  });

  it('tells what fails when an application server is paused, in the exit code, on the terminal and in the report', async () => {
    await pauseContainer(`${cluster.name}-app-server-2`);
    try {
      const result = await ecp(cluster, ['verify']);
      expect(result.code).toBe(1);
      expect(result.stderr).toMatch(/app-server-2 could not set \^demo\.ecp\("ecp\.verify","\w+",2\)/);
    } finally {
      await dockerOk('unpause', `${cluster.name}-app-server-2`);
    }
  });

  it('says when the data server takes whom it must not', async () => {
    // A listener that takes everybody, in the place of the data server's name.
    const script =
      'openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=x -keyout /tmp/k -out /tmp/c 2>/dev/null; exec openssl s_server -quiet -accept 1972 -cert /tmp/c -key /tmp/k';
    await dockerOk('network', 'disconnect', cluster.name, `${cluster.name}-data-server`);
    const impostor = await dockerOk(
      ...[
        'run',
        '--detach',
        '--rm',
        '--interactive',
        '--label',
        `ecp.cluster=${cluster.name}`,
        '--network',
        cluster.name,
      ],
      ...['--network-alias', 'data-server', '--tmpfs', '/tmp:uid=51773', '--entrypoint', '/bin/bash'],
      ...[await dockerOk('inspect', '--format', '{{.Image}}', `${cluster.name}-data-server`), '-c', script],
    );
    try {
      const [control, ...checks] = hostileChecks(await requireServers(cluster.name));
      await eventually('the impostor listens', 30, () => control!.run().catch(() => undefined));
      const outcomes = await Promise.all(checks.map(({ run }) => run().catch((error: Error) => error.message)));
      const open = 'the connection stayed open for 3 s';
      expect(outcomes.slice(0, 2)).toEqual([open, open]);
    } finally {
      await dockerOk('rm', '--force', impostor);
      await dockerOk('network', 'connect', '--alias', 'data-server', cluster.name, `${cluster.name}-data-server`);
    }
  });
});
