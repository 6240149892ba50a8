import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EcpAppServer, EcpDataServer, IrisImage, type EcpImageServer, type IrisImageProps } from '../constructs';
import { hashDirectory } from '../constructs/private/image-build';
import { SURROUNDINGS, container, deliveredFiles, emptyStack, resource, resources, synth } from './synth';

const CONTEXT = join(__dirname, '..', 'images', 'iris');
const BASE = 'containers.intersystems.com/intersystems/iris:2025.1';
const DATA_SERVER: EcpImageServer = { role: 'data-server', maxConnections: 16, keyAlgorithm: 'RSA', isDurable: true };

let folder: string;
let licenseKeyFile: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ecp-iris-'));
  licenseKeyFile = join(folder, 'iris.key');
  writeFileSync(licenseKeyFile, 'the licence\n');
});
afterEach(() => rmSync(folder, { recursive: true }));

const irisImage = (props: Partial<IrisImageProps> = {}, stack = emptyStack()) =>
  new IrisImage(stack, 'image', { licenseKeyFile, ...props });
const mergeFile = (props: Partial<IrisImageProps>, server = DATA_SERVER): string =>
  irisImage(props)
    .files(server)
    .map(file => (file.path === 'merge.cpf' && 'content' in file ? file.content : ''))
    .join('');

describe('the IRIS image', () => {
  test('is built from its own folder on a base image of its own, and both stay on the host', () => {
    // GIVEN
    const stack = emptyStack();

    // WHEN
    irisImage({}, stack);

    // THEN
    expect(resource(stack, 'docker_image', BASE)).toEqual({
      name: BASE,
      keep_locally: true,
      lifecycle: { create_before_destroy: true },
    });
    const [image] = Object.values(resources(stack, 'docker_image')).filter(({ build }) => build !== undefined);
    expect(image).toEqual({
      name: expect.stringMatching(/^ecp-iris:[0-9a-f]{12}$/) as string,
      keep_locally: true,
      lifecycle: { create_before_destroy: true },
      build: {
        context: `assets/image_context_5EEBCE54/${hashDirectory(CONTEXT)}`,
        build_args: { BASE_IMAGE: '${docker_image.image_base_4E911E02.name}' },
        label: { 'ecp.base-image-id': '${docker_image.image_base_4E911E02.image_id}' },
      },
    });
  });

  test('requests the capabilities, memory and timeouts that IRIS needs', () => {
    expect(irisImage()).toMatchObject({
      engine: 'iris',
      capabilitiesAdd: ['SETUID', 'SETGID', 'DAC_OVERRIDE', 'FOWNER'],
      noNewPrivileges: false,
      readOnlyRoot: false,
      defaults: { memoryMiB: 2048, startTimeoutSec: 300, stopTimeoutSec: 120 },
    });
  });

  test.each([
    [BASE, false],
    ['containers.intersystems.com/intersystems/iris:2022.2.0.281.0', true],
    ['containers.intersystems.com/intersystems/iris:2023.1.4.580.0', true],
    ['containers.intersystems.com/intersystems/iris:2023.2.0.227.0', false],
    ['containers.intersystems.com/intersystems/iris:latest-em', false],
    ['registry.example:5000/mirror/iris-arm64:2026.1', false],
    [`registry.example/iris:2022.3@sha256:${'0'.repeat(64)}`, true],
  ])('of %s has a web server: %s', (baseImage, hasWebServer) => {
    expect(irisImage({ baseImage }).hasWebServer).toBe(hasWebServer);
  });

  test.each([
    [
      'containers.intersystems.com/intersystems/iris:2022.1.3.668.0',
      "'baseImage' must be InterSystems IRIS 2022.2 or newer, got 'containers.intersystems.com/intersystems/iris:2022.1.3.668.0'; choose a newer tag, such as 2025.1",
    ],
    [
      'registry.example/iris:2019.4',
      "'baseImage' must be InterSystems IRIS 2022.2 or newer, got 'registry.example/iris:2019.4'; choose a newer tag, such as 2025.1",
    ],
    [
      'containers.intersystems.com/intersystems/iris-community:2025.1',
      "'baseImage' must be an edition of InterSystems IRIS with ECP, got 'containers.intersystems.com/intersystems/iris-community:2025.1': the Community Edition has none; use containers.intersystems.com/intersystems/iris",
    ],
    [
      'not an image',
      "'baseImage' must be an image with registry and tag, such as containers.intersystems.com/intersystems/iris:2025.1, got 'not an image'",
    ],
  ])('refuses %s', (baseImage, message) => {
    expect(() => irisImage({ baseImage })).toThrow(new Error(message));
  });
});

describe('the licence key', () => {
  test.each([
    [
      '',
      "'licenseKeyFile' must be the path of an InterSystems IRIS licence key, got '', which is not a file; correct the path",
    ],
    [
      '/nowhere/iris.key',
      "'licenseKeyFile' must be the path of an InterSystems IRIS licence key, got '/nowhere/iris.key', which does not exist; correct the path",
    ],
  ])('%j is refused', (path, message) => {
    expect(() => irisImage({ licenseKeyFile: path })).toThrow(new Error(message));
  });

  test('that is empty or a folder is refused', () => {
    writeFileSync(licenseKeyFile, '');
    expect(() => irisImage()).toThrow(/which is empty; correct the path$/);
    rmSync(licenseKeyFile);
    mkdirSync(licenseKeyFile);
    expect(() => irisImage()).toThrow(/which is not a file; correct the path$/);
  });

  test('and the password are delivered by path and hash, and are not in the stack', () => {
    // GIVEN
    const stack = emptyStack();
    const passwordFile = join(folder, 'password');
    writeFileSync(passwordFile, 'correct horse\n');

    // WHEN
    new EcpDataServer(stack, 'data-server', { ...SURROUNDINGS, image: irisImage({ passwordFile }, stack) });

    // THEN
    const upload = container(stack, 'ecp-data-server-files').upload!;
    const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
    expect(upload.filter(({ content }) => content === undefined)).toEqual([
      {
        file: '/delivery/files/iris.key',
        source: licenseKeyFile,
        source_hash: sha256('the licence\n'),
        permissions: '0400',
      },
      {
        file: '/delivery/files/password',
        source: passwordFile,
        source_hash: sha256('correct horse\n'),
        permissions: '0400',
      },
    ]);
    for (const secret of ['the licence', 'correct horse']) expect(JSON.stringify(synth(stack))).not.toContain(secret);
  });

  test('that changes is delivered and leaves the server running', () => {
    const serverOf = (content: string) => {
      const stack = emptyStack();
      writeFileSync(licenseKeyFile, content);
      new EcpDataServer(stack, 'data-server', { ...SURROUNDINGS, image: irisImage({}, stack) });
      return [container(stack, 'ecp-data-server'), container(stack, 'ecp-data-server-files')];
    };
    const [server, delivery] = serverOf('one');
    const [serverLater, deliveryLater] = serverOf('two');
    expect(serverLater).toEqual(server);
    expect(deliveryLater).not.toEqual(delivery);
  });
});

describe('the merge file', () => {
  test('gives a data server its connections, and an application server as many data servers as IRIS has by default', () => {
    expect(mergeFile({})).toBe('[config]\nMaxServerConn=16\nglobals=0,0,256,0,0,0\n');
    expect(mergeFile({}, { ...DATA_SERVER, role: 'app-server', maxConnections: 2 })).toBe(
      '[config]\nMaxServers=2\nglobals=0,0,256,0,0,0\n',
    );
  });

  test('has the timers that are set, under their CPF names', () => {
    const timers = { clientReconnectInterval: 2, clientReconnectDuration: 600, serverTroubleDuration: 30 };
    expect(mergeFile({ ...timers, globalBuffersMiB: 1024 })).toBe(
      '[config]\nMaxServerConn=16\nglobals=0,0,1024,0,0,0\n[ECP]\nClientReconnectInterval=2\nClientReconnectDuration=600\nServerTroubleDuration=30\n',
    );
    expect(mergeFile({ serverTroubleDuration: 30 })).toMatch(/\[ECP\]\nServerTroubleDuration=30\n$/);
  });

  test('contains maxAppServers of the data server', () => {
    const stack = emptyStack();
    new EcpDataServer(stack, 'data-server', { ...SURROUNDINGS, image: irisImage({}, stack), maxAppServers: 40 });
    expect(deliveredFiles(stack, 'ecp-data-server')['merge.cpf']).toContain('MaxServerConn=40\n');
  });

  test.each<[object, string]>([
    [
      { clientReconnectInterval: 0 },
      "'clientReconnectInterval' must be a whole number from 1 to 60 (seconds, the range of ClientReconnectInterval), got 0",
    ],
    [
      { clientReconnectInterval: 61 },
      "'clientReconnectInterval' must be a whole number from 1 to 60 (seconds, the range of ClientReconnectInterval), got 61",
    ],
    [
      { clientReconnectDuration: 9 },
      "'clientReconnectDuration' must be a whole number from 10 to 65535 (seconds, the range of ClientReconnectDuration), got 9",
    ],
    [
      { clientReconnectDuration: 65536 },
      "'clientReconnectDuration' must be a whole number from 10 to 65535 (seconds, the range of ClientReconnectDuration), got 65536",
    ],
    [
      { serverTroubleDuration: 19 },
      "'serverTroubleDuration' must be a whole number from 20 to 65535 (seconds, the range of ServerTroubleDuration), got 19",
    ],
    [{ globalBuffersMb: 512 }, "'globalBuffersMb' is now 'globalBuffersMiB', got 512; rename it, the value stays"],
    [{ globalBuffersMiB: 15 }, "'globalBuffersMiB' must be a whole number from 16 to 1048576 (MiB), got 15"],
  ])('%j is refused', (props, message) => {
    expect(() => irisImage(props)).toThrow(message);
  });
});

describe('a server on IRIS', () => {
  test('needs more memory than its global buffers, which it takes at its start', () => {
    const stack = emptyStack();
    const image = irisImage({ globalBuffersMiB: 2048 }, stack);
    const dataServer = { name: 'data-server', host: 'data-server', port: 1972 };
    const server = (id: string, memoryMiB?: number) =>
      new EcpAppServer(stack, id, { ...SURROUNDINGS, image, name: id, dataServer, memoryMiB });
    for (const [id, memoryMiB] of [
      ['one', undefined],
      ['two', 2048],
    ] as const)
      expect(() => server(id, memoryMiB)).toThrow(
        new Error(
          "'memoryMiB' must be a whole number from 2049 to 1048576 (MiB, more than 'globalBuffersMiB'), got 2048",
        ),
      );
    expect(() => server('three', 2049)).not.toThrow();
  });

  test('uses the engine’s memory, timeouts and hardening unless overridden', () => {
    // GIVEN
    const stack = emptyStack();
    const image = irisImage({}, stack);
    const dataServer = { name: 'data-server', host: 'data-server', port: 1972 };

    // WHEN
    new EcpAppServer(stack, 'one', { ...SURROUNDINGS, image, name: 'one', dataServer });
    new EcpAppServer(stack, 'two', {
      ...SURROUNDINGS,
      image,
      name: 'two',
      dataServer,
      memoryMiB: 4096,
      startTimeoutSec: 60,
      stopTimeoutSec: 30,
    });

    // THEN
    expect(container(stack, 'ecp-one')).toMatchObject({
      image: '${docker_image.image_BA4E38A5.image_id}'.replace(/image_\w{8}/, addressOf(stack)),
      capabilities: { add: ['CAP_SETUID', 'CAP_SETGID', 'CAP_DAC_OVERRIDE', 'CAP_FOWNER'], drop: ['ALL'] },
      read_only: false,
      memory: 2048,
      memory_swap: 2048,
      wait_timeout: 300,
      stop_timeout: 120,
      destroy_grace_seconds: 120,
    });
    expect(container(stack, 'ecp-one')).not.toHaveProperty('security_opts');
    expect(container(stack, 'ecp-two')).toMatchObject({ memory: 4096, wait_timeout: 60, stop_timeout: 30 });
  });

  test('has no web port of its own when the image has no web server', () => {
    const stack = emptyStack();
    const define = () =>
      new EcpDataServer(stack, 'data-server', { ...SURROUNDINGS, image: irisImage({}, stack), webPort: 81 });
    expect(define).toThrow(
      new Error(
        "'webPort' must be left out for an image without web server (InterSystems IRIS since 2023.2), got 81; let an EcpWebGateway publish it ('webGateway' of EcpCluster)",
      ),
    );
  });

  test('of the article’s release publishes the port as the article does', () => {
    const stack = emptyStack();
    const image = irisImage({ baseImage: 'containers.intersystems.com/intersystems/iris:2022.2.0.281.0' }, stack);
    new EcpDataServer(stack, 'data-server', { ...SURROUNDINGS, image, webPort: 81 });
    expect(container(stack, 'ecp-data-server').ports).toEqual([
      { internal: 52773, external: 81, ip: '127.0.0.1', protocol: 'tcp' },
    ]);
  });
});

describe('what a site may add to IRIS', () => {
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  test('parameters of its own, beside those of the properties', () => {
    const cpfMergeFile = write(
      'merge.cpf',
      '[config]\nglobals=0,0,4096,0,0,0\ngmheap=65536\n[Startup]\nSystemMode=LIVE\n',
    );
    const licenseServer = { address: 'data-server' };
    expect(mergeFile({ cpfMergeFile, licenseServer, clientReconnectInterval: 2 })).toBe(
      '[config]\nMaxServerConn=16\nglobals=0,0,4096,0,0,0\ngmheap=65536\n[ECP]\nClientReconnectInterval=2\n[LicenseServers]\nLOCAL=data-server,4002\n[Startup]\nSystemMode=LIVE\n',
    );
  });

  test.each<[string, Partial<IrisImageProps>, string]>([
    ['[config]\nMaxServers=2\n', {}, 'it is the number of data servers in the config file'],
    ['[config]\nglobals=0,0,1,0,0,0\n', { globalBuffersMiB: 64 }, "it is 'globalBuffersMiB'"],
    ['[ECP]\nServerTroubleDuration=30\n', { serverTroubleDuration: 60 }, "it is 'serverTroubleDuration'"],
  ])('but not what a property sets: %j', (text, props, words) => {
    const cpfMergeFile = write('merge.cpf', text);
    expect(() => irisImage({ cpfMergeFile, ...props })).toThrow(words);
  });

  test('a licence server with a host name and a port', () => {
    expect(() => irisImage({ licenseServer: { address: 'a b' } })).toThrow(
      new Error("'licenseServer' must have a host name or address, got 'a b'; correct it"),
    );
    expect(() => irisImage({ licenseServer: { address: 'a', port: 0 } })).toThrow(
      "'licenseServer' must be a whole number",
    );
  });

  test('metrics that go to a collector, since 2025.1', () => {
    const stack = emptyStack();
    const image = irisImage({ otlpEndpoint: 'http://collector:4318' }, stack);
    new EcpDataServer(stack, 'one', { ...SURROUNDINGS, image, clusterName: 'ecp' });
    expect(container(stack, 'ecp-data-server').env).toContain('OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318');
    const server = { role: 'data-server', maxConnections: 1, keyAlgorithm: 'RSA', isDurable: true } as const;
    expect(image.files(server)[0]).toMatchObject({
      content: expect.stringContaining('[Monitor]\nOTELMetrics=1') as string,
    });
    expect(() => irisImage({ otlpEndpoint: 'http://user:secret@collector:4318' })).toThrow(/^'otlpEndpoint' must be/);
    expect(() => irisImage({ otlpEndpoint: 'http://collector:4318', baseImage: 'example/iris:2024.1' })).toThrow(
      /^'otlpEndpoint' must be left out before InterSystems IRIS 2025\.1/,
    );
  });

  test('huge pages, with the capability and the limit that they need', () => {
    const stack = emptyStack();
    const image = irisImage({ hugePages: true }, stack);
    new EcpDataServer(stack, 'one', { ...SURROUNDINGS, image, clusterName: 'ecp' });
    expect(container(stack, 'ecp-data-server')).toMatchObject({
      capabilities: { add: expect.arrayContaining(['CAP_IPC_LOCK']) as string[] },
      ulimit: [{ name: 'memlock', soft: -1, hard: -1 }],
    });
  });

  test('journals on volumes of their own, from the first start on', () => {
    const stack = emptyStack();
    const journals = { journalVolume: 'shop-journal', alternateJournalVolume: 'shop-journal-2' };
    new EcpDataServer(stack, 'one', { ...SURROUNDINGS, ...journals, image: irisImage({}, stack), clusterName: 'ecp' });
    const mounts = [
      { container_path: '/journal', volume_name: 'shop-journal' },
      { container_path: '/alternate-journal', volume_name: 'shop-journal-2' },
    ];
    expect(container(stack, 'ecp-data-server').volumes).toEqual(expect.arrayContaining(mounts));
    expect(container(stack, 'ecp-data-server-files')).toMatchObject({
      command: ['/delivery', '/ecp/files', '51773', '/journal', '/alternate-journal'],
      volumes: expect.arrayContaining(mounts) as object[],
    });
    expect(deliveredFiles(stack, 'ecp-data-server')['merge.cpf']).toContain(
      '[Journal]\nCurrentDirectory=/journal/\nAlternateDirectory=/alternate-journal/\n',
    );
  });

  test('journals where no other volume is, under a name that Docker takes', () => {
    const stack = emptyStack();
    const make = (props: object) =>
      new EcpDataServer(stack, `s${JSON.stringify(props).length}`, {
        ...SURROUNDINGS,
        ...props,
        image: irisImage({}, emptyStack()),
        clusterName: 'ecp',
      });
    expect(() => make({ journalVolume: '/srv/journal' })).toThrow("'volumes' must name a Docker volume by letters");
    expect(() => make({ journalVolume: 'one', volumes: { '/journal': 'another' } })).toThrow(
      new Error(
        "'volumes' must leave '/journal' to 'journalVolume' and 'alternateJournalVolume', got 'another' there; take it out",
      ),
    );
  });

  test('a durable application server', () => {
    const stack = emptyStack();
    const dataServer = { name: 'data-server', host: 'data-server', port: 1972 };
    const props = { ...SURROUNDINGS, image: irisImage({}, stack), clusterName: 'ecp', dataServer };
    new EcpAppServer(stack, 'one', { ...props, name: 'keeps', durable: true });
    new EcpAppServer(stack, 'two', { ...props, name: 'forgets' });
    expect(container(stack, 'ecp-keeps').volumes).toContainEqual({
      container_path: '/durable',
      volume_name: 'ecp-keeps.data',
    });
    expect(container(stack, 'ecp-keeps').env).toContain('ISC_DATA_DIRECTORY=/durable/iris');
    expect(container(stack, 'ecp-forgets').env).not.toContain('ISC_DATA_DIRECTORY=/durable/iris');
  });

  test('application code, which makes another image', () => {
    const source = join(folder, 'src');
    mkdirSync(source);
    writeFileSync(join(source, 'Shop.cls'), 'Class Shop {}\n');
    const nameOf = (props: Partial<IrisImageProps>) => irisImage(props).image.nameInput;
    expect(nameOf({ applicationFolder: source })).not.toBe(nameOf({}));
    expect(nameOf({ applicationFolder: source })).toBe(nameOf({ applicationFolder: source }));
    expect(() => irisImage({ applicationFolder: join(folder, 'none') })).toThrow(
      new Error(
        `'applicationFolder' must be the path of a folder, got '${join(folder, 'none')}', which is none; correct the path`,
      ),
    );
  });

  test('ECDSA keys in releases that support them', () => {
    const ecdsa: EcpImageServer = { ...DATA_SERVER, keyAlgorithm: 'ECDSA' };
    expect(() => irisImage().files(ecdsa)).not.toThrow();
    expect(() => irisImage({ baseImage: BASE.replace('2025.1', '2024.3') }).files(ecdsa)).toThrow(
      "'algorithm' must be 'RSA' for InterSystems IRIS before 2025.1",
    );
  });

  test.each(['iris-lockeddown', 'healthconnect', 'iris-lockeddown-arm64'])('but not the image %s', name => {
    const baseImage = `containers.intersystems.com/intersystems/${name}:2025.1`;
    expect(() => irisImage({ baseImage })).toThrow(
      `'baseImage' must be an edition of InterSystems IRIS with ECP and its usual security settings, got '${baseImage}'`,
    );
  });
});

describe('the build context', () => {
  const files = readdirSync(CONTEXT, { recursive: true, encoding: 'utf8' }).filter(path =>
    statSync(join(CONTEXT, path)).isFile(),
  );

  test('holds sources and nothing else: no licence, key or state', () => {
    for (const file of files) {
      expect(file).toMatch(
        /^(Dockerfile|application\/README.md|bin\/(ecp|restore)-[a-z]+|lib\/[a-z-]+(\.sh)?|src\/EcpCluster\/\w+\.cls)$/,
      );
      const text = readFileSync(join(CONTEXT, file), 'utf8');
      expect(text).not.toMatch(
        /BEGIN [A-Z ]*PRIVATE KEY|BEGIN CERTIFICATE|\[ConfigFile\]|LicenseCapacity|"terraform_version"/,
      );
      expect(text).not.toContain('\0');
    }
  });

  test('looks for the files where the construct puts them', () => {
    const entrypoint = readFileSync(join(CONTEXT, 'bin', 'ecp-entrypoint'), 'utf8');
    for (const { path } of irisImage({ passwordFile: licenseKeyFile }).files(DATA_SERVER)) {
      expect(entrypoint).toContain(`"$FILES/${path}"`);
    }
  });
});

/** Address of the built image without its type. */
function addressOf(stack: ReturnType<typeof emptyStack>): string {
  return Object.entries(resources(stack, 'docker_image')).find(([, { build }]) => build !== undefined)![0];
}
