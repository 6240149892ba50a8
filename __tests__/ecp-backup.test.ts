import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DockerHost,
  EcpBackup,
  EcpCluster,
  EcpDataServer,
  Swarm,
  type EcpBackupOptions,
  type EcpBackupRepository,
  type IEcpPlatform,
} from '../constructs';
import { SURROUNDINGS, container, emptyStack, labels, resources, synth, unpackDelivery } from './synth';

interface ServiceJson {
  readonly name: string;
  readonly depends_on: readonly string[];
  readonly task_spec: {
    readonly container_spec: Readonly<Record<string, unknown>> & {
      readonly image: string;
      readonly mounts: readonly { readonly target: string; readonly source?: string }[];
      readonly secrets?: readonly { readonly file_name: string }[];
    };
    readonly placement: { readonly constraints: readonly string[] };
  };
}

const FOLDER = mkdtempSync(join(tmpdir(), 'ecp-backup-'));
afterAll(() => rmSync(FOLDER, { recursive: true }));

const file = (name: string, text = `${name} text\n`): string => {
  writeFileSync(join(FOLDER, name), text);
  return join(FOLDER, name);
};
const passwordFile = file('password');
const sftp = {
  sftpHost: 'backups.example.org',
  sftpUser: 'ops',
  sftpPath: '/srv/ecp',
  sftpKeyFile: file('sftp-key'),
  sftpKnownHostsFile: file('known-hosts'),
};

function stackOf(options?: Partial<EcpBackupOptions>): ReturnType<typeof emptyStack> {
  const stack = emptyStack();
  const { image, network, pki } = SURROUNDINGS;
  const cluster = new EcpCluster(stack, 'cluster', { image, network, pki, appServers: ['app-server-1'] });
  if (options) cluster.addBackup({ repository: { volume: 'repository' }, passwordFile, ...options });
  return stack;
}

function mountsOf(stack: ReturnType<typeof emptyStack>, name: string): Record<string, unknown> {
  const { volumes } = container(stack, name) as unknown as {
    volumes: { container_path: string; volume_name?: string; host_path?: string }[];
  };
  return Object.fromEntries(volumes.map(each => [each.container_path, each.volume_name ?? each.host_path]));
}

test('the backup container runs beside the data server as its user, without privileges and without a network', () => {
  const stack = stackOf({});
  const backup = container(stack, 'ecp-backup');
  expect(backup).toMatchObject({
    user: '51773',
    read_only: true,
    network_mode: 'none',
    capabilities: { drop: ['ALL'] },
    security_opts: ['no-new-privileges'],
    memory: 256,
    memory_swap: 256,
  });
  expect(labels(backup)).toMatchObject({ 'ecp.cluster': 'ecp', 'ecp.role': 'backup', 'ecp.server': 'data-server' });
  expect(mountsOf(stack, 'ecp-backup')).toMatchObject({ '/backup': 'ecp-backup', '/repository': 'repository' });
  expect(JSON.stringify(backup)).not.toContain('docker.sock');
});

test('the data server shares a volume with it, and differs in nothing else', () => {
  const [without, withBackup] = [stackOf(), stackOf({})];
  const { volumes: before, ...rest } = container(without, 'ecp-data-server');
  const { volumes: after, ...others } = container(withBackup, 'ecp-data-server');
  expect(others).toEqual(rest);
  const mount = { container_path: '/backup', volume_name: 'ecp-backup' };
  expect(after).toEqual([...(before as unknown[]), mount]);
  // Its delivery gives the volume to the server's user.
  const delivery = container(withBackup, 'ecp-data-server-files');
  expect(delivery.command).toEqual([...(container(without, 'ecp-data-server-files').command as string[]), '/backup']);
  expect(delivery.volumes).toContainEqual(mount);
});

test('neither the repository nor the shared volume is a resource that a plan could remove', () => {
  const names = Object.values(resources(stackOf({}), 'docker_volume')).map(({ name }) => name);
  expect(names.sort()).toEqual(['ecp-app-server-1-files', 'ecp-backup-files', 'ecp-data-server-files']);
});

test.each([
  ['without its other member', ['a', 'b'], undefined, "'b', got 'nothing'; give it"],
  ['with a data server that is in no mirror', undefined, 'c', "which is in none, got 'c'; leave it out"],
] as const)('backups of a mirror %s are refused', (_, members, other, words) => {
  const stack = emptyStack();
  const { image, network, pki } = SURROUNDINGS;
  const shared = { clusterName: 'ecp', image: { ...image, features: { mirrors: true } }, network, pki };
  const mirror = members && { name: 'ECP', members: [...members] as [string, string] };
  const dataServer = new EcpDataServer(stack, 'a', { ...shared, name: 'a', mirror });
  const otherMember = other && new EcpDataServer(stack, 'c', { ...shared, name: other });
  const options = { ...shared, repository: { volume: 'repository' }, passwordFile };
  expect(() => new EcpBackup(stack, 'backup', { ...options, dataServer, otherMember })).toThrow(
    `'otherMember' must be the other member of the mirror of 'a', ${words}`,
  );
});

test('schedule, retention and credentials replace the backup container and leave all servers alone', () => {
  const plain = synth(stackOf({})).resource!.docker_container!;
  for (const options of [
    { schedule: '30 2 * * *' },
    { retention: { daily: 7 } },
    { passwordFile: file('other-password') },
    { freezeTimeoutSec: 60 },
  ]) {
    const changed = synth(stackOf(options)).resource!.docker_container!;
    const touched = Object.keys(plain).filter(key => JSON.stringify(plain[key]) !== JSON.stringify(changed[key]));
    expect(touched.every(key => /_backup_/.test(key))).toBe(true);
    const hashes = [plain, changed].map(all =>
      JSON.stringify(Object.entries(all).find(([key]) => /_backup_[0-9A-F]+$/.test(key))),
    );
    expect(hashes[0]).not.toBe(hashes[1]);
  }
});

test('no secret is in the stack', () => {
  const stack = stackOf({ repository: sftp });
  const text = JSON.stringify(synth(stack));
  for (const name of ['password', 'sftp-key', 'known-hosts']) {
    expect(text).not.toContain(`${name} text`);
    expect(text).not.toContain(Buffer.from(`${name} text\n`).toString('base64'));
  }
  const { upload = [] } = container(stack, 'ecp-backup-files');
  expect(upload.map(each => each.file)).toContain('/delivery/files/repository-password');
  expect(JSON.parse(unpackDelivery(upload)['config.json']!)).toEqual({
    cluster: 'ecp',
    schedule: '0 * * * *',
    freezeSec: 600,
    repository: 'sftp:',
    sftpHost: 'backups.example.org',
    sftpUser: 'ops',
    sftpPath: '/srv/ecp',
    sftpPort: 22,
  });
});

test.each<[string, EcpBackupRepository]>([
  ['SFTP', sftp],
  ['S3', { s3Url: 'https://s3.example.org/bucket', s3KeyIdFile: passwordFile, s3SecretKeyFile: passwordFile }],
])('a repository by %s is reached through the network of the cluster', (_, repository) => {
  const backup = container(stackOf({ repository }), 'ecp-backup');
  expect(backup.networks_advanced).toEqual([{ name: 'network-id' }]);
  expect(backup.network_mode).toBeUndefined();
});

test('a verifier has the engine, the shared volume, a volume of its own, and no network', () => {
  const stack = stackOf({ verify: '0 4 * * *' });
  expect(container(stack, 'ecp-backup-verifier')).toMatchObject({
    image: 'sha256:image',
    network_mode: 'none',
    command: ['serve'],
    volumes: [{ container_path: '/backup', volume_name: 'ecp-backup' }, { container_path: '/durable' }],
  });
  const { upload = [] } = container(stack, 'ecp-backup-files');
  expect(JSON.parse(unpackDelivery(upload)['config.json']!)).toMatchObject({ verify: '0 4 * * *' });
});

test('a folder of the host is mounted', () => {
  expect(mountsOf(stackOf({ repository: { folder: '/srv/backups' } }), 'ecp-backup')).toMatchObject({
    '/repository': '/srv/backups',
  });
});

const cron = "'schedule' must have the five fields of cron in numbers, such as '0 * * * *' for each hour, got";
test.each<[string, Partial<EcpBackupOptions>, string]>([
  ['a schedule of six fields', { schedule: '0 0 * * * *' }, `${cron} '0 0 * * * *'; correct it`],
  ['words in a schedule', { schedule: '@daily' }, `${cron} '@daily'; correct it`],
  ['an hour that is none', { schedule: '0 24 * * *' }, `${cron} '0 24 * * *' (the hour is from 0 to 23); correct it`],
  ['a step of nothing', { schedule: '*/0 * * * *' }, `${cron} '*/0 * * * *' (the minute is from 0 to 59); correct it`],
  [
    'a retention that keeps nothing',
    { retention: {} },
    "'retention' must keep some backups by last, hourly, daily, weekly, monthly, got {}; leave it out to keep all",
  ],
  ['none of a day', { retention: { daily: 0 } }, "'daily' must be a whole number from 1 to 100000"],
  [
    'a password file that is missing',
    { passwordFile: '/nowhere' },
    "'passwordFile' must be the path of a file with one password, got '/nowhere', which does not exist; correct the path",
  ],
  [
    'an option of ssh for a host',
    { repository: { ...sftp, sftpHost: '-oProxyCommand=x' } },
    "'sftpHost' must name a host name or an address, got '-oProxyCommand=x'; correct it",
  ],
  [
    'the data volume as repository',
    { repository: { volume: 'ecp-data' } },
    "'repository' must be a volume of its own, got 'ecp-data', which the data server uses; choose another, such as 'ecp-repository'",
  ],
  [
    'a relative folder',
    { repository: { folder: 'backups' } },
    "'repository' must name a folder by its absolute path, such as '/srv/backups', got 'backups'; correct it",
  ],
])('%s is refused', (_, options, sentence) => {
  expect(() => stackOf(options)).toThrow(sentence);
});

test('backups run on the host of the data server', () => {
  const stack = emptyStack();
  const east = new DockerProvider(stack, 'east', { alias: 'east', host: 'ssh://east.example.org' });
  const backup = { repository: { volume: 'repository' }, passwordFile, verify: '0 4 * * *' };
  const appServers = ['app-server-1'];
  new EcpCluster(stack, 'cluster', { pki: SURROUNDINGS.pki, appServers, hosts: { 'data-server': east }, backup });
  for (const name of ['ecp-backup', 'ecp-backup-files', 'ecp-backup-verifier'])
    expect(container(stack, name).provider).toBe('docker.east');
  const images = Object.entries(resources(stack, 'docker_image')).filter(([address]) => /_backup_image/.test(address));
  expect(images.map(([, { provider }]) => provider)).toEqual(['docker.east', 'docker.east']);
});

test("with a registry the stack's own host builds the image, and the data server's pulls it", () => {
  const stack = emptyStack();
  const east = new DockerProvider(stack, 'east', { alias: 'east', host: 'ssh://east.example.org' });
  const backup = { repository: { volume: 'repository' }, passwordFile, registry: 'registry.example.org/ecp' };
  new EcpCluster(stack, 'cluster', { pki: SURROUNDINGS.pki, hosts: { 'data-server': east }, backup });
  const images = Object.entries(resources(stack, 'docker_image')).filter(([address]) => /_backup_image/.test(address));
  const pulled = images.filter(([, { provider }]) => provider === 'docker.east').map(([address]) => address);
  expect(images).toHaveLength(3);
  expect(pulled).toHaveLength(1);
  for (const name of ['ecp-backup', 'ecp-backup-files'])
    expect(container(stack, name).image).toBe(`\${docker_image.${pulled[0]}.image_id}`);
});

describe('on a swarm', () => {
  const image = { ...SURROUNDINGS.image, imageReference: 'registry.example.org/ecp@sha256:0' };
  const registry = 'registry.example.org/ecp';

  function onSwarm(backup?: Partial<EcpBackupOptions>): ReturnType<typeof emptyStack> {
    const stack = emptyStack();
    const platform = new Swarm(stack, 'swarm');
    const cluster = new EcpCluster(stack, 'cluster', { image, pki: SURROUNDINGS.pki, platform });
    if (backup) cluster.addBackup({ repository: sftp, passwordFile, registry, ...backup });
    return stack;
  }

  function servicesOf(backup?: Partial<EcpBackupOptions>): Map<string, ServiceJson> {
    const services = Object.values(resources(onSwarm(backup), 'docker_service')) as unknown as ServiceJson[];
    return new Map(services.map(service => [service.name.replace(/-[0-9a-f]{6}-files$/, '-files'), service]));
  }

  const mounts = (service: ServiceJson): Record<string, string | undefined> =>
    Object.fromEntries(service.task_spec.container_spec.mounts.map(({ target, source }) => [target, source]));

  test('a service takes the backups and another verifies them, where the data is and not elsewhere', () => {
    const services = servicesOf({ verify: '0 4 * * *' });
    for (const name of ['ecp-backup', 'ecp-backups-files', 'ecp-backup-verifier'])
      expect(services.get(name)!.task_spec.placement.constraints).toEqual(['node.labels.ecp.data-server == ecp']);
    const { task_spec: task } = services.get('ecp-backup')!;
    expect(task.container_spec).toMatchObject({
      user: '51773',
      read_only: true,
      cap_drop: ['ALL'],
      hostname: 'ecp-backup',
      healthcheck: { retries: 1000, interval: '5s' },
    });
    expect(task.container_spec.image).toMatch(/^registry\.example\.org\/ecp\/ecp-backup@/);
    expect(mounts(services.get('ecp-backup')!)).toMatchObject({
      '/ecp/files': 'ecp-backup-files',
      '/backup': 'ecp-backup',
    });
    expect(services.get('ecp-backup-verifier')!.task_spec.container_spec).toMatchObject({
      command: ['/usr/bin/tini', '--', 'restore-database'],
      args: ['serve'],
    });
    expect(mounts(services.get('ecp-backup-verifier')!)).toMatchObject({ '/backup': 'ecp-backup' });
  });

  test('its password and keys are delivered to that node alone, and it waits for them', () => {
    const services = servicesOf({});
    const delivery = services.get('ecp-backups-files')!;
    expect(delivery.task_spec.container_spec.secrets!.map(({ file_name: name }) => name)).toEqual(['backup']);
    expect(mounts(delivery)).toMatchObject({ '/files/backup': 'ecp-backup-files' });
    expect(services.get('ecp-backup')!.depends_on[0]).toMatch(/^docker_service\.swarm_backup_delivery_/);
  });

  test('the data server shares a volume with it, of which its user owns the top, and differs in nothing else', () => {
    const [without, withBackup] = [servicesOf(), servicesOf({})];
    const [before, after] = [without, withBackup].map(each => each.get('ecp-data-server')!.task_spec.container_spec);
    expect(after).toEqual({
      ...before,
      mounts: [...before!.mounts, { type: 'volume', source: 'ecp-backup', target: '/backup' }],
    });
    expect(mounts(withBackup.get('ecp-data-servers-files')!)).toMatchObject({
      '/volumes/data-server/-backup': 'ecp-backup',
    });
    expect(withBackup.get('ecp-app-servers-files')).toEqual(without.get('ecp-app-servers-files'));
  });

  test('another schedule or password is another secret, and no other service', () => {
    const other = { schedule: '30 2 * * *', passwordFile: file('third') };
    const [plain, changed] = [onSwarm({}), onSwarm(other)].map(stack => synth(stack));
    expect(changed!.resource).toEqual(plain!.resource);
    const texts = ({ locals = {} }: { locals?: object }): [string, string][] => Object.entries(locals);
    const before = new Map(texts(plain!));
    const differ = texts(changed!).filter(([name, text]) => text !== before.get(name));
    expect(differ.map(([name]) => name)).toEqual([expect.stringMatching(/^swarm_backup_text_/)]);
  });

  test('an image that no node can pull is refused', () => {
    expect(() => onSwarm({ registry: undefined })).toThrow(
      "'registry' must be set for backups on a swarm, whose nodes pull their image, got nothing; name a registry that every node reaches",
    );
  });
});

test('a platform that runs nothing beside a data server has no backups', () => {
  const { runServer, imageOf } = DockerHost.prototype;
  const platform: IEcpPlatform = { runServer, imageOf };
  const { image, network, pki } = SURROUNDINGS;
  const cluster = new EcpCluster(emptyStack(), 'cluster', { image, network, pki, platform });
  expect(() => cluster.addBackup({ repository: { volume: 'repository' }, passwordFile })).toThrow(
    "'backup' must be left out on a platform that runs nothing beside a data server; take it out, or use a DockerHost or a Swarm",
  );
});

test('a backup of InterSystems IRIS reads the volumes of the data server, and cannot write them', () => {
  const stack = emptyStack();
  const image = { ...SURROUNDINGS.image, engine: 'iris', features: { freezesFiles: true, journalVolumes: true } };
  const { network, pki } = SURROUNDINGS;
  const dataServerOptions = { journalVolume: 'journal' };
  const cluster = new EcpCluster(stack, 'cluster', {
    image,
    network,
    pki,
    dataServerOptions,
    appServerWebPortBase: 9000,
  });
  const backup = { repository: { volume: 'repository' }, passwordFile };
  expect(
    () => new EcpCluster(emptyStack(), 'x', { image, network, pki, backup: { ...backup, verify: '0 4 * * *' } }),
  ).toThrow("'verify' must be left out for the engine 'iris'");
  cluster.addBackup(backup);
  expect(container(stack, 'ecp-backup').volumes).toEqual(
    expect.arrayContaining([
      { container_path: '/durable', volume_name: 'ecp-data', read_only: true },
      { container_path: '/journal', volume_name: 'journal', read_only: true },
    ]),
  );
  const { upload = [] } = container(stack, 'ecp-backup-files');
  expect(JSON.parse(unpackDelivery(upload)['config.json']!)).toMatchObject({ directories: ['/durable', '/journal'] });
});

test('a cluster has one backup', () => {
  const { image, network, pki } = SURROUNDINGS;
  const backup = { repository: { volume: 'repository' }, passwordFile };
  const cluster = new EcpCluster(emptyStack(), 'cluster', { image, network, pki, backup });
  expect(() => cluster.addBackup(backup)).toThrow("'backup' must be set once");
  expect(() => cluster.addAppServer('backup')).toThrow('must not use the names of');
});
