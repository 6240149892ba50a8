import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EcpAppServer, EcpDataServer, type EcpImage } from '../constructs';
import { DEFAULT_CONFIG_FILE } from '../constructs/private/config-document';
import { IRIS_ENGINE } from '../constructs/private/engines';
import { SURROUNDINGS, deliveredFiles, emptyStack } from './synth';

type Role = 'data-server' | 'app-server';
interface Options {
  readonly configFile?: string;
  readonly configVariables?: Record<string, string>;
  readonly allowInsecure?: boolean;
}

/** The document that a server of the role gets. */
function configOf(role: Role, options: Options & { image?: EcpImage } = {}): unknown {
  const stack = emptyStack();
  if (role === 'data-server') new EcpDataServer(stack, role, { ...SURROUNDINGS, maxAppServers: 2, ...options });
  else {
    const dataServer = { name: 'data-server', host: 'data-server', port: 1972 };
    new EcpAppServer(stack, role, { ...SURROUNDINGS, name: role, dataServer, ...options });
  }
  return JSON.parse(deliveredFiles(stack, `ecp-${role}`)['config.json']!);
}

function variablesIn(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  return [...new Set([...text.matchAll(/\$\{([^}]*)\}/g)].map(([, name]) => name!))].sort();
}

describe('our documents', () => {
  test('are one for each role, beside their schema', () => {
    expect(readdirSync(join(__dirname, '..', 'config-files')).sort()).toEqual([
      'app-server.json',
      'config-api.schema.json',
      'cpf-sections.json',
      'data-server.json',
    ]);
  });

  test('make a data server that requires mutual TLS of its reserved clients', () => {
    expect(configOf('data-server')).toEqual({
      'Security.Services': {
        '%Service_ECP': { Enabled: true, ClientSystems: '', AutheEnabled: '1024' },
      },
      'Security.SSLConfigs': {
        '%ECPServer': {
          Name: '%ECPServer',
          Type: '1',
          CAFile: '/ecp/files/pki/ca.pem',
          CertificateFile: '/ecp/files/pki/cert.pem',
          PrivateKeyFile: '/ecp/files/pki/key.pem',
          PrivateKeyType: '2',
          VerifyPeer: 3,
          TLSMinVersion: 16,
          TLSMaxVersion: 32,
        },
      },
      'Security.System': { SSLECPServer: 2 },
      'SYS.Databases': { '/durable/iris/mgr/myappdata/': { ResourceName: '%DB_MYAPPDATA' } },
      Databases: { myappdata: { Directory: '/durable/iris/mgr/myappdata/', MountRequired: true } },
    });
  });

  test('make an application server that maps ^demo.* to the data server and verifies it', () => {
    expect(configOf('app-server')).toEqual({
      'Security.Services': { '%Service_ECP': { Enabled: true } },
      'Security.SSLConfigs': {
        '%ECPClient': {
          Name: '%ECPClient',
          Type: '0',
          CAFile: '/ecp/files/pki/ca.pem',
          CertificateFile: '/ecp/files/pki/cert.pem',
          PrivateKeyFile: '/ecp/files/pki/key.pem',
          PrivateKeyType: '2',
          VerifyPeer: 1,
          TLSMinVersion: 16,
          TLSMaxVersion: 32,
        },
      },
      ECPServers: { 'data-server': { Name: 'data-server', Address: 'data-server', Port: '1972', SSLConfig: '1' } },
      Databases: {
        myappdata: { Name: 'myappdata', Directory: '/durable/iris/mgr/myappdata/', Server: 'data-server' },
      },
      MapGlobals: { USER: [{ Name: 'demo.*', Database: 'myappdata' }] },
    });
  });

  test('both name the same database directory', () => {
    type Databases = { Databases: { myappdata: { Directory: string } } };
    const directoryOf = (role: Role) => (configOf(role) as Databases).Databases.myappdata.Directory;
    expect(directoryOf('app-server')).toBe(directoryOf('data-server'));
  });
});

describe('documents and constructs fit together', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ecp-config-files-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** The variables that a server sets: the message about one that it does not set lists them. */
  function variablesSetFor(role: Role): string[] {
    const configFile = join(folder, `${role}.json`);
    writeFileSync(configFile, '{ "Startup": { "SystemMode": "${NO_SUCH_VARIABLE}" } }');
    try {
      configOf(role, { configFile });
    } catch (error) {
      return (error as Error).message.split('use one of ')[1]!.split(', ');
    }
    throw new Error('the variable was found');
  }

  test.each<[Role, string[]]>([
    ['data-server', ['CA_PRIVATE_KEY', 'CA_ROOT', 'CA_SERVER', 'CLIENT_SYSTEMS', 'PRIVATE_KEY_TYPE']],
    [
      'app-server',
      [
        'CA_CLIENT',
        'CA_PRIVATE_KEY',
        'CA_ROOT',
        'DATASERVER_IP',
        'DATASERVER_NAME',
        'DATASERVER_PORT',
        'PRIVATE_KEY_TYPE',
        'REMOTE_DB_NAME',
      ],
    ],
  ])('a %s sets each variable of its document, and no other', (role, variables) => {
    expect(variablesSetFor(role)).toEqual(variables);
    expect(variablesIn(DEFAULT_CONFIG_FILE[role])).toEqual(variables);
  });

  test.each<Role>(['data-server', 'app-server'])('a %s lets the user set and overrule variables', role => {
    const configFile = join(folder, 'user.json');
    writeFileSync(configFile, '{ "Startup": { "SystemMode": "${MODE} ${CA_ROOT}" } }');
    const configVariables = { MODE: 'TEST', CA_ROOT: '/mine.pem' };
    expect(configOf(role, { configFile, configVariables, allowInsecure: true })).toEqual({
      Startup: { SystemMode: 'TEST /mine.pem' },
    });
  });

  test.each<Role>(['data-server', 'app-server'])("a %s's document is checked for its role", role => {
    const other = role === 'data-server' ? 'app-server' : 'data-server';
    const configVariables = Object.fromEntries(variablesIn(DEFAULT_CONFIG_FILE[other]).map(name => [name, '1']));
    expect(() => configOf(role, { configFile: DEFAULT_CONFIG_FILE[other], configVariables })).toThrow(
      role === 'data-server'
        ? '/Security.System/SSLECPServer: must be 2'
        : '/Security.SSLConfigs/%ECPClient/VerifyPeer: must be 1',
    );
  });
});

describe("the article's documents", () => {
  const article = (role: Role) => join(__dirname, 'fixtures', `article-${role}.json`);

  test.each<[Role, string]>([
    [
      'data-server',
      "/Security.System/SSLECPServer: must be 2 (below 2 the data server still takes ECP in clear text), got 1; set it, or set 'allowInsecure'",
    ],
    [
      'app-server',
      "/Security.SSLConfigs/%ECPClient/VerifyPeer: must be 1 (without it the application server talks to anyone who answers instead of the data server), got nothing; set it, or set 'allowInsecure'",
    ],
  ])('need no variable that a %s does not set, and break a rule of mutual TLS alone', (role, message) => {
    expect(() => configOf(role, { configFile: article(role) })).toThrow(new Error(`'${article(role)}' ${message}`));
  });

  test.each<Role>(['data-server', 'app-server'])('pass for a %s that allows what is insecure', role => {
    // WHEN
    // Both engines keep data below /durable alone.
    const durable = join(mkdtempSync(join(tmpdir(), 'ecp-article-')), `${role}.json`);
    writeFileSync(durable, readFileSync(article(role), 'utf8').replaceAll('/usr/irissys/mgr/', '/durable/iris/mgr/'));
    const config = configOf(role, {
      configFile: durable,
      allowInsecure: true,
      image: { ...SURROUNDINGS.image, ...IRIS_ENGINE },
    });

    // THEN
    const sections = JSON.parse(readFileSync(article(role), 'utf8')) as object;
    expect(Object.keys(config as object)).toEqual(Object.keys(sections));
    expect(JSON.stringify(config)).not.toContain('${');
  });

  test.each<Role>(['data-server', 'app-server'])('use the same variables as ours for a %s', role => {
    expect(variablesIn(article(role))).toEqual(
      // Theirs are of RSA alone.
      variablesIn(DEFAULT_CONFIG_FILE[role]).filter(name => name !== 'PRIVATE_KEY_TYPE'),
    );
  });

  test('would lose the data with the container on IRIS, and are refused there', () => {
    const image = { ...SURROUNDINGS.image, ...IRIS_ENGINE };
    expect(() => configOf('data-server', { configFile: article('data-server'), allowInsecure: true, image })).toThrow(
      '/Databases/myappdata/Directory: must be below /durable: what lies elsewhere is lost with the container, got "/usr/irissys/mgr/myappdata/"',
    );
  });
});
