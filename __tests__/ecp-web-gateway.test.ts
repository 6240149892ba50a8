import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

/** Runs the script of the one-shot with these files, and returns what it wrote. */
function composed(files: Record<string, string>): string {
  const source = join(folder, 'source');
  const target = join(folder, 'target');
  mkdirSync(source);
  mkdirSync(target);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(source, name), content);
  const script = join(__dirname, '..', 'constructs', 'private', 'compose-csp-ini.sh');
  const result = spawnSync('bash', [script, source, target], { encoding: 'utf8' });
  expect(result.stderr).toBe('');
  return readFileSync(join(target, 'CSP.ini'), 'utf8');
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
      env: ['ISC_CSP_CONF_FILE=/webgateway-files/CSP.conf', 'ISC_CSP_INI_FILE=/webgateway-files/CSP.ini'],
      ports: [{ internal: 80, external: 81, ip: '127.0.0.1', protocol: 'tcp' }],
      networks_advanced: [{ name: 'network-id' }],
      volumes: [{ container_path: '/webgateway-files', read_only: true }],
    });
    expect(labels(container(stack, 'ecp-data-server-web'))).toMatchObject({
      'ecp.cluster': 'ecp',
      'ecp.server': 'data-server',
      'ecp.role': 'web-gateway',
      'ecp.web': '127.0.0.1:81',
    });
  });

  test('serves only its server, for all paths', () => {
    const stack = emptyStack();
    gateway(stack).addServer('app-server-1', 8101);
    const upload = container(stack, 'ecp-app-server-1-web-files').upload!;
    const ini = upload.find(({ file }) => file === '/delivery/CSP.ini')!.content;
    expect(ini).toContain('[IRIS]\nIp_Address=app-server-1\nTCP_Port=1972\nUsername=CSPSystem\nPassword=\n');
    expect([...ini.matchAll(/^\[APP_PATH:(.*)\]\nDefault_Server=(.*)$/gm)].map(([, ...pair]) => pair)).toEqual([
      ['/', 'IRIS'],
      ['/csp', 'IRIS'],
    ]);
    const conf = upload.find(({ file }) => file === '/delivery/CSP.conf')!.content;
    expect(conf).toContain('CSPModulePath "$${ISC_PACKAGE_INSTALLDIR}/bin/"');
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

  test('is replaced when its files change', () => {
    const files = (name: string) => {
      const stack = emptyStack();
      gateway(stack).addServer(name, 81);
      return labels(container(stack, `ecp-${name}-web`))['ecp.files'];
    };
    expect(files('one')).not.toBe(files('two'));
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
      new Error("'passwordFile' must be the path of a file with one password, got '/nowhere', which does not exist; correct the path"),
    ); // prettier-ignore
  });
});

describe('the files of a gateway', () => {
  const template = '[IRIS]\nUsername=CSPSystem\nPassword=\nTCP_Port=1972\n';

  test('have the password in base64, whatever characters it has', () => {
    const ini = composed({ 'CSP.ini': template, 'CSP.conf': '', password: 'a b;c=]$x\\&"\n' });
    const [, encoded = ''] = /^Password=\]\]\](.*)$/m.exec(ini)!;
    expect(Buffer.from(encoded, 'base64').toString()).toBe('a b;c=]$x\\&"');
    expect(ini.split('\n')).toHaveLength(5);
  });

  test('have the first line of the file, as IRIS takes it', () => {
    const ini = composed({ 'CSP.ini': template, 'CSP.conf': '', password: 'first\r\nsecond\n' });
    expect(ini).toContain(`\nPassword=]]]${Buffer.from('first').toString('base64')}\n`);
  });

  test('have InterSystems’ default password when there is no other', () => {
    expect(composed({ 'CSP.ini': template, 'CSP.conf': '' })).toContain('\nPassword=]]]U1lT\n');
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

  test('publishes nothing without gateways, and refuses an explicit port', () => {
    const stack = emptyStack();
    new EcpCluster(stack, 'ecp', { ...SURROUNDINGS, image: withoutWebServer });
    for (const each of Object.values(resources(stack, 'docker_container'))) expect(each).not.toHaveProperty('ports');
    expect(
      () => new EcpCluster(emptyStack(), 'ecp', { ...SURROUNDINGS, image: withoutWebServer, appServerWebPortBase: 8100 }),
    ).toThrow(/^'webPort' must be left out for an image without web server/);
    expect(
      () => new EcpCluster(emptyStack(), 'ecp', { ...SURROUNDINGS, image: withoutWebServer, dataServerOptions: { webPort: 81 } }),
    ).toThrow(/^'webPort' must be left out for an image without web server/);
  }); // prettier-ignore
});
