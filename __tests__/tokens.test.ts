import { TerraformVariable, Token, type TerraformStack } from 'cdktf';
import * as library from 'cdktf-iris-ecp';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { SURROUNDINGS, emptyStack, identityOf, synth } from './synth';

const REFERENCE = readFileSync(resolve(__dirname, '..', 'docs', 'api', 'README.md'), 'utf8');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ecp-tokens-'));
  for (const name of ['iris.key', 'password', 'key', 'hosts']) writeFileSync(join(folder, name), `${name}\n`);
  mkdirSync(join(folder, 'code'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Props = Readonly<Record<string, unknown>>;

/** Uses one property of an interface, with the least that it needs beside it. */
type Use = (stack: TerraformStack, props: Props) => unknown;

const clusterName = 'demo';
const server = (stack: TerraformStack, props: Props) =>
  new library.EcpDataServer(stack, 'use', { ...SURROUNDINGS, ...props });
const appServer = (stack: TerraformStack, props: Props) =>
  new library.EcpAppServer(stack, 'use', {
    ...{ ...SURROUNDINGS, name: 'app-server-1', dataServer: { name: 'd', host: 'd', port: 1972 } },
    ...props,
  });
const backup = (stack: TerraformStack, props: Props) =>
  new library.EcpBackup(stack, 'use', {
    ...SURROUNDINGS,
    dataServer: new library.EcpDataServer(stack, 'data', SURROUNDINGS),
    passwordFile: join(folder, 'password'),
    repository: { volume: 'repository' },
    ...props,
  });
const gateway = (stack: TerraformStack, props: Props) => {
  const made = new library.EcpWebGateway(stack, 'use', { clusterName, network: SURROUNDINGS.network, ...props });
  made.addServer('app-server-1', 8101);
};
const iris = (stack: TerraformStack, props: Props) =>
  new library.IrisImage(stack, 'use', { licenseKeyFile: join(folder, 'iris.key'), ...props }).files({
    ...{ role: 'data-server', maxConnections: 1, keyAlgorithm: 'RSA', isDurable: true },
  });
const cluster = (stack: TerraformStack, props: Props) => {
  const image = SURROUNDINGS.image;
  new library.EcpCluster(stack, 'use', { image, pki: SURROUNDINGS.pki, ...props });
};
const swarm = (stack: TerraformStack, props: Props) =>
  cluster(stack, {
    platform: new library.Swarm(stack, 'swarm', props),
    image: { ...SURROUNDINGS.image, imageReference: 'registry.example.org/ecp@sha256:0' },
  });
const sftp = () => ({
  sftpHost: 'h',
  sftpUser: 'u',
  sftpPath: 'p',
  sftpKeyFile: join(folder, 'key'),
  sftpKnownHostsFile: join(folder, 'hosts'),
});
const s3 = () => ({
  s3Url: 'https://s3.example.org/bucket',
  s3KeyIdFile: join(folder, 'key'),
  s3SecretKeyFile: join(folder, 'password'),
});
const certificate = (props: Props) => ({
  ...{ certificatePem: identityOf('app-server-1').certificate, privateKeyPem: identityOf('app-server-1').key },
  ...{ caBundlePem: identityOf('authority').certificate, subject: 'CN=app-server-1', ...props },
});

/** Every interface of which a user writes an object. The others are of constructs, or what an engine or a platform gets. */
const USES: Readonly<Record<string, Use>> = {
  EcpClusterProps: cluster,
  EcpDataServerProps: server,
  EcpAppServerProps: appServer,
  EcpArbiterProps: (stack, props) =>
    new library.EcpArbiter(stack, 'use', {
      ...SURROUNDINGS,
      image: { ...SURROUNDINGS.image, features: { mirrors: true } },
      mirror: { name: 'ECP', members: ['a', 'b'] },
      ...props,
    }),
  EcpMirrorOptions: (stack, props) =>
    cluster(stack, {
      image: { ...SURROUNDINGS.image, features: { mirrors: true } },
      mirror: { name: 'ECP', members: ['a', 'b'], ...props },
    }),
  EcpNetworkProps: (stack, props) => new library.EcpNetwork(stack, 'use', { clusterName, ...props }),
  EcpPkiProps: (stack, props) => {
    const pki = new library.EcpPki(stack, 'use', { clusterName, ...props });
    pki.issueCertificate('data-server', { role: 'data-server' });
  },
  EcpWebGatewayProps: gateway,
  EcpBackupProps: backup,
  EcpEntryPointProps: (stack, props) =>
    new library.EcpEntryPoint(stack, 'use', { ...SURROUNDINGS, port: 8080, ...props }),
  EcpHaproxyLines: (stack, props) =>
    new library.EcpEntryPoint(stack, 'use', { ...SURROUNDINGS, port: 8080, haproxy: props }),
  EcpMonitoringProps: (stack, props) =>
    new library.EcpMonitoring(stack, 'use', { ...SURROUNDINGS, clusterName, ...props }),
  EcpBackupRetention: (stack, props) => backup(stack, { retention: props }),
  EcpVolumeRepository: (stack, props) => backup(stack, { repository: props }),
  EcpFolderRepository: (stack, props) => backup(stack, { repository: props }),
  EcpSftpRepository: (stack, props) => backup(stack, { repository: { ...sftp(), ...props } }),
  EcpS3Repository: (stack, props) => backup(stack, { repository: { ...s3(), ...props } }),
  RehearsalImageProps: (stack, props) => new library.RehearsalImage(stack, 'use', props),
  IrisImageProps: iris,
  IrisLicenseServer: (stack, props) => iris(stack, { licenseServer: { address: 'a', ...props } }),
  EcpSuperserverPort: (stack, props) => server(stack, { publish: { address: 'a', ...props } }),
  EcpRemoteDatabase: (stack, props) => {
    const dataServer = { name: 'other', host: 'other', port: 1972 };
    appServer(stack, { remoteDatabases: [{ name: 'STOCK', dataServer, globals: ['Stock'], ...props }] });
  },
  EcpNetworkAttributes: (stack, props) => {
    const network = library.EcpNetwork.fromExistingNetwork(stack, 'use', { networkId: 'id', ...props });
    new library.EcpAppServer(stack, 'server', {
      ...{ ...SURROUNDINGS, name: 'app-server-1', network, dataServer: { name: 'd', host: 'd', port: 1972 } },
    });
  },
  EcpDataServerAttributes: (stack, props) =>
    library.EcpDataServer.fromExistingDataServer(stack, 'use', { host: 'data.example.org', ...props }),
  EcpCertificatePem: (stack, props) =>
    appServer(stack, { pki: { issueCertificate: () => certificate(props) } as library.IEcpPki }),
  EcpCertificateFiles: (stack, props) => {
    const files = { certificateFile: '', privateKeyFile: '', caBundleFile: '' };
    for (const name of ['certificateFile', 'privateKeyFile', 'caBundleFile'] as const) {
      const pem = { certificateFile: 'certificatePem', privateKeyFile: 'privateKeyPem', caBundleFile: 'caBundlePem' };
      files[name] = join(folder, pem[name]);
      writeFileSync(files[name], certificate({})[pem[name] as 'caBundlePem']);
    }
    const issueCertificate = () => ({ subject: 'CN=app-server-1', ...files, ...props });
    appServer(stack, { pki: { issueCertificate } as library.IEcpPki });
  },
  EcpPkiAttributes: (stack, props) =>
    library.EcpPki.fromExistingCertificates(stack, 'use', { certificates: { a: certificate({}) }, ...props }),
  SwarmProps: swarm,
  SwarmNodeLabel: (stack, props) => swarm(stack, { dataServerLabel: { name: 'n', value: 'v', ...props } }),
};

/** What takes a token, as the table at the head of the reference has it. */
const TAKEN = [
  ...['EcpDataServerProps', 'EcpAppServerProps'].flatMap(each =>
    ['memoryMiB', 'startTimeoutSec', 'stopTimeoutSec', 'cpus', 'cpuSet', 'webPort'].map(prop => `${each}.${prop}`),
  ),
  ...['memoryMiB', 'cpus', 'cpuSet', 'baseImage'].map(prop => `EcpWebGatewayProps.${prop}`),
  'EcpArbiterProps.memoryMiB',
  ...['RehearsalImageProps.baseImage', 'EcpBackupProps.baseImage', 'EcpBackupProps.memoryMiB'],
  ...['EcpEntryPointProps.baseImage', 'EcpEntryPointProps.memoryMiB', 'EcpMonitoringProps.baseImage'],
  ...['EcpNetworkProps.subnet', 'EcpClusterProps.subnet', 'EcpPkiProps.rsaBits'],
];
/** Those that nothing here can check. */
const UNCHECKED = [
  'EcpNetworkAttributes.networkId',
  ...['caBundlePem', 'certificatePem', 'privateKeyPem'].map(prop => `EcpCertificatePem.${prop}`),
];

/** Name and type of all properties, from the reference. */
const PROPERTIES = [...REFERENCE.matchAll(/^### (\w+)\n([\s\S]*?)(?=^### )/gm)].flatMap(([, of, text]) =>
  [...text!.matchAll(/^\| <a id="[^"]+"><\/a> `(\w+)\??` \| (.*?) \| .*\|$/gm)].map(([, prop, type]) => ({
    ...{ of: of!, prop: prop!, type: type!.replaceAll('`', '').replaceAll('\\|', '|') },
  })),
);

/** A value of that type which only Terraform knows, or nothing for constructs and objects of other interfaces. */
function tokenOf(stack: TerraformStack, type: string): unknown {
  const variable = new TerraformVariable(stack, 'later', {});
  if (/^(string|"[\w-]+"( \| "[\w-]+")*)$/.test(type)) return variable.stringValue;
  if (type === 'number') return variable.numberValue;
  if (type === 'boolean') return variable.booleanValue;
  if (type === 'readonly string[]') return variable.listValue;
  if (type === 'readonly number[]') return Token.asNumberList(variable.value);
  if (type.startsWith('Readonly<Record<string,') && !type.includes('DockerProvider'))
    return Token.asStringMap(variable.value);
  if (type.includes('EcpRestart')) return variable.stringValue;
  return undefined;
}

const flat = PROPERTIES.filter(({ of }) => of in USES).filter(({ type }) => tokenOf(emptyStack(), type) !== undefined);

test('the reference has all interfaces that a user fills', () => {
  const known = new Set(PROPERTIES.map(({ of }) => of));
  expect(Object.keys(USES).filter(each => !known.has(each))).toEqual([]);
  const open = [...known].filter(each => /(Props|Attributes|Repository)$/.test(each) && !(each in USES));
  expect(open).toEqual(['CisDockerAspectProps', 'DockerHostProps', 'EcpLabelsAspectProps']);
  expect(flat.length).toBeGreaterThan(120);
});

test.each(flat)('$prop of $of ($type) takes a value of another resource, or refuses it', ({ of, prop, type }) => {
  // GIVEN
  const stack = emptyStack();
  const token = tokenOf(stack, type);
  const path = `${of}.${prop}`;

  // WHEN
  const use = (): string => {
    USES[of]!(stack, { [prop]: token });
    return JSON.stringify(synth(stack));
  };

  // THEN
  if (![...TAKEN, ...UNCHECKED].includes(path) && !/\.(configVariables)$/.test(path)) {
    expect(use).toThrow(
      /^('\w+' must|'[^']+' \/.*: variable .* must) be known at synth, got a value of another resource$/,
    );
    return;
  }
  const text = use();
  expect(text).not.toMatch(/TfToken|e\+\d{3}/);
  expect(text).toContain('var.later');
  if (TAKEN.includes(path)) expect(text).toMatch(new RegExp(`"precondition":.*'${prop}' must`));
});

test('one table in the reference says which', () => {
  const [, table = ''] = /^(\| Takes it[\s\S]*?)\n\n/m.exec(REFERENCE) ?? [];
  for (const path of [...TAKEN, 'x.networkId']) expect(table).toContain(`\`${path.split('.')[1]}\``);
});

test('the name of an image follows a base image that only Terraform knows', () => {
  const nameWith = (id: string): string => {
    const stack = emptyStack();
    const baseImage = new TerraformVariable(stack, id, {}).stringValue;
    new library.RehearsalImage(stack, 'use', { baseImage });
    return JSON.stringify(synth(stack).resource!.docker_image);
  };
  expect(nameWith('base')).toMatch(
    /"name":"ecp-rehearsal:\$\{substr\(sha256\(join\(\\" \\", \[\\"[0-9a-f]{64}\\", var\.base\]\)\), 0, 12\)\}"/,
  );
});

test('one value for two web ports of a cluster is refused as such', () => {
  const stack = emptyStack();
  const webPort = new TerraformVariable(stack, 'port', {}).numberValue;
  const made = new library.EcpCluster(stack, 'use', { dataServerOptions: { webPort } });
  expect(() => made.addAppServer('batch', { webPort })).toThrow(
    /^'webPort' must be different for each server, got one value of another resource for 'batch'/,
  );
});
