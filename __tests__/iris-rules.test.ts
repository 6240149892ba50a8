import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renderConfigDocument, type ConfigDocumentSource } from '../constructs/private/config-document';
import { IRIS_ENGINE } from '../constructs/private/engines';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ecp-iris-rules-'));
  file = join(folder, 'config.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

function render(document: object, options: Partial<ConfigDocumentSource> = {}) {
  writeFileSync(file, JSON.stringify(document));
  return renderConfigDocument({
    file,
    role: 'data-server',
    engine: IRIS_ENGINE,
    allowInsecure: true,
    variables: {},
    ...options,
  });
}

const elsewhere = 'must be below /durable: what lies elsewhere is lost with the container';

describe('a document that IRIS or its image would refuse is refused at synth', () => {
  const app = { role: 'app-server' } as const;
  test.each<[string, object, Partial<ConfigDocumentSource>, string]>([
    [
      'a database in the container',
      { Databases: { d: { Directory: '/usr/irissys/mgr/d/' } } },
      {},
      `/Databases/d/Directory: ${elsewhere}, got "/usr/irissys/mgr/d/"; choose such a directory, or '\${MGRDIR}'`,
    ],
    [
      'a database file in the container',
      { 'SYS.Databases': { '/durabledata/d/': {} } },
      {},
      `/SYS.Databases/~1durabledata~1d~1: ${elsewhere}, got "/durabledata/d/"; choose such a directory, or '\${MGRDIR}'`,
    ],
    [
      'a data server without ECP',
      { 'Security.Services': { '%Service_ECP': { Enabled: 0 } } },
      {},
      '/Security.Services/%Service_ECP/Enabled: must be true: without it a data server serves no application server, got 0; set it',
    ],
    [
      'a mirrored database',
      { Databases: { d: { Directory: ':mirror:M:d', Server: 's' } } },
      app,
      '/Databases/d/Directory: must be a directory: this cluster has no mirror and no data set, got ":mirror:M:d"; name the directory',
    ],
    [
      'a mirror',
      { 'SYS.MirrorMaster': { M: {} } },
      {},
      '/SYS.MirrorMaster: must be left out: a mirror is set up by \'mirror\' of EcpCluster, got {"M":{}}; take the section out',
    ],
    [
      'a database of another mirror',
      { Databases: { d: { Directory: ':mirror:M:d', Server: 's' } } },
      { ...app, mirrorName: 'Ecp' },
      '/Databases/d/Directory: must be a directory, or \':mirror:ECP:NAME\' on an application server, got ":mirror:M:d"; name the directory',
    ],
    [
      'two databases that would have one name in the mirror',
      { 'SYS.Databases': { '/durable/a/d/': {}, '/durable/b/D': {} } },
      { mirrorName: 'ECP' },
      '/SYS.Databases/~1durable~1b~1D: must be a directory whose last part is a name of its own in the mirror: a letter or _ first, then letters, digits, - and _, got "D"; choose another directory',
    ],
    [
      'a dot in the name of a data server',
      { ECPServers: { 'data.example': { Address: 'data.example' } } },
      app,
      '/ECPServers/data.example: must be a name of letters, digits, - and _ (InterSystems IRIS takes no other for a data server), got "data.example"; rename it; its Address may be any host name',
    ],
    [
      'more data servers than MaxServers',
      { ECPServers: { a: { Address: 'a' }, b: { Address: 'b' }, c: { Address: 'c' } }, config: { MaxServers: 2 } },
      app,
      '/config/MaxServers: must be at least 3, the number of ECPServers, got 2; raise it, or leave it out: it follows the number',
    ],
    [
      'the type of another key',
      { 'Security.SSLConfigs': { '%ECPServer': { PrivateKeyType: '2' } } },
      { keyAlgorithm: 'ECDSA' },
      '/Security.SSLConfigs/%ECPServer/PrivateKeyType: must be 3 for a key of ECDSA, got "2"; set it to \'${PRIVATE_KEY_TYPE}\'',
    ],
  ])('%s', (_, document, options, sentence) => {
    expect(() => render(document, options)).toThrow(new Error(`'${file}' ${sentence}`));
  });
});

test.each<[object, Partial<ConfigDocumentSource>]>([
  [{ Databases: { d: { Directory: '${MGRDIR}d/' } } }, {}],
  [
    { Databases: { d: { Directory: ':mirror:ECP:d', Server: 's' } }, ECPServers: { s: { Address: 'd' } } },
    { role: 'app-server', mirrorName: 'ecp' },
  ],
  [{ Databases: { d: { Directory: '/databases/d/' } } }, { durableDirectories: ['/durable', '/databases'] }],
  [
    { Databases: { d: { Directory: '/usr/d/', Server: 's' } }, ECPServers: { data_server: { Address: 'd' } } },
    { role: 'app-server' },
  ],
  [{ 'Security.SSLConfigs': { '%ECPServer': { PrivateKeyType: 3 } } }, { keyAlgorithm: 'ECDSA' }],
])('%j passes', (document, options) => {
  expect(() => render(document, options)).not.toThrow();
});

test('properties that Config-API does not describe are accepted with a note', () => {
  const { text, notes } = render({
    ECPServers: { one: { Address: 'a', BatchMode: 1 } },
    'Security.SSLConfigs': { x: { OCSP: 1, CAFile: '' } },
    'Security.System': { SQLSecurity: 1 },
    'SYS.Databases': { '/durable/x/': { NewVolumeThreshold: 5 } },
  });
  expect(JSON.parse(text)).toMatchObject({
    ECPServers: { one: { BatchMode: 1 } },
    'Security.System': { SQLSecurity: 1 },
  });
  const newer = 'Config-API 1.4.1 does not describe it; IRIS takes it when its release has it';
  expect(notes).toEqual([
    `'${file}' /ECPServers/one/BatchMode: ${newer}`,
    `'${file}' /Security.SSLConfigs/x/OCSP: ${newer}`,
    `'${file}' /Security.System/SQLSecurity: ${newer}`,
    `'${file}' /SYS.Databases/~1durable~1x~1/NewVolumeThreshold: ${newer}`,
    `'${file}' /Security.SSLConfigs/x/CAFile: empty; IRIS then trusts CAPath and not the delivered authorities`,
  ]);
  expect(() => render({ ECPServers: { one: { Address: 'a', BatchMod: 1 } } })).toThrow("unknown property 'BatchMod'");
});

/** Shapes of documents that people have published for Config-API, written anew. */
describe('common shapes of documents', () => {
  test.each<[string, object, Partial<ConfigDocumentSource>]>([
    [
      'one database and its namespace',
      {
        Defaults: { DIR: '${MGRDIR}shop/' },
        'SYS.Databases': { '${DIR}': {} },
        Databases: { SHOP: { Directory: '${DIR}' } },
        Namespaces: { SHOP: { Globals: 'SHOP', Routines: 'SHOP' } },
      },
      {},
    ],
    [
      'code and data apart',
      {
        Defaults: { HOME: '${MGRDIR}' },
        'SYS.Databases': { '${HOME}code/': { ExpansionSize: 64 }, '${HOME}data/': { Size: 100, MaxSize: 0 } },
        Databases: { CODE: { Directory: '${HOME}code/' }, DATA: { Directory: '${HOME}data/', MountAtStartup: 1 } },
        Namespaces: { APP: { Globals: 'DATA', Routines: 'CODE', Library: 'IRISLIB' } },
      },
      {},
    ],
    [
      'packages and routines mapped',
      {
        MapPackages: {
          APP: [
            { Name: 'Shop.Model', Database: 'CODE' },
            { Name: 'Shop.Rest', Database: 'CODE' },
          ],
        },
        MapRoutines: { APP: [{ Name: 'SHOP*', Database: 'CODE' }] },
      },
      {},
    ],
    [
      'globals mapped by name, prefix and subscript',
      {
        MapGlobals: {
          APP: [
            { Name: 'Log', Database: 'LOG' },
            { Name: 'Arc*', Database: 'ARCHIVE' },
            { Name: 'Order(1):(1000)', Database: 'ARCHIVE' },
          ],
          '%ALL': [{ Name: 'Shared', Database: 'LOG' }],
        },
      },
      {},
    ],
    [
      'journals',
      {
        Journal: {
          CurrentDirectory: '/durable/journal/',
          AlternateDirectory: '/durable/journal2/',
          FileSizeLimit: 512,
          FreezeOnError: 1,
          DaysBeforePurge: 3,
        },
      },
      {},
    ],
    [
      'SQL and system start',
      {
        SQL: { LockThreshold: 5000, DefaultSchema: 'shop' },
        Startup: { SystemMode: 'TEST', EnsembleAutoStart: 0 },
        config: { locksiz: 67108864, routines: '64,32,32', gmheap: 65536 },
      },
      {},
    ],
    [
      'web applications',
      {
        Defaults: { WEB: '${CSPDIR}' },
        'Security.Applications': {
          '/shop/api': {
            NameSpace: 'APP',
            DispatchClass: 'Shop.Rest.Main',
            AutheEnabled: '32',
            Enabled: 1,
            CookiePath: '/shop/api/',
          },
          '/shop/web': { NameSpace: 'APP', Path: '${WEB}shop/', AutheEnabled: '64' },
        },
      },
      {},
    ],
    [
      'users, roles and resources',
      {
        'Security.Resources': { Shop_Data: { Description: 'data', PublicPermission: '' } },
        'Security.Roles': { Shop_Reader: { Resources: 'Shop_Data:R' } },
        'Security.Users': { clerk: { Roles: 'Shop_Reader', Enabled: '1', Password: 'change-me' } },
        'Security.SQLPrivileges': [
          { Grantee: 'Shop_Reader', PrivList: 's', SQLObject: '1,Shop.Item', Namespace: 'APP' },
        ],
      },
      {},
    ],
    [
      'services and TLS',
      {
        'Security.Services': { '%Service_Bindings': { Enabled: 1, ClientSystems: '10.0.0.1;10.0.0.2' } },
        'Security.SSLConfigs': { shop: { Type: '0', CAFile: '/ecp/files/pki/ca.pem', VerifyPeer: 1 } },
      },
      {},
    ],
    [
      'an application server with two data servers',
      {
        ECPServers: {
          orders: { Address: 'orders.example', Port: '1972', SSLConfig: '1' },
          stock_1: { Address: '10.1.2.3', Port: 51773, SSLConfig: true },
        },
        Databases: {
          ORDERS: { Directory: '/data/orders/', Server: 'orders' },
          STOCK: { Directory: '/data/stock/', Server: 'stock_1' },
        },
        Namespaces: { SHOP: { Globals: 'ORDERS' } },
        MapGlobals: { SHOP: [{ Name: 'Stock*', Database: 'STOCK' }] },
        Devices: { printer: { PhysicalDevice: '/dev/null', Type: 'OTH' } },
      },
      { role: 'app-server' },
    ],
  ])('%s', (_, document, options) => {
    const { notes } = render(document, options);
    expect(notes).toEqual([]);
  });
});
