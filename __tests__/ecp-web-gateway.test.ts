import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { EcpCluster, EcpWebGateway, type EcpImage, type EcpWebGatewayProps } from '../constructs';
import { SURROUNDINGS, container, emptyStack, labels, resource, resources, synth } from './synth';

const IMAGE = 'containers.intersystems.com/intersystems/webgateway:2025.1';
const { clusterName, network } = SURROUNDINGS;
const withoutWebServer: EcpImage = { ...SURROUNDINGS.image, engine: 'iris', hasWebServer: false };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ecp-web-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function gateway(stack = emptyStack(), props: Partial<EcpWebGatewayProps> = {}): EcpWebGateway {
  return new EcpWebGateway(stack, 'web-gateway', { clusterName, network, ...props });
}

/** Runs both scripts of the one-shot as Terraform would, and returns what they delivered. */
function delivered(name: string, props: Partial<EcpWebGatewayProps> = {}): Record<string, string> {
  // GIVEN: the uploads, in the folder that is the container's root here.
  const stack = emptyStack();
  gateway(stack, props).addServer(name, 81);
  const { upload, entrypoint, command } = container(stack, `ecp-${name}-web-files`) as unknown as Delivery;
  for (const { file, content, source } of upload) {
    const at = join(folder, file);
    mkdirSync(dirname(at), { recursive: true });
    // Terraform's escape.
    writeFileSync(at, source === undefined ? content!.replace(/([$%])\1(?=\{)/g, '$1') : readFileSync(source));
  }
  const target = join(folder, 'target');
  mkdirSync(target, { recursive: true });

  // WHEN
  const [bash, ...words] = [...entrypoint, ...command];
  const inFolder = words.map(word =>
    word === '/ecp/files'
      ? target
      : word === '51773'
        ? String(process.getuid!())
        : word.replace(/^\/delivery/, join(folder, 'delivery')),
  );
  const result = spawnSync(bash!, inFolder, { encoding: 'utf8' });

  // THEN
  expect(result.stderr).toBe('');
  expect(result.stdout).toMatch(/^files delivered: [0-9a-f]{16}\n$/);
  expect(existsSync(join(folder, 'delivery'))).toBe(false);
  return Object.fromEntries(
    ['CSP.ini', 'CSP.conf', 'config.json'].map(file => [file, readFileSync(join(target, file), 'utf8')]),
  );
}

interface Delivery {
  readonly entrypoint: string[];
  readonly command: string[];
  readonly upload: { readonly file: string; readonly content?: string; readonly source?: string }[];
}

describe('a web gateway', () => {
  test('is a container on the network of its server, at a port of this host', () => {
    // GIVEN
    const stack = emptyStack();

    // WHEN
    gateway(stack).addServer('data-server', 81);

    // THEN
    expect(resource(stack, 'docker_image', IMAGE).keep_locally).toBe(true);
    expect(container(stack, 'ecp-data-server-web')).toMatchObject({
      hostname: 'data-server-web',
      env: ['ISC_CSP_CONF_FILE=/ecp/files/CSP.conf', 'ISC_CSP_INI_FILE=/ecp/files/CSP.ini'],
      ports: [{ internal: 80, external: 81, ip: '127.0.0.1', protocol: 'tcp' }],
      networks_advanced: [{ name: 'network-id' }],
      volumes: [{ container_path: '/ecp/files', read_only: true }],
      memory: 256,
      memory_swap: 256,
      cpu_shares: 512,
      restart: 'unless-stopped',
      log_opts: { 'max-size': '10m', 'max-file': '3' },
    });
    expect(labels(container(stack, 'ecp-data-server-web'))).toMatchObject({
      'ecp.cluster': 'ecp',
      'ecp.server': 'data-server',
      'ecp.role': 'web-gateway',
      'ecp.web': '127.0.0.1:81',
    });
  });

  test('gets its files as a server does', () => {
    const stack = emptyStack();
    gateway(stack).addServer('data-server', 81);
    expect(container(stack, 'ecp-data-server-web-files')).toMatchObject({
      user: '0',
      network_mode: 'none',
      capabilities: { add: ['CAP_CHOWN'], drop: ['ALL'] },
      memory: 64,
      cpu_shares: 512,
      volumes: [{ container_path: '/ecp/files' }],
    });
    expect(labels(container(stack, 'ecp-data-server-web-files'))).toEqual({
      'ecp.cluster': 'ecp',
      'ecp.server': 'data-server',
      'ecp.role': 'delivery',
    });
  });

  test('has the limits, labels, restart policy and log that it is told', () => {
    const stack = emptyStack();
    gateway(stack, {
      memoryMiB: 512,
      cpus: 0.5,
      cpuSet: '0',
      labels: { team: 'web' },
      restart: 'on-failure:3',
      logDriver: 'local',
    }).addServer('data-server', 81);
    const web = container(stack, 'ecp-data-server-web');
    expect(web).toMatchObject({
      memory: 512,
      memory_swap: 512,
      cpus: '0.5',
      cpu_set: '0',
      restart: 'on-failure',
      max_retry_count: 3,
      log_driver: 'local',
    });
    for (const each of [web, container(stack, 'ecp-data-server-web-files')])
      expect(labels(each)).toMatchObject({ 'ecp.server': 'data-server', team: 'web' });
  });

  test.each<[object, RegExp]>([
    [{ memoryMiB: 31 }, /^'memoryMiB' must be a whole number from 32/],
    [{ memoryMb: 64 }, /^'memoryMb' is now 'memoryMiB', got 64/],
    [{ cpus: 0 }, /^'cpus' must be a number of processors/],
    [{ labels: { 'ecp.server': 'x' } }, /^'labels' must leave keys that begin with 'ecp.'/],
    [{ logDriver: '' }, /^'logDriver' must name a logging driver/],
  ])('refuses %j', (props, sentence) => {
    expect(() => gateway(emptyStack(), props)).toThrow(sentence);
  });

  test('receives the password by path and hash, so that the stack does not contain it', () => {
    const stack = emptyStack();
    const passwordFile = join(folder, 'password');
    writeFileSync(passwordFile, 'correct horse\n');
    gateway(stack, { passwordFile }).addServer('data-server', 81);
    expect(JSON.stringify(synth(stack))).not.toContain('correct horse');
    expect(container(stack, 'ecp-data-server-web-files').upload).toContainEqual(
      expect.objectContaining({ file: '/delivery/password', source: passwordFile }),
    );
  });

  test('is replaced when its files are others, or a set of processors that Docker would keep', () => {
    const files = (name: string, props: Partial<EcpWebGatewayProps> = {}) => {
      const stack = emptyStack();
      gateway(stack, props).addServer(name, 81);
      return labels(container(stack, `ecp-${name}-web`))['ecp.files'];
    };
    const passwordFile = join(folder, 'password');
    writeFileSync(passwordFile, 'first\n');
    const first = files('one', { passwordFile });
    writeFileSync(passwordFile, 'second\n');
    const label = files('one');
    for (const other of [files('two'), first, files('one', { cpuSet: '0' })]) expect(other).not.toBe(label);
    expect(files('one', { passwordFile })).not.toBe(first);
    expect(files('one', { memoryMiB: 512, labels: { team: 'web' }, restart: 'no' })).toBe(label);
  });

  test('is replaced when what a daemon may fill in is set through the resource', () => {
    const files = (override: readonly [string, unknown]) => {
      const stack = emptyStack();
      gateway(stack)
        .addServer('one', 81)
        .addOverride(...override);
      return labels(container(stack, 'ecp-one-web'))['ecp.files'];
    };
    expect(files(['log_driver', 'local'])).not.toBe(files(['log_driver', 'json-file']));
  });

  test('publishes nothing from an internal network', () => {
    const stack = emptyStack();
    gateway(stack, { network: { networkId: 'network-id', internal: true } }).addServer('data-server', 81);
    expect(container(stack, 'ecp-data-server-web')).not.toHaveProperty('ports');
  });

  test('refuses a second gateway for a server, an invalid port and a missing password file', () => {
    const web = gateway();
    web.addServer('data-server', 81);
    expect(() => web.addServer('data-server', 82)).toThrow(
      new Error("'name' must be new to this gateway: 'data-server' has one already"),
    );
    expect(() => web.addServer('a'.repeat(60), 83)).toThrow(
      `'name' must be at most 59 characters with a web gateway, which is the host '<name>-web', got '${'a'.repeat(60)}'; shorten it`,
    );
    expect(() => web.addServer('app-server-1', 0)).toThrow(/^'webPort' must be a whole number/);
    expect(() => gateway(emptyStack(), { passwordFile: '/nowhere' })).toThrow(
      new Error(
        "'passwordFile' must be the path of a file with one password, got '/nowhere', which does not exist; correct the path",
      ),
    );
  });
});

describe('the files of a gateway', () => {
  const passwordOf = (password?: string): string | undefined => {
    const passwordFile = join(folder, 'given');
    if (password !== undefined) writeFileSync(passwordFile, password);
    const ini = delivered('app-server-1', password === undefined ? {} : { passwordFile })['CSP.ini']!;
    expect(ini.match(/^Password=/gm)).toHaveLength(1);
    const [, encoded = ''] = /^Password=\]\]\](.*)$/m.exec(ini)!;
    return Buffer.from(encoded, 'base64').toString();
  };

  test('name its server alone, and all paths lead there', () => {
    const { 'CSP.ini': ini, 'CSP.conf': conf, 'config.json': config } = delivered('app-server-1');
    expect(ini).toContain('[IRIS]\nIp_Address=app-server-1\nTCP_Port=1972\nUsername=CSPSystem\nPassword=]]]');
    expect([...ini!.matchAll(/^\[APP_PATH:(.*)\]\nDefault_Server=(.*)$/gm)].map(([, ...pair]) => pair)).toEqual([
      ['/', 'IRIS'],
      ['/csp', 'IRIS'],
    ]);
    expect(conf).toContain('CSPModulePath "${ISC_PACKAGE_INSTALLDIR}/bin/"');
    expect(JSON.parse(config!)).toEqual({ server: 'app-server-1', port: 1972 });
  });

  test('have the password in base64, whatever characters it has', () => {
    expect(passwordOf('a b;c=]$x\\&"\n')).toBe('a b;c=]$x\\&"');
  });

  test('have the first line of the file, as IRIS takes it', () => {
    expect(passwordOf('first\r\nsecond\n')).toBe('first');
  });

  test('take the place of those of 0.2.0, and of no others', () => {
    const target = join(folder, 'target');
    mkdirSync(target);
    for (const file of ['CSP.ini', 'CSP.conf']) writeFileSync(join(target, file), 'old');
    expect(delivered('app-server-1')['CSP.conf']).toContain('CSPModulePath');
    rmSync(target, { recursive: true });
    mkdirSync(target);
    writeFileSync(join(target, 'letter'), 'of somebody');
    writeFileSync(join(target, 'CSP.ini'), 'of somebody too');
    expect(() => delivered('app-server-1')).toThrow(/the volume holds '\S+', which no delivery made/);
    expect(readFileSync(join(target, 'CSP.ini'), 'utf8')).toBe('of somebody too');
  });

  test('have InterSystems’ default password when there is no other', () => {
    expect(passwordOf()).toBe('SYS');
  });
});

describe('a cluster with web gateways', () => {
  test('publishes every web port through a gateway, and none at a server', () => {
    // GIVEN
    const stack = emptyStack();

    // WHEN
    const cluster = new EcpCluster(stack, 'ecp', { ...SURROUNDINGS, image: withoutWebServer, webGateway: {} });

    // THEN
    const ports = Object.values(resources<{ name: string; ports?: { external: number }[] }>(stack, 'docker_container'))
      .filter(each => each.ports !== undefined)
      .map(each => [each.name, each.ports![0]!.external]);
    expect(ports.sort()).toEqual([
      ['ecp-app-server-1-web', 8101],
      ['ecp-app-server-2-web', 8102],
      ['ecp-data-server-web', 81],
    ]);
    expect(() => cluster.addAppServer('reporting', { webPort: 81 })).toThrow(/must be different for each server/);
  });

  test('gives them what holds for all of its containers', () => {
    const stack = emptyStack();
    new EcpCluster(stack, 'ecp', {
      ...SURROUNDINGS,
      image: withoutWebServer,
      labels: { team: 'data' },
      restart: 'always',
      webGateway: { labels: { tier: 'web' } },
    });
    const web = container(stack, 'ecp-app-server-1-web');
    expect(web.restart).toBe('always');
    expect(labels(web)).toMatchObject({ team: 'data', tier: 'web' });
    expect(labels(container(stack, 'ecp-app-server-1'))).not.toHaveProperty('tier');
  });

  test('publishes nothing without one when nobody asks, and refuses a port that is asked for', () => {
    const stack = emptyStack();
    new EcpCluster(stack, 'ecp', { ...SURROUNDINGS, image: withoutWebServer });
    for (const each of Object.values(resources(stack, 'docker_container'))) expect(each).not.toHaveProperty('ports');
    expect(
      () =>
        new EcpCluster(emptyStack(), 'ecp', { ...SURROUNDINGS, image: withoutWebServer, appServerWebPortBase: 8100 }),
    ).toThrow(/^'webPort' must be left out for an image without web server/);
    expect(
      () =>
        new EcpCluster(emptyStack(), 'ecp', {
          ...SURROUNDINGS,
          image: withoutWebServer,
          dataServerOptions: { webPort: 81 },
        }),
    ).toThrow(/^'webPort' must be left out for an image without web server/);
  });
});
