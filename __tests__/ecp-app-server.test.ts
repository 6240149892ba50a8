import { EcpAppServer, EcpDataServer, type EcpAppServerProps, type EcpCertificateOptions } from '../constructs';
import { SURROUNDINGS, container, deliveredFiles, emptyStack, identityOf, labels, resources } from './synth';

const ELSEWHERE = { name: 'prod', host: 'db.example', port: 51773 };
const CONFIG_FILES = ['config.json', 'pki/ca.pem', 'pki/cert.pem', 'pki/key.pem'];

function appServerOf(props: Partial<EcpAppServerProps> = {}) {
  const stack = emptyStack();
  const appServer = new EcpAppServer(stack, 'app-server-1', {
    ...SURROUNDINGS,
    name: 'app-server-1',
    dataServer: ELSEWHERE,
    ...props,
  });
  return { stack, appServer };
}

describe('an application server', () => {
  test('of a data server elsewhere needs only its required props', () => {
    // WHEN
    const { stack, appServer } = appServerOf();

    // THEN
    const server = container(stack, 'ecp-app-server-1');
    expect(server).toMatchObject({
      hostname: 'app-server-1',
      image: 'sha256:image',
      user: '51773',
      capabilities: { add: [], drop: ['ALL'] },
      security_opts: ['no-new-privileges'],
      read_only: true,
      tmpfs: { '/tmp': 'rw,noexec,nosuid,nodev,size=1m,uid=51773,gid=51773,mode=0700' },
      networks_advanced: [{ name: 'network-id', aliases: ['app-server-1'] }],
      memory: 128,
      memory_swap: 128,
      cpu_shares: 1024,
      restart: 'unless-stopped',
      stop_signal: 'SIGTERM',
      stop_timeout: 60,
      destroy_grace_seconds: 60,
      log_driver: 'json-file',
      log_opts: { 'max-size': '10m', 'max-file': '3' },
      wait: true,
      wait_timeout: 120,
      depends_on: [expect.stringMatching(/^docker_container\.app-server-1_delivery_\w+$/)],
    });
    expect(server).not.toHaveProperty('ports');
    expect(server.env).toEqual(['ECP_ROLE=app-server', expect.stringMatching(/^ECP_CONFIG_SHA256=[0-9a-f]{64}$/)]);
    expect(labels(server)).toEqual({
      'ecp.cluster': 'ecp',
      'ecp.engine': 'rehearsal',
      'ecp.server': 'app-server-1',
      'ecp.role': 'app-server',
      'ecp.probe': expect.stringMatching(/^[0-9a-f]{12}$/) as string,
    });
    expect(appServer.name).toBe('app-server-1');
  });

  test('accepts all of its properties', () => {
    // WHEN
    const { stack } = appServerOf({
      clusterName: 'blue',
      name: 'reporting',
      configVariables: { REMOTE_DB_NAME: 'orders' },
      memoryMiB: 512,
      webPort: 8200,
      startTimeoutSec: 30,
      stopTimeoutSec: 15,
    });

    // THEN
    expect(container(stack, 'blue-reporting')).toMatchObject({
      hostname: 'reporting',
      networks_advanced: [{ name: 'network-id', aliases: ['reporting'] }],
      memory: 512,
      memory_swap: 512,
      ports: [{ internal: 52773, external: 8200, ip: '127.0.0.1', protocol: 'tcp' }],
      wait_timeout: 30,
      healthcheck: { start_period: '30s' },
      stop_timeout: 15,
      destroy_grace_seconds: 15,
    });
    expect(JSON.parse(deliveredFiles(stack, 'blue-reporting')['config.json']!)).toMatchObject({
      Databases: { myappdata: { Name: 'orders' } },
    });
  });

  test('knows the data server by its name, host and port', () => {
    const { stack } = appServerOf();
    expect(JSON.parse(deliveredFiles(stack, 'ecp-app-server-1')['config.json']!)).toMatchObject({
      ECPServers: { prod: { Name: 'prod', Address: 'db.example', Port: '51773' } },
      Databases: { myappdata: { Name: 'myappdata', Server: 'prod' } },
    });
  });

  test('starts after its delivery and after the data server of the same stack', () => {
    // GIVEN
    const stack = emptyStack();
    const dataServer = new EcpDataServer(stack, 'data-server', SURROUNDINGS);

    // WHEN
    new EcpAppServer(stack, 'app-server-1', { ...SURROUNDINGS, name: 'app-server-1', dataServer });

    // THEN
    const addresses = Object.keys(resources(stack, 'docker_container'));
    const addressOf = (pattern: RegExp) => `docker_container.${addresses.find(address => pattern.test(address))}`;
    expect(container(stack, 'ecp-app-server-1').depends_on).toEqual([
      addressOf(/^app-server-1_delivery_/),
      addressOf(/^data-server_[0-9A-F]{8}$/),
    ]);
    expect(JSON.stringify(container(stack, 'ecp-data-server'))).not.toContain('app-server-1_');
  });

  test('keeps no data and admits nobody', () => {
    // WHEN
    const { stack } = appServerOf();

    // THEN
    expect(container(stack, 'ecp-app-server-1').volumes).toEqual([
      {
        volume_name: expect.stringMatching(/^\$\{docker_volume\.app-server-1_files_\w+\.id\}$/) as string,
        container_path: '/ecp/files',
        read_only: true,
      },
    ]);
    expect(Object.values(resources(stack, 'docker_volume'))).toEqual([
      {
        name: 'ecp-app-server-1-files',
        labels: [
          { label: 'ecp.cluster', value: 'ecp' },
          { label: 'ecp.server', value: 'app-server-1' },
        ],
        // One that was there before may hold what is somebody's: another label must not replace it.
        lifecycle: { ignore_changes: ['labels'] },
      },
    ]);
    expect(Object.keys(deliveredFiles(stack, 'ecp-app-server-1'))).toEqual(CONFIG_FILES);
  });

  test('asks for a client certificate under its own name', () => {
    // GIVEN
    const asked: [string, EcpCertificateOptions][] = [];
    const pki = {
      issueCertificate: (name: string, options: EcpCertificateOptions) => {
        asked.push([name, options]);
        return SURROUNDINGS.pki.issueCertificate(name, options);
      },
    };

    // WHEN
    const { stack } = appServerOf({ pki });

    // THEN
    expect(asked).toEqual([['app-server-1', { role: 'app-server', dnsNames: ['app-server-1', 'ecp-app-server-1'] }]]);
    expect(deliveredFiles(stack, 'ecp-app-server-1')).toMatchObject({
      'pki/ca.pem': identityOf('authority').certificate,
      'pki/cert.pem': identityOf('app-server-1').certificate,
      'pki/key.pem': identityOf('app-server-1').key,
    });
  });

  test('publishes no port from an internal network that exists already', () => {
    const { stack } = appServerOf({ webPort: 8101, network: { networkId: 'network-id', internal: true } });
    expect(container(stack, 'ecp-app-server-1')).not.toHaveProperty('ports');
  });

  test('has the same configuration and hash as the other application servers', () => {
    const envOf = (name: string) => container(appServerOf({ name }).stack, `ecp-${name}`).env;
    expect(envOf('app-server-1')).toEqual(envOf('app-server-2'));
  });
});

describe('an application server refuses', () => {
  const range = (prop: string, from: number, to: number, why: string, got: number) =>
    `'${prop}' must be a whole number from ${from} to ${to} (${why}), got ${got}`;
  const hostName =
    "must be 1 to 63 characters of a-z, 0-9 and '-', with a letter or digit at both ends (it becomes a host name)";

  test.each<[Partial<EcpAppServerProps>, string]>([
    [{ clusterName: '' }, `'clusterName' ${hostName}, got ''`],
    [{ name: 'app_server' }, `'name' ${hostName}, got 'app_server'`],
    [{ name: 'a'.repeat(64) }, `'name' ${hostName}, got '${'a'.repeat(64)}'`],
    [{ memoryMiB: 31 }, range('memoryMiB', 32, 1048576, 'MiB', 31)],
    [{ memoryMiB: 1048577 }, range('memoryMiB', 32, 1048576, 'MiB', 1048577)],
    [{ webPort: 0 }, range('webPort', 1, 65535, 'a TCP port', 0)],
    [{ webPort: 65536 }, range('webPort', 1, 65535, 'a TCP port', 65536)],
    [{ startTimeoutSec: 0 }, range('startTimeoutSec', 1, 7200, 'seconds', 0)],
    [{ stopTimeoutSec: 7201 }, range('stopTimeoutSec', 1, 7200, 'seconds', 7201)],
  ])('%j', (props, message) => {
    expect(() => appServerOf(props)).toThrow(new Error(message));
  });
});
