import { Token } from 'cdktf';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { EcpDataServer, EcpNetwork, type EcpCertificateOptions, type EcpDataServerProps } from '../constructs';
import { goDuration } from '../constructs/platform/go-duration';
import { DAEMON_OWN } from '../constructs/private/daemon-own';
import { SURROUNDINGS, container, deliveredFiles, emptyStack, identityOf, labels, resource, resources } from './synth';

const HOST_NAME =
  "must be 1 to 63 characters of a-z, 0-9 and '-', with a letter or digit at both ends (it becomes a host name)";

function dataServerOf(props: Partial<EcpDataServerProps> = {}) {
  const stack = emptyStack();
  const dataServer = new EcpDataServer(stack, 'data-server', { ...SURROUNDINGS, ...props });
  return { stack, dataServer };
}

describe('a data server', () => {
  test('with only its required props is one hardened container', () => {
    // WHEN
    const { stack } = dataServerOf();

    // THEN
    const files = deliveredFiles(stack, 'ecp-data-server');
    expect(container(stack, 'ecp-data-server')).toEqual({
      name: 'ecp-data-server',
      hostname: 'data-server',
      image: 'sha256:image',
      env: [
        'ECP_ROLE=data-server',
        `ECP_CONFIG_SHA256=${createHash('sha256').update(files['config.json']!).digest('hex')}`,
      ],
      user: '51773',
      capabilities: { add: [], drop: ['ALL'] },
      security_opts: ['no-new-privileges'],
      read_only: true,
      tmpfs: { '/tmp': 'rw,noexec,nosuid,nodev,size=1m,uid=51773,gid=51773,mode=0700' },
      volumes: [
        {
          volume_name: '${docker_volume.data-server_files_FCF9407E.id}',
          container_path: '/ecp/files',
          read_only: true,
        },
        { volume_name: 'ecp-data', container_path: '/durable' },
      ],
      networks_advanced: [{ name: 'network-id', aliases: ['data-server'] }],
      memory: 256,
      memory_swap: 256,
      cpu_shares: 2048,
      restart: 'unless-stopped',
      stop_signal: 'SIGTERM',
      stop_timeout: 60,
      destroy_grace_seconds: 60,
      log_driver: 'json-file',
      log_opts: { 'max-size': '10m', 'max-file': '3' },
      healthcheck: {
        test: ['CMD', 'ecp-node', 'healthcheck'],
        interval: '500ms',
        timeout: '2m5s',
        start_period: '2m0s',
        retries: 2,
      },
      wait: true,
      wait_timeout: 120,
      lifecycle: { ignore_changes: ['ports', 'healthcheck', 'tmpfs', ...DAEMON_OWN] },
      labels: [
        { label: 'ecp.cluster', value: 'ecp' },
        { label: 'ecp.engine', value: 'rehearsal' },
        { label: 'ecp.server', value: 'data-server' },
        { label: 'ecp.role', value: 'data-server' },
        { label: 'ecp.probe', value: expect.stringMatching(/^[0-9a-f]{12}$/) as string },
      ],
      depends_on: [expect.stringMatching(/^docker_container\.data-server_delivery_\w+$/) as string],
    });
  });

  test('accepts all of its properties', () => {
    // WHEN
    const { stack, dataServer } = dataServerOf({
      clusterName: 'blue',
      image: {
        imageId: 'sha256:iris',
        engine: 'iris',
        command: ['--check-caps', 'false'],
        env: () => ({ ISC_DATA_DIRECTORY: '/durable/iris' }),
        capabilitiesAdd: ['SETUID', 'SETGID'],
        noNewPrivileges: false,
        readOnlyRoot: false,
        tmpfs: [],
      },
      maxAppServers: 2,
      additionalClients: ['reporting'],
      dataRetention: 'destroy',
      configVariables: { CA_ROOT: '/elsewhere/ca.pem' },
      memoryMiB: 4096,
      webPort: 8081,
      startTimeoutSec: 600,
      stopTimeoutSec: 300,
    });

    // THEN
    const server = container(stack, 'blue-data-server');
    expect(server).toMatchObject({
      image: 'sha256:iris',
      command: ['--check-caps', 'false'],
      capabilities: { add: ['CAP_SETUID', 'CAP_SETGID'], drop: ['ALL'] },
      read_only: false,
      memory: 4096,
      memory_swap: 4096,
      ports: [{ internal: 52773, external: 8081, ip: '127.0.0.1', protocol: 'tcp' }],
      wait_timeout: 600,
      healthcheck: { start_period: '10m0s' },
      stop_timeout: 300,
      destroy_grace_seconds: 300,
    });
    expect(server).not.toHaveProperty('security_opts');
    expect(server).not.toHaveProperty('tmpfs');
    expect(labels(server)).toMatchObject({ 'ecp.cluster': 'blue', 'ecp.engine': 'iris' });
    const files = deliveredFiles(stack, 'blue-data-server');
    expect(files['authorized-clients']).toBe('CN=app-server-1\nCN=app-server-2\nCN=reporting\n');
    expect(JSON.parse(files['config.json']!)).toMatchObject({
      'Security.Services': { '%Service_ECP': { ClientSystems: '' } },
      'Security.SSLConfigs': { '%ECPServer': { CAFile: '/elsewhere/ca.pem' } },
    });
    expect(dataServer.dataVolumeName).toBe('blue-data');
  });

  test('can be reached under the name that its certificate has', () => {
    // GIVEN
    const asked: [string, EcpCertificateOptions][] = [];
    const pki = {
      issueCertificate: (name: string, options: EcpCertificateOptions) => {
        asked.push([name, options]);
        return SURROUNDINGS.pki.issueCertificate(name, options);
      },
    };

    // WHEN
    const { dataServer } = dataServerOf({ pki });

    // THEN
    expect(dataServer).toMatchObject({ name: 'data-server', host: 'data-server', port: 1972 });
    const [name, options] = asked[0]!;
    expect(asked).toHaveLength(1);
    expect([name, options.role]).toEqual(['data-server', 'data-server']);
    expect(options.dnsNames).toEqual(expect.arrayContaining(['data-server', 'ecp-data-server']));
  });

  test('has exactly the variables of the contract in its environment, and those of the engine', () => {
    // WHEN
    const engine = { ...SURROUNDINGS.image, env: () => ({ TZ: 'UTC' }) };
    const names = (props: Partial<EcpDataServerProps>) =>
      container(dataServerOf(props).stack, 'ecp-data-server').env!.map(entry => entry.split('=')[0]);

    // THEN
    expect(names({})).toEqual(['ECP_ROLE', 'ECP_CONFIG_SHA256']);
    expect(names({ image: engine })).toEqual(['TZ', 'ECP_ROLE', 'ECP_CONFIG_SHA256']);
  });

  test('does not let an engine change its role', () => {
    // WHEN
    const { stack } = dataServerOf({ image: { ...SURROUNDINGS.image, env: () => ({ ECP_ROLE: 'app-server' }) } });

    // THEN
    expect(container(stack, 'ecp-data-server').env).toContain('ECP_ROLE=data-server');
    expect(container(stack, 'ecp-data-server').env).not.toContain('ECP_ROLE=app-server');
  });

  test('publishes no port by default, and never the superserver port', () => {
    expect(container(dataServerOf().stack, 'ecp-data-server')).not.toHaveProperty('ports');
    const { ports } = container(dataServerOf({ webPort: 81 }).stack, 'ecp-data-server');
    expect(ports).toEqual([{ internal: 52773, external: 81, ip: '127.0.0.1', protocol: 'tcp' }]);
  });

  test('publishes no port from an internal network', () => {
    // GIVEN
    const stack = emptyStack();
    const network = new EcpNetwork(stack, 'network', { clusterName: 'ecp', internal: true });

    // WHEN
    new EcpDataServer(stack, 'data-server', { ...SURROUNDINGS, network, webPort: 81 });

    // THEN
    expect(container(stack, 'ecp-data-server')).not.toHaveProperty('ports');
  });

  test('accepts numbers that are known only after an apply', () => {
    // GIVEN
    const later = Token.asNumber({ resolve: () => '${var.number}' });

    // WHEN
    const { stack } = dataServerOf({ memoryMiB: later, webPort: later, startTimeoutSec: later, stopTimeoutSec: later });

    // THEN
    expect(container(stack, 'ecp-data-server')).toMatchObject({
      memory: '${var.number}',
      memory_swap: '${var.number}',
      ports: [{ external: '${var.number}' }],
      wait_timeout: '${var.number}',
      healthcheck: { start_period: expect.stringContaining('var.number') as unknown },
      stop_timeout: '${var.number}',
      destroy_grace_seconds: '${var.number}',
    });
  });
});

describe('the data of a data server', () => {
  test('are by default in a volume outside the plan', () => {
    // WHEN
    const { stack, dataServer } = dataServerOf();

    // THEN
    expect(Object.values(resources(stack, 'docker_volume')).map(volume => volume.name)).toEqual([
      'ecp-data-server-files',
    ]);
    expect(dataServer.dataVolumeName).toBe('ecp-data');
  });

  test("are in a volume of the plan with the retention 'destroy', which no plan replaces", () => {
    // WHEN
    const { stack } = dataServerOf({ dataRetention: 'destroy' });

    // THEN
    expect(resource(stack, 'docker_volume', 'ecp-data')).toEqual({
      name: 'ecp-data',
      labels: [{ label: 'ecp.cluster', value: 'ecp' }],
      lifecycle: {
        ignore_changes: 'all',
        create_before_destroy: true,
        postcondition: [
          {
            condition: '${self.name == "ecp-data"}',
            error_message: expect.stringMatching(
              /^'dataVolume' must stay '\$\{self\.name\}', .*: terraform state rm docker_volume\.data-server_data_\w+, which keeps it$/,
            ) as string,
          },
        ],
      },
    });
    // The id of a volume that is yet to be adopted is unknown, and would replace the server.
    expect(container(stack, 'ecp-data-server').volumes).toContainEqual({
      volume_name: expect.stringMatching(/^\$\{docker_volume\.data-server_data_\w+\.name\}$/) as string,
      container_path: '/durable',
    });
  });
});

describe('the volume of a data server', () => {
  test('can have a name of its own, which the plan shows and Terraform remembers', () => {
    const { stack, dataServer } = dataServerOf({ dataVolume: 'stock' });
    expect(dataServer.dataVolumeName).toBe('stock');
    expect(container(stack, 'ecp-data-server').volumes).toContainEqual({
      volume_name: 'stock',
      container_path: '/durable',
    });
    const [[id, remembered] = []] = Object.entries(resources(stack, 'terraform_data'));
    expect(remembered).toMatchObject({
      input: { dataVolume: 'stock', note: 'a volume that is not there yet is made, and is empty' },
      lifecycle: {
        ignore_changes: ['input'],
        postcondition: [
          {
            condition: '${self.output.dataVolume == "stock"}',
            error_message: `'dataVolume' must stay '\${self.output.dataVolume}', which has the data, got 'stock', a volume of its own; take the change back, or go over to that one: terraform apply -replace=terraform_data.${id}`,
          },
        ],
      },
    });
    expect(Object.keys(resources(dataServerOf().stack, 'terraform_data'))).toEqual([]);
  });

  test.each<[string, Partial<EcpDataServerProps>, string]>([
    ['a malformed name', { dataVolume: '/srv/data' }, `'dataVolume' must name a Docker volume by letters`],
    [
      'one that it uses for something else',
      { dataVolume: 'stock', volumes: { '/databases': 'stock' } },
      `'dataVolume' must be another volume than that at '/databases', got 'stock'; choose another name`,
    ],
    [
      'the volume that backups share',
      { dataVolume: 'ecp-backup' },
      `'dataVolume' must be another volume than that at '/backup', got 'ecp-backup'; choose another name`,
    ],
    [
      'the volume of its files',
      { dataVolume: 'ecp-data-server-files' },
      `'dataVolume' must be another volume than that at '/ecp/files', got 'ecp-data-server-files'; choose another name`,
    ],
    [
      'a value of another resource',
      { dataVolume: Token.asString({ resolve: () => 'later' }) },
      `'dataVolume' must be known at synth`,
    ],
  ])('is refused with %s', (_, props, sentence) => {
    expect(() => dataServerOf(props)).toThrow(sentence);
  });

  test('is refused when another data server of the host has it', () => {
    const stack = emptyStack();
    new EcpDataServer(stack, 'one', { ...SURROUNDINGS, clusterName: 'one' });
    expect(
      () => new EcpDataServer(stack, 'two', { ...SURROUNDINGS, clusterName: 'two', dataVolume: 'one-data' }),
    ).toThrow(
      `'dataVolume' of 'stack/two' must be another than that of 'stack/one', which is on the same host, got 'one-data'; choose another name`,
    );
  });
});

describe('the application servers that a data server admits', () => {
  const sixteen = Array.from({ length: 16 }, (_, index) => `app-server-${index + 1}`);

  test('are app-server-1 to app-server-16 by default', () => {
    // WHEN
    const { stack, dataServer } = dataServerOf();

    // THEN
    const files = deliveredFiles(stack, 'ecp-data-server');
    expect(files['authorized-clients']).toBe(sixteen.map(name => `CN=${name}\n`).join(''));
    expect(JSON.parse(files['config.json']!)).toMatchObject({
      'Security.Services': { '%Service_ECP': { ClientSystems: '' } },
    });
    expect(dataServer.admittedNames).toEqual(sixteen);
  });

  test.each([1, 254])('are %i with that many reserved', maxAppServers => {
    const { stack, dataServer } = dataServerOf({ maxAppServers });
    expect(dataServer.admittedNames).toHaveLength(maxAppServers);
    expect(deliveredFiles(stack, 'ecp-data-server')['authorized-clients']!.trim().split('\n')).toHaveLength(
      maxAppServers,
    );
  });

  test('grow after construction, each once, without a change to the server itself', () => {
    // GIVEN
    const untouched = dataServerOf().stack;
    const { stack, dataServer } = dataServerOf({ additionalClients: ['reporting'] });

    // WHEN
    for (const name of ['app-server-3', 'billing', 'reporting', 'billing']) dataServer.allowAppServer(name);

    // THEN
    expect(dataServer.admittedNames).toEqual([...sixteen, 'reporting', 'billing']);
    expect(deliveredFiles(stack, 'ecp-data-server')['authorized-clients']).toBe(
      [...sixteen, 'reporting', 'billing'].map(name => `CN=${name}\n`).join(''),
    );
    expect(container(stack, 'ecp-data-server')).toEqual(container(untouched, 'ecp-data-server'));
  });

  test('are returned as a copy', () => {
    // GIVEN
    const { dataServer } = dataServerOf();

    // WHEN
    dataServer.admittedNames.push('stranger');

    // THEN
    expect(dataServer.admittedNames).toEqual(sixteen);
  });
});

describe('rights', () => {
  const image = { ...SURROUNDINGS.image, features: { readOnlyClients: true } };
  const listOf = (grant: (dataServer: EcpDataServer) => void): string[] => {
    const { stack, dataServer } = dataServerOf({ image, maxAppServers: 2 });
    grant(dataServer);
    return deliveredFiles(stack, 'ecp-data-server')['authorized-clients']!.trim().split('\n');
  };

  test('to read alone are in the list of clients, and admit', () => {
    expect(listOf(dataServer => dataServer.grantRead('reports', { name: 'app-server-2' }))).toEqual([
      'CN=app-server-1',
      'read-only CN=app-server-2',
      'read-only CN=reports',
    ]);
  });

  test.each<[string, (dataServer: EcpDataServer) => void]>([
    ['before', dataServer => (dataServer.grantWrite('reports'), dataServer.grantRead('reports'))],
    ['after', dataServer => (dataServer.grantRead('reports'), dataServer.grantWrite('reports'))],
  ])('to write win, given %s', (_, grant) => {
    expect(listOf(grant)).toEqual(['CN=app-server-1', 'CN=app-server-2', 'CN=reports']);
  });

  test('that an engine cannot hold are refused', () => {
    const { dataServer } = dataServerOf({ image: { ...SURROUNDINGS.image, engine: 'iris' } });
    expect(() => dataServer.grantRead('reports')).toThrow(
      "'grantRead' must be left out for the engine 'iris', which lets whoever is admitted write; take it out, or give them a data server of their own",
    );
    dataServer.grantWrite('reports');
    expect(dataServer.admittedNames).toContain('reports');
  });
});

describe('the delivery of files', () => {
  test('is a container that runs once, without network, with the one capability to give files away', () => {
    // WHEN
    const { stack } = dataServerOf();

    // THEN
    const { upload, ...delivery } = container(stack, 'ecp-data-server-files');
    expect(delivery).toEqual({
      name: 'ecp-data-server-files',
      image: 'sha256:image',
      entrypoint: ['/bin/bash', '/delivery/deliver-files.sh'],
      command: ['/delivery', '/ecp/files', '51773'],
      user: '0',
      attach: true,
      logs: true,
      must_run: false,
      network_mode: 'none',
      capabilities: { add: ['CAP_CHOWN'], drop: ['ALL'] },
      security_opts: ['no-new-privileges'],
      memory: 64,
      memory_swap: 64,
      cpu_shares: 512,
      log_driver: 'json-file',
      log_opts: { 'max-size': '10m', 'max-file': '3' },
      volumes: [{ volume_name: '${docker_volume.data-server_files_FCF9407E.id}', container_path: '/ecp/files' }],
      labels: [
        { label: 'ecp.cluster', value: 'ecp' },
        { label: 'ecp.engine', value: 'rehearsal' },
        { label: 'ecp.server', value: 'data-server' },
        { label: 'ecp.role', value: 'delivery' },
      ],
      lifecycle: {
        ignore_changes: [...DAEMON_OWN, 'memory', 'memory_swap', 'cpu_shares'],
        postcondition: [
          {
            condition: '${self.exit_code == 0}',
            error_message:
              'The files of server \'data-server\' were not delivered: ${coalesce(self.container_logs, "it said nothing.")} Remedy: terraform apply -replace=docker_container.data-server_delivery_1BF8C2CA',
          },
        ],
      },
    });
    expect(Object.keys(resources(stack, 'docker_container'))).toContain('data-server_delivery_1BF8C2CA');
    expect(upload!.map(({ file, permissions }) => `${permissions} ${file}`)).toEqual([
      '0500 /delivery/deliver-files.sh',
    ]);
    expect(Object.keys(deliveredFiles(stack, 'ecp-data-server'))).toEqual([
      'config.json',
      'pki/ca.pem',
      'pki/cert.pem',
      'pki/key.pem',
      'authorized-clients',
    ]);
  });

  test('brings the certificate, its key and the authorities', () => {
    expect(deliveredFiles(dataServerOf().stack, 'ecp-data-server')).toMatchObject({
      'pki/ca.pem': identityOf('authority').certificate,
      'pki/cert.pem': identityOf('data-server').certificate,
      'pki/key.pem': identityOf('data-server').key,
    });
  });

  test("escapes Terraform's template syntax in script and values", () => {
    // WHEN
    const value = 'a ${SYSTEM} %{c} $${ROLES} %%{e} $%{f} {g}';
    const configFile = join(mkdtempSync(join(tmpdir(), 'ecp-data-server-')), 'config.json');
    writeFileSync(configFile, JSON.stringify({ Startup: { SystemMode: '${MODE}' } }));
    const { stack } = dataServerOf({ configFile, allowInsecure: true, configVariables: { MODE: value } });
    rmSync(dirname(configFile), { recursive: true });

    // THEN
    const { content } = container(stack, 'ecp-data-server-files').upload![0]!;
    expect(content).toContain('source="$${1:?source directory}"');
    expect(content.match(/(?<![$])[$]\{|(?<![%])%\{/g)).toBeNull();
    expect(deliveredFiles(stack, 'ecp-data-server')['config.json']).toContain(`"SystemMode": "${value}"`);
  });
});

describe('a data server is replaced', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ecp-data-server-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test('when the hash of its configuration changes', () => {
    // GIVEN
    const configFile = join(folder, 'data-server.json');
    writeFileSync(configFile, '{ "Startup": { "SystemMode": "${MODE}" } }');
    const envOf = (MODE: string) =>
      container(dataServerOf({ configFile, allowInsecure: true, configVariables: { MODE } }).stack, 'ecp-data-server')
        .env;

    // THEN
    expect(envOf('TEST')).not.toEqual(envOf('LIVE'));
    expect(envOf('TEST')).toEqual(envOf('TEST'));
    const sha256 = createHash('sha256').update('{\n  "Startup": {\n    "SystemMode": "TEST"\n  }\n}\n').digest('hex');
    expect(envOf('TEST')).toContain(`ECP_CONFIG_SHA256=${sha256}`);
  });

  test('when its directories in memory change, by the label of the probe', () => {
    // GIVEN
    const probeOf = (sizeMiB: number) =>
      labels(
        container(
          dataServerOf({ image: { ...SURROUNDINGS.image, tmpfs: [{ path: '/tmp', sizeMiB, mode: '0700' }] } }).stack,
          'ecp-data-server',
        ),
      )['ecp.probe'];

    // THEN
    expect(probeOf(1)).not.toBe(probeOf(2));
    expect(probeOf(1)).toBe(probeOf(1));
  });

  test('when its health check changes, by the label of the probe', () => {
    // GIVEN
    const server = container(dataServerOf().stack, 'ecp-data-server');
    const { test, interval, timeout, start_period, retries } = server.healthcheck as Record<string, unknown>;

    // WHEN
    const healthcheck = { test, interval, timeout, startPeriod: start_period, retries };
    const hash = createHash('sha256').update(JSON.stringify({ healthcheck, tmpfs: server.tmpfs }));

    // THEN
    expect(labels(server)['ecp.probe']).toBe(hash.digest('hex').slice(0, 12));
  });

  test('when its health check or its directories in memory are changed through the resource', () => {
    // GIVEN
    const probeOf = (edit: (dataServer: EcpDataServer) => void) => {
      const { stack, dataServer } = dataServerOf();
      edit(dataServer);
      return labels(container(stack, 'ecp-data-server'))['ecp.probe'];
    };

    // WHEN
    const probes = [
      probeOf(() => undefined),
      probeOf(({ container }) => container.putHealthcheck({ ...container.healthcheckInput!, retries: 9 })),
      probeOf(({ container }) => container.addOverride('healthcheck.retries', 10)),
      probeOf(({ container }) => container.addOverride('tmpfs', { '/tmp': 'size=9m' })),
    ];

    // THEN
    expect(new Set(probes).size).toBe(4);
  });

  test('when what a daemon may fill in is set through the resource, by the label of the probe', () => {
    // GIVEN
    const probeOf = (override?: readonly [string, unknown]) => {
      const { stack, dataServer } = dataServerOf();
      if (override) dataServer.container.addOverride(...override);
      return labels(container(stack, 'ecp-data-server'))['ecp.probe'];
    };

    // WHEN
    const probes = [
      probeOf(),
      probeOf(['log_driver', 'local']),
      probeOf(['log_opts', { 'max-size': '20m' }]),
      probeOf(['dns', ['192.0.2.53']]),
    ];

    // THEN
    expect(new Set(probes).size).toBe(4);
    expect(probeOf(['log_driver', 'json-file'])).toBe(probeOf());
  });

  test('when its port changes, by a label, since Docker shows no ports of a stopped container', () => {
    // GIVEN
    const webOf = (props: Partial<EcpDataServerProps>) =>
      labels(container(dataServerOf(props).stack, 'ecp-data-server'))['ecp.web'];

    // THEN
    expect(webOf({ webPort: 81 })).toBe('127.0.0.1:81');
    expect(webOf({})).toBeUndefined();
    expect(webOf({ webPort: 81, network: { networkId: 'network-id', internal: true } })).toBeUndefined();
  });
});

describe('a data server refuses', () => {
  const range = (prop: string, from: number, to: number, why: string, got: number) =>
    `'${prop}' must be a whole number from ${from} to ${to} (${why}), got ${got}`;
  const reserved = (got: number) => range('maxAppServers', 1, 254, 'the range of MaxServerConn', got);
  const memory = (got: number) => range('memoryMiB', 32, 1048576, 'MiB', got);
  const port = (got: number) => range('webPort', 1, 65535, 'a TCP port', got);
  const start = (got: number) => range('startTimeoutSec', 1, 7200, 'seconds', got);
  const stop = (got: number) => range('stopTimeoutSec', 1, 7200, 'seconds', got);

  test.each<[Partial<EcpDataServerProps>, string]>([
    [{ clusterName: 'ecp_1' }, `'clusterName' ${HOST_NAME}, got 'ecp_1'`],
    [{ maxAppServers: 0 }, reserved(0)],
    [{ maxAppServers: 255 }, reserved(255)],
    [{ maxAppServers: 1.5 }, reserved(1.5)],
    [{ maxAppServers: NaN }, reserved(NaN)],
    [{ memoryMiB: 31 }, memory(31)],
    [{ memoryMiB: 1048577 }, memory(1048577)],
    [{ webPort: 0 }, port(0)],
    [{ webPort: 65536 }, port(65536)],
    [{ startTimeoutSec: 0 }, start(0)],
    [{ startTimeoutSec: 7201 }, start(7201)],
    [{ stopTimeoutSec: 0 }, stop(0)],
    [{ stopTimeoutSec: 7201 }, stop(7201)],
    [{ additionalClients: ['App'] }, `'additionalClients' ${HOST_NAME}, got 'App'`],
    [
      { additionalClients: ['data-server'] },
      "'additionalClients' must name application servers, got 'data-server', the data server",
    ],
  ])('%j', (props, message) => {
    expect(() => dataServerOf(props)).toThrow(new Error(message));
  });

  test.each<Partial<EcpDataServerProps>>([
    { memoryMiB: 32 },
    { memoryMiB: 1048576 },
    { webPort: 1 },
    { webPort: 65535 },
    { startTimeoutSec: 1 },
    { stopTimeoutSec: 7200 },
  ])('but not %j', props => {
    expect(() => dataServerOf(props)).not.toThrow();
  });
});

test.each([
  [0, '0s'],
  [0.001, '1ms'],
  [0.5, '500ms'],
  [1, '1s'],
  [59, '59s'],
  [60, '1m0s'],
  [75, '1m15s'],
  [3599, '59m59s'],
  [3600, '1h0m0s'],
  [3661, '1h1m1s'],
  [90061, '25h1m1s'],
])('%p seconds are %s in the notation of Go', (seconds, duration) => {
  expect(goDuration(seconds)).toBe(duration);
});
