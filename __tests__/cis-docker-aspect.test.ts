import { Container, type ContainerConfig } from '@cdktf/provider-docker/lib/container';
import { Image } from '@cdktf/provider-docker/lib/image';
import type { Service } from '@cdktf/provider-docker/lib/service';
import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { TlsProvider } from '@cdktf/provider-tls/lib/provider';
import { Aspects, AssetType, TerraformAsset, TerraformVariable, Testing, type TerraformStack } from 'cdktf';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CisDockerAspect, EcpCluster, ecpCisWaivers, Swarm, type CisWaiver } from '../constructs';
import { CONTAINER_RULES } from '../constructs/cis/container-rules';
import { IMAGE_RULES } from '../constructs/cis/image-rules';
import { SURROUNDINGS, emptyStack } from './synth';

/** The one waiver that nobody can do without: docker provider 4.6 has no attribute for it. */
const PIDS: CisWaiver = { id: '5.29', path: 'stack/server', reason: 'not settable' };

const GOOD: ContainerConfig = {
  name: 'server',
  image: 'image',
  user: '51773',
  capabilities: { add: ['CAP_CHOWN'], drop: ['ALL'] },
  securityOpts: ['no-new-privileges'],
  readOnly: true,
  memory: 64,
  cpuShares: 1024,
  networksAdvanced: [{ name: 'network' }],
  ports: [{ internal: 80, external: 8080, ip: '127.0.0.1' }],
  volumes: [{ volumeName: 'data', containerPath: '/data' }],
  healthcheck: { test: ['CMD', 'true'] },
  restart: 'on-failure',
  maxRetryCount: 5,
};

/** What synth says of a stack with the aspect: one text, empty when all is well. */
function errorsOf(stack: TerraformStack, waivers: readonly CisWaiver[] = [PIDS]): string {
  new DockerProvider(stack, 'docker');
  new TlsProvider(stack, 'tls');
  Aspects.of(stack).add(new CisDockerAspect({ waivers }));
  try {
    Testing.fullSynth(stack);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

function withContainer(change: Partial<ContainerConfig> = {}): TerraformStack {
  const stack = emptyStack();
  new Container(stack, 'server', { ...GOOD, ...change });
  return stack;
}

const bind = (source: string, propagation?: string) => ({
  mounts: [{ type: 'bind', source, target: '/x', bindOptions: propagation ? { propagation } : undefined }],
});
const hostPath = (path: string) => ({ volumes: [{ hostPath: path, containerPath: '/x' }] });
const port = (change: object) => ({ ports: [{ ...{ internal: 80, external: 8080, ip: '127.0.0.1' }, ...change }] });
const options = (...securityOpts: string[]) => ({ securityOpts: ['no-new-privileges', ...securityOpts] });

/** Each rule with all ways to break it, and what the error then says after the rule. */
const BROKEN: readonly [id: string, change: Partial<ContainerConfig>, got: string][] = [
  ['4.1', { user: undefined }, "no 'user'"],
  ['4.1', { user: '0' }, "user '0'"],
  ['4.1', { user: 'root:root' }, "user 'root:root'"],
  ['5.2', options('apparmor=unconfined'), "'apparmor=unconfined'"],
  ['5.3', options('label:disable'), "'label:disable'"],
  ['5.4', { capabilities: { add: [] } }, 'ALL is not dropped'],
  ['5.4', { capabilities: undefined }, 'ALL is not dropped'],
  ['5.4', { capabilities: { drop: ['CAP_ALL'], add: ['SYS_ADMIN', 'KILL'] } }, 'SYS_ADMIN added'],
  ['5.5', { privileged: true }, 'privileged'],
  ['5.6', hostPath('/etc'), "'/etc'"],
  ['5.6', bind('/'), "'/'"],
  ['5.6', bind('/usr/local'), "'/usr/local'"],
  ['5.6', { volumes: [{ volumeName: '/proc', containerPath: '/x' }] }, "'/proc'"],
  ['5.8', port({ external: 443 }), '443'],
  ['5.9', { publishAllPorts: true }, 'all ports published'],
  ['5.10', { networkMode: 'host', networksAdvanced: undefined }, "network mode 'host'"],
  ['5.11', { memory: undefined }, 'no limit'],
  ['5.12', { cpuShares: undefined }, 'no priority'],
  ['5.13', { readOnly: undefined }, 'it can be written'],
  ['5.14', port({ ip: undefined }), 'port 8080 on every address'],
  ['5.14', port({ ip: '0.0.0.0', external: undefined }), 'port of any number on every address'],
  ['5.14', port({ ip: '::' }), 'port 8080 on every address'],
  ['5.15', { maxRetryCount: 6 }, '6 as the limit'],
  ['5.15', { maxRetryCount: undefined }, 'no as the limit'],
  ['5.16', { pidMode: 'host' }, "process mode 'host'"],
  ['5.17', { ipcMode: 'host' }, "IPC mode 'host'"],
  ['5.18', { devices: [{ hostPath: '/dev/sda' }] }, "'/dev/sda'"],
  ['5.20', bind('/srv', 'rshared'), "'rshared'"],
  ['5.22', options('seccomp=unconfined'), "'seccomp=unconfined'"],
  ['5.26', { securityOpts: undefined }, 'no such option'],
  ['5.26', { securityOpts: ['no-new-privileges=false'] }, 'no such option'],
  ['5.25', { cgroupParent: '/ours' }, "parent '/ours'"],
  ['5.27', { healthcheck: undefined }, 'no health check'],
  ['5.27', { healthcheck: { test: ['NONE'] } }, 'no health check'],
  ['5.30', { networksAdvanced: undefined }, 'docker0'],
  ['5.30', { networksAdvanced: undefined, networkMode: 'bridge' }, 'docker0'],
  ['5.31', { usernsMode: 'host' }, "user namespace 'host'"],
  ['5.32', bind('/var/run/docker.sock'), "'/var/run/docker.sock'"],
  ['5.32', hostPath('/run/containerd/containerd.sock'), "'/run/containerd/containerd.sock'"],
];

describe('a container', () => {
  test('that follows every rule is accepted', () => {
    expect(errorsOf(withContainer())).toBe('');
  });

  test.each(BROKEN)('that breaks CIS %s with %j is an error', (id, change, got) => {
    const { rule, remedy } = CONTAINER_RULES.find(each => each.id === id)!;
    const lines = errorsOf(withContainer(change))
      .split('\n')
      .filter(line => line.startsWith('['));
    expect(lines).toEqual([`[stack/server] CIS ${id}: ${rule}, got ${got}; ${remedy}, or waive it with a reason`]);
  });

  test('rules each have a test', () => {
    expect([...new Set(BROKEN.map(([id]) => id)), '5.29'].sort()).toEqual(CONTAINER_RULES.map(({ id }) => id).sort());
  });

  test('always breaks CIS 5.29, which docker provider 4.6 cannot satisfy', () => {
    expect(errorsOf(withContainer(), [])).toContain(
      '[stack/server] CIS 5.29: the number of processes is limited, got no limit',
    );
  });

  test('may restart without a limit, as in docker-bench-security', () => {
    expect(errorsOf(withContainer({ restart: 'unless-stopped', maxRetryCount: undefined }))).toBe('');
  });

  test('may have no network at all', () => {
    expect(errorsOf(withContainer({ networksAdvanced: undefined, networkMode: 'none' }))).toBe('');
  });

  test('is checked with its overrides', () => {
    const stack = emptyStack();
    const container = new Container(stack, 'server', GOOD);
    container.addOverride('privileged', true);
    container.addOverride('pids_limit', 512);
    expect(errorsOf(stack, [])).toContain('[stack/server] CIS 5.5: no container is privileged');
    expect(errorsOf(withContainer(), [])).toContain('5.29');
  });

  test('may have values that are known only after an apply', () => {
    const stack = emptyStack();
    const value = new TerraformVariable(stack, 'value', { type: 'number' });
    new Container(stack, 'server', { ...GOOD, memory: value.numberValue, user: value.stringValue });
    expect(errorsOf(stack)).toBe('');
  });
});

describe('a built image', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ecp-cis-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const DOCKERFILE = ['FROM a AS build', 'USER root', 'FROM b', 'COPY x /x', 'USER 51773', 'HEALTHCHECK CMD ["true"]'];

  function errors(lines: readonly string[], buildArgs?: Record<string, string>, asset = true): string[] {
    writeFileSync(join(folder, 'Dockerfile'), `# ADD is only a comment\n${lines.join('\n')}\n`);
    const stack = emptyStack();
    const context = asset
      ? new TerraformAsset(stack, 'context', { path: folder, type: AssetType.DIRECTORY }).path
      : folder;
    new Image(stack, 'image', { name: 'image', buildAttribute: { context, buildArgs } });
    new Image(stack, 'base', { name: 'base' });
    return errorsOf(stack, [])
      .split('\n')
      .filter(line => line !== '' && line.startsWith('['));
  }

  const expected = (id: string, got: string) => {
    const { rule, remedy } = IMAGE_RULES.find(each => each.id === id)!;
    return [`[stack/image] CIS ${id}: ${rule}, got ${got}; ${remedy}, or waive it with a reason`];
  };

  test.each([true, false])('that keeps all rules is no error, with an asset as its context: %s', asset => {
    expect(errors(DOCKERFILE, { BASE_IMAGE: 'x' }, asset)).toEqual([]);
  });

  test.each<[string, string[], string]>([
    ['4.1', DOCKERFILE.filter(line => line !== 'USER 51773'), 'no USER'],
    ['4.1', [...DOCKERFILE, 'USER root'], 'USER root'],
    ['4.6', DOCKERFILE.filter(line => !line.startsWith('HEALTH')), 'no HEALTHCHECK'],
    ['4.6', [...DOCKERFILE, 'HEALTHCHECK NONE'], 'no HEALTHCHECK'],
    ['4.7', ['FROM a', 'RUN apt-get update', 'RUN apt-get install -y x', ...DOCKERFILE], 'an update alone'],
    ['4.9', ['FROM a', 'ADD http://x /x', ...DOCKERFILE], 'ADD http://x /x'],
    ['4.10', ['FROM a', 'ARG DB_PASSWORD', ...DOCKERFILE], 'ARG DB_PASSWORD'],
    ['4.10', ['FROM a', 'ENV API_TOKEN=x', ...DOCKERFILE], 'ENV API_TOKEN'],
  ])('that breaks CIS %s with %j is an error', (id, lines, got) => {
    expect(errors(lines)).toEqual(expected(id, got));
  });

  test.each<Record<string, string>>([{ IRIS_PASSWORD: 'x' }, { KEY: '-----BEGIN PRIVATE KEY-----' }])(
    'that breaks CIS 4.10 with the build argument %j is an error',
    buildArgs => {
      expect(errors(DOCKERFILE, buildArgs)).toEqual(expected('4.10', `build argument ${Object.keys(buildArgs)[0]}`));
    },
  );

  test('may fetch lists and install in one instruction of several lines', () => {
    expect(errors(['FROM a', 'RUN apt-get update; \\', '  # why', '  apt-get install -y x', ...DOCKERFILE])).toEqual(
      [],
    );
  });
});

describe('a waiver', () => {
  test('allows one rule to be broken at one path', () => {
    const waiver = { id: '5.13', path: 'stack/server', reason: 'it writes' };
    expect(errorsOf(withContainer({ readOnly: false }), [PIDS, waiver])).toBe('');
    expect(errorsOf(withContainer({ readOnly: false, memory: undefined }), [PIDS, waiver])).not.toContain('5.13');
    expect(errorsOf(withContainer({ readOnly: false, memory: undefined }), [PIDS, waiver])).toContain('5.11');
    expect(errorsOf(withContainer({ readOnly: false }), [PIDS, { ...waiver, path: 'stack/serve' }])).toContain('5.13');
  });

  test('may have * for a part of the path, but not for a whole branch', () => {
    expect(errorsOf(withContainer(), [{ ...PIDS, path: 'stack/*' }])).toBe('');
    expect(errorsOf(withContainer(), [{ ...PIDS, path: '*' }])).toContain('5.29');
  });

  test('that waives nothing is an error', () => {
    const waivers = [PIDS, { id: '5.13', path: 'stack/server', reason: 'it writes' }];
    expect(errorsOf(withContainer(), waivers)).toContain(
      "[stack] 'waivers' must each waive something, got 5.13 for 'stack/server', which breaks no rule; remove it",
    );
  });

  test.each<[Partial<CisWaiver>, string]>([
    [{ reason: ' ' }, "'waivers' must give a reason, got none for 5.29 at 'stack/server'; write it down"],
    [{ path: '' }, "'waivers' must name a path, got none for 5.29; add the path of the resource"],
    [{ id: '9.9' }, "'waivers' must name a rule, got '9.9'; rules are 4.1, 4.6, 4.7, 4.9, 4.10, 5.2, "],
  ])('with %j is refused', (change, message) => {
    expect(() => new CisDockerAspect({ waivers: [{ ...PIDS, ...change }] })).toThrow(message);
  });
});

describe('a cluster', () => {
  const clusterWith = (change: object, webPort = 8081): [TerraformStack, EcpCluster] => {
    const stack = emptyStack();
    const image = { ...SURROUNDINGS.image, ...change };
    return [stack, new EcpCluster(stack, 'ecp', { image, dataServerOptions: { webPort } })];
  };

  test.each([
    ['the rehearsal engine', {}, 8081],
    ['the usual web port', {}, 81],
    ['an engine that is less hardened', { readOnlyRoot: false, noNewPrivileges: false }, 8081],
  ])('with %s needs exactly the waivers that come with it', (_, change, webPort) => {
    const [stack, cluster] = clusterWith(change, webPort);
    expect(errorsOf(stack, ecpCisWaivers(cluster))).toBe('');
  });

  test.each([
    ['a swarm', {}, {}],
    ['a swarm that publishes web ports', { dataServerOptions: { webPort: 8081 } }, { allowPublicWebPorts: true }],
    ['a swarm with limits of the processor', { cpus: 0.5 }, {}],
  ])('on %s needs exactly the waivers that come with it', (_, props: object, swarm: object) => {
    const stack = emptyStack();
    const cluster = new EcpCluster(stack, 'ecp', {
      image: { ...SURROUNDINGS.image, imageReference: 'registry.example.org/ecp@sha256:0' },
      platform: new Swarm(stack, 'swarm', swarm),
      ...props,
    });
    expect(errorsOf(stack, ecpCisWaivers(cluster))).toBe('');
  });

  test('on a swarm is checked as any other: what is not waived is an error', () => {
    const stack = emptyStack();
    const cluster = new EcpCluster(stack, 'ecp', {
      image: { ...SURROUNDINGS.image, imageReference: 'registry.example.org/ecp@sha256:0' },
      platform: new Swarm(stack, 'swarm'),
    });
    const service = cluster.dataServer.resource as Service;
    service.addOverride('task_spec.container_spec.user', 'root');
    service.addOverride('task_spec.container_spec.mounts', [{ type: 'bind', source: '/etc', target: '/x' }]);
    const errors = errorsOf(stack, ecpCisWaivers(cluster));
    expect(errors).toContain("CIS 4.1: a container runs as an ordinary user, got user 'root'");
    expect(errors).toContain("CIS 5.6: the host's system folders are not mounted, got '/etc'");
  });

  test('has web gateways with waivers too', () => {
    const stack = emptyStack();
    const cluster = new EcpCluster(stack, 'ecp', {
      image: { ...SURROUNDINGS.image, hasWebServer: false },
      webGateway: {},
    });
    expect(errorsOf(stack, ecpCisWaivers(cluster))).toBe('');
  });

  function onSwarm(change: object): [TerraformStack, EcpCluster] {
    const stack = emptyStack();
    const image = { ...SURROUNDINGS.image, imageReference: 'registry.example.org/ecp@sha256:0', ...change };
    return [stack, new EcpCluster(stack, 'ecp', { image, platform: new Swarm(stack, 'swarm') })];
  }

  test.each([
    ['a Docker host', clusterWith],
    ['a swarm', onSwarm],
  ])('on %s has backups with waivers too', (_, make) => {
    const folder = mkdtempSync(join(tmpdir(), 'ecp-cis-'));
    try {
      writeFileSync(join(folder, 'password'), 'secret');
      const [stack, cluster] = make({ readOnlyRoot: false });
      const registry = 'registry.example.org/ecp';
      const passwordFile = join(folder, 'password');
      cluster.addBackup({ repository: { volume: 'repository' }, passwordFile, registry, verify: '0 4 * * *' });
      expect(errorsOf(stack, ecpCisWaivers(cluster))).toBe('');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('waives no more for a server than its engine needs', () => {
    const [, cluster] = clusterWith({});
    const ids = ecpCisWaivers(cluster)
      .filter(({ path }) => path.endsWith('/data-server/Resource'))
      .map(({ id }) => id);
    expect(ids).toEqual(['5.29']);
  });
});
