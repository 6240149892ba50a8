import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadSettings, readSettings, variableOf } from '../app/settings';

const DEFAULTS = {
  engine: 'rehearsal',
  cluster: 'ecp',
  appServers: ['app-server-1', 'app-server-2'],
  dataServerWebPort: 81,
  appServerWebPortBase: 8100,
};

/** Each setting with a value as it stands in cdktf.json, the same value in a variable, and what is read. */
const ALL: readonly [setting: string, variable: string, inContext: unknown, inVariable: string, read?: unknown][] = [
  ['engine', 'ECP_ENGINE', 'rehearsal', 'rehearsal'],
  ['cluster', 'ECP_CLUSTER', 'blue', 'blue'],
  ['appServers', 'ECP_APP_SERVERS', ['app-server-2', 'reporting'], ' app-server-2, reporting'],
  ['maxAppServers', 'ECP_MAX_APP_SERVERS', 32, '32'],
  ['additionalClients', 'ECP_ADDITIONAL_CLIENTS', ['reporting'], 'reporting'],
  ['mirror', 'ECP_MIRROR', 'LEDGER', 'LEDGER'],
  ['mirrorMembers', 'ECP_MIRROR_MEMBERS', ['first', 'second'], 'first,second'],
  ['arbiter', 'ECP_ARBITER', false, 'false'],
  ['subnet', 'ECP_SUBNET', '172.28.0.0/16', '172.28.0.0/16'],
  ['dataServerWebPort', 'ECP_DATA_SERVER_WEB_PORT', 82, '82'],
  ['appServerWebPortBase', 'ECP_APP_SERVER_WEB_PORT_BASE', 9000, '9000'],
  ['dataServerConfigFile', 'ECP_DATA_SERVER_CONFIG_FILE', 'data.json', 'data.json'],
  ['appServerConfigFile', 'ECP_APP_SERVER_CONFIG_FILE', 'app.json', 'app.json'],
  ['configVariables', 'ECP_CONFIG_VARIABLES', { REMOTE_DB_NAME: 'x' }, '{"REMOTE_DB_NAME":"x"}'],
  ['dataServerMemoryMiB', 'ECP_DATA_SERVER_MEMORY_MIB', 512, '512'],
  ['appServerMemoryMiB', 'ECP_APP_SERVER_MEMORY_MIB', 64, ' 64 '],
  ['dataServerCpus', 'ECP_DATA_SERVER_CPUS', 1.5, '1.5'],
  ['appServerCpus', 'ECP_APP_SERVER_CPUS', 2, '2'],
  ['dataServerCpuSet', 'ECP_DATA_SERVER_CPU_SET', '0-3', '0-3'],
  ['appServerCpuSet', 'ECP_APP_SERVER_CPU_SET', '0,2', '0,2'],
  ['journalVolume', 'ECP_JOURNAL_VOLUME', 'journal', 'journal'],
  ['alternateJournalVolume', 'ECP_ALTERNATE_JOURNAL_VOLUME', 'more', 'more'],
  ['startTimeoutSec', 'ECP_START_TIMEOUT_SEC', 30, '30'],
  ['stopTimeoutSec', 'ECP_STOP_TIMEOUT_SEC', 10, '10'],
  ['restart', 'ECP_RESTART', 'on-failure:5', 'on-failure:5'],
  ['labels', 'ECP_LABELS', { 'org.example.team': 'data' }, '{"org.example.team":"data"}'],
  ['logDriver', 'ECP_LOG_DRIVER', 'journald', 'journald'],
  ['logOptions', 'ECP_LOG_OPTIONS', { tag: 'ecp' }, '{"tag":"ecp"}'],
  ['dataRetention', 'ECP_DATA_RETENTION', 'destroy', 'destroy'],
  ['keyAlgorithm', 'ECP_KEY_ALGORITHM', 'ECDSA', 'ECDSA'],
  ['leafValidityHours', 'ECP_LEAF_VALIDITY_HOURS', 24, '24'],
  ['leafRenewalHours', 'ECP_LEAF_RENEWAL_HOURS', 8, '8'],
  ['caValidityHours', 'ECP_CA_VALIDITY_HOURS', 48, '48'],
  ['signingCa', 'ECP_SIGNING_CA', 2, '2'],
  ['trustedCas', 'ECP_TRUSTED_CAS', [1, 2], '1, 2'],
  ['rehearsalBaseImage', 'ECP_REHEARSAL_BASE_IMAGE', 'debian:12', 'debian:12'],
  ['irisImage', 'ECP_IRIS_IMAGE', 'registry.example/iris:2026.1', 'registry.example/iris:2026.1'],
  ['irisLicenseKeyFile', 'ECP_IRIS_LICENSE_KEY_FILE', 'iris.key', 'iris.key'],
  ['irisPasswordFile', 'ECP_IRIS_PASSWORD_FILE', 'password', 'password'],
  ['irisGlobalBuffersMiB', 'ECP_IRIS_GLOBAL_BUFFERS_MIB', 512, '512'],
  ['irisCpfMergeFile', 'ECP_IRIS_CPF_MERGE_FILE', 'merge.cpf', 'merge.cpf'],
  ['irisHugePages', 'ECP_IRIS_HUGE_PAGES', true, 'true'],
  ['irisLicenseServer', 'ECP_IRIS_LICENSE_SERVER', 'data-server:4002', 'data-server:4002'],
  ['irisOtlpEndpoint', 'ECP_IRIS_OTLP_ENDPOINT', 'http://collector:4318', 'http://collector:4318'],
  ['irisApplicationFolder', 'ECP_IRIS_APPLICATION_FOLDER', 'src', 'src'],
  ['clientReconnectInterval', 'ECP_CLIENT_RECONNECT_INTERVAL', 2, '2'],
  ['clientReconnectDuration', 'ECP_CLIENT_RECONNECT_DURATION', 600, '600'],
  ['serverTroubleDuration', 'ECP_SERVER_TROUBLE_DURATION', 30, '30'],
  [
    'webGatewayImage',
    'ECP_WEB_GATEWAY_IMAGE',
    'registry.example/webgateway:2026.1',
    'registry.example/webgateway:2026.1',
  ],
  ['backupRepository', 'ECP_BACKUP_REPOSITORY', 'volume:backups', 'volume:backups'],
  ['backupPasswordFile', 'ECP_BACKUP_PASSWORD_FILE', 'password', 'password'],
  ['backupSchedule', 'ECP_BACKUP_SCHEDULE', '0 2 * * *', '0 2 * * *'],
  ['backupRetention', 'ECP_BACKUP_RETENTION', 'last=24', 'last=24'],
  ['backupVerify', 'ECP_BACKUP_VERIFY', '0 4 * * *', '0 4 * * *'],
  ['backupFreezeTimeoutSec', 'ECP_BACKUP_FREEZE_TIMEOUT_SEC', 60, '60'],
  ['backupSftpKeyFile', 'ECP_BACKUP_SFTP_KEY_FILE', 'key', 'key'],
  ['backupSftpKnownHostsFile', 'ECP_BACKUP_SFTP_KNOWN_HOSTS_FILE', 'hosts', 'hosts'],
  ['backupS3KeyIdFile', 'ECP_BACKUP_S3_KEY_ID_FILE', 'id', 'id'],
  ['backupS3SecretKeyFile', 'ECP_BACKUP_S3_SECRET_KEY_FILE', 'secret', 'secret'],
  ['backupS3Region', 'ECP_BACKUP_S3_REGION', 'eu-central-1', 'eu-central-1'],
  ['entryPointPort', 'ECP_ENTRY_POINT_PORT', 8080, '8080'],
  ['entryPointBindAddress', 'ECP_ENTRY_POINT_BIND_ADDRESS', '0.0.0.0', '0.0.0.0'],
  ['entryPointSuperserverPort', 'ECP_ENTRY_POINT_SUPERSERVER_PORT', 11972, '11972'],
  ['entryPointCookie', 'ECP_ENTRY_POINT_COOKIE', 'ECP insert', 'ECP insert'],
  ['prometheusPort', 'ECP_PROMETHEUS_PORT', 9190, '9190'],
  ['alertmanagerPort', 'ECP_ALERTMANAGER_PORT', 9193, '9193'],
  ['alertmanagerConfigFile', 'ECP_ALERTMANAGER_CONFIG_FILE', 'told.yml', 'told.yml'],
  ['scrapeIntervalSec', 'ECP_SCRAPE_INTERVAL_SEC', 5, '5'],
  ['alertForSec', 'ECP_ALERT_FOR_SEC', 1, '1'],
  ['alertWindowSec', 'ECP_ALERT_WINDOW_SEC', 60, '60'],
  ['nodes', 'ECP_NODES', { east: 'ssh://ops@east.example.org' }, '{"east":"ssh://ops@east.example.org"}'],
  ['nodeCertPath', 'ECP_NODE_CERT_PATH', 'tls', 'tls'],
  ['hosts', 'ECP_HOSTS', { 'data-server': 'east' }, '{"data-server":"east"}'],
  ['registry', 'ECP_REGISTRY', 'registry.example.org/ecp', 'registry.example.org/ecp'],
  ['upgradeOrder', 'ECP_UPGRADE_ORDER', 'data-server-first', 'data-server-first'],
  ['upgradeBackupAgeHours', 'ECP_UPGRADE_BACKUP_AGE_HOURS', 48, '48'],
];

describe('settings', () => {
  test('have defaults for a first cluster', () => {
    expect(readSettings({}, {})).toEqual(DEFAULTS);
  });

  test.each(ALL)('%s is read from cdktf.json, or from %s', (setting, variable, inContext, inVariable) => {
    expect(variableOf(setting)).toBe(variable);
    expect(readSettings({ [setting]: inContext }, {})).toEqual({ ...DEFAULTS, [setting]: inContext });
    expect(readSettings({}, { [variable]: inVariable })).toEqual({ ...DEFAULTS, [setting]: inContext });
  });

  test('a mirror has a name when it is only wanted, and none when it is not', () => {
    expect(readSettings({ mirror: true }, {}).mirror).toBe('ECP');
    expect(readSettings({}, { ECP_MIRROR: 'true' }).mirror).toBe('ECP');
    expect(readSettings({ mirror: 'LEDGER' }, { ECP_MIRROR: 'false' }).mirror).toBeUndefined();
    expect(messageOf(() => readSettings({ mirror: 7 }, {}))).toBe(
      "'mirror' must be a name, or 'true' or 'false', got 7",
    );
  });

  test('are all covered by this test', () => {
    const [, names] = /settings are (.*)$/.exec(messageOf(() => readSettings({ x: 1 }, {})))!;
    expect(ALL.map(([setting]) => setting)).toEqual(names!.split(', '));
  });

  test('are taken from the environment, then the context, then the machine, then the defaults', () => {
    const machine = { rehearsalBaseImage: 'machine', dataServerWebPort: 82, cluster: 'machine', subnet: 'machine' };
    const context = { cluster: 'context', subnet: 'context' };
    expect(readSettings(context, { ECP_SUBNET: 'environment' }, machine)).toEqual({
      ...DEFAULTS,
      rehearsalBaseImage: 'machine',
      dataServerWebPort: 82,
      cluster: 'context',
      subnet: 'environment',
    });
  });

  test('are not overruled by an empty variable', () => {
    expect(readSettings({ cluster: 'blue' }, { ECP_CLUSTER: '' }).cluster).toBe('blue');
  });

  test.each([
    [1, ['app-server-1']],
    ['3', ['app-server-1', 'app-server-2', 'app-server-3']],
    [' 2 ', ['app-server-1', 'app-server-2']],
    ['app-server-3', ['app-server-3']],
    ['a, b,c', ['a', 'b', 'c']],
  ])('take %j for the application servers %j', (appServers, names) => {
    expect(readSettings({ appServers }, {}).appServers).toEqual(names);
    expect(readSettings({}, { ECP_APP_SERVERS: String(appServers) }).appServers).toEqual(names);
  });

  test.each(['ssh://ops@n1:2222', 'ssh://[fd00::1]', 'tcp://10.0.0.1:2376', 'unix:///run/docker.sock'])(
    'take %s as the address of a node',
    address => {
      expect(readSettings({ nodes: { n1: address } }, {}).nodes).toEqual({ n1: address });
    },
  );

  test('allow 254 application servers', () => {
    expect(readSettings({ appServers: 254 }, {}).appServers).toHaveLength(254);
  });

  test('allow feature flags of cdktf beside them', () => {
    expect(readSettings({ excludeStackIdFromLogicalIds: 'true', cdktfRelativeModules: [] }, {})).toEqual(DEFAULTS);
  });
});

describe('settings are refused', () => {
  const count = (got: unknown) =>
    `must be a number of servers from 1 to 254 (the range of MaxServerConn) or a list of names, got ${got as string}`;
  const list = (got: string) => `must be a list of names, separated by commas in a variable, got ${got}`;
  const numbers = (got: string) => `must be a list of whole numbers, separated by commas in a variable, got ${got}`;
  const address = (got: string, node: string) =>
    `must have addresses such as ssh://ops@east.example.org or tcp://10.0.0.2:2376, got ${got} for '${node}'; correct it`;
  const dash = (got: string) =>
    `must have users and hosts that do not begin with '-', which ssh would take for an option, got ${got} for 'n1'; correct it`;
  const object = (got: string) => `must be a JSON object of texts, such as {"NAME":"value"}, got ${got}`;

  test.each<[string, unknown, string]>([
    ['engine', 'cache', `must be 'rehearsal' or 'iris', got "cache"`],
    ['cluster', 5, 'must be text, got 5'],
    ['cluster', null, 'must be text, got null'],
    ['cluster', '', 'must be text, got ""'],
    ['appServers', 0, count(0)],
    ['appServers', 255, count(255)],
    ['appServers', -1, count(-1)],
    ['appServers', 1.5, count(1.5)],
    ['appServers', true, count('true')],
    ['appServers', null, count('null')],
    [
      'appServers',
      'three',
      `must be a number of servers in figures, or a list of names, got 'three'; write 3, or ["three"] into cdktf.json if one server is called that`,
    ],
    ['appServers', '', list('""')],
    ['appServers', ['a', ''], list('["a",""]')],
    ['appServers', ['a', 1], list('["a",1]')],
    ['additionalClients', 'a,,b', list('"a,,b"')],
    ['maxAppServers', 1.5, 'must be a whole number, got 1.5'],
    ['maxAppServers', 'many', 'must be a whole number, got "many"'],
    ['dataServerWebPort', '0x51', 'must be a whole number, got "0x51"'],
    ['dataServerWebPort', '99999999999999999999', 'must be a whole number, got "99999999999999999999"'],
    ['dataRetention', 'keep', `must be 'retain' or 'destroy', got "keep"`],
    ['keyAlgorithm', 'rsa', `must be 'RSA' or 'ECDSA', got "rsa"`],
    ['trustedCas', 2, numbers('2')],
    ['trustedCas', [], numbers('[]')],
    ['trustedCas', '1,,2', 'must be a whole number, got ""'],
    ['trustedCas', [1, 'two'], 'must be a whole number, got "two"'],
    ['configVariables', '{', object('"{"')],
    ['configVariables', '[]', object('"[]"')],
    ['configVariables', ['a'], object('["a"]')],
    ['configVariables', { PORT: 1 }, object('{"PORT":1}')],
    ['nodes', { n1: 'n1.example.org' }, address('"n1.example.org"', 'n1')],
    ['nodes', { n1: 'tcp://10.0.0.1:2376', n2: 'ssh:ops@n2' }, address('"ssh:ops@n2"', 'n2')],
    ['nodes', { n1: 'https://10.0.0.1:2376' }, address('"https://10.0.0.1:2376"', 'n1')],
    ['nodes', { n1: 'ssh://-oProxyCommand=x@n1' }, dash('"ssh://-oProxyCommand=x@n1"')],
    ['nodes', { n1: 'ssh://%2DoProxyCommand=x@n1' }, dash('"ssh://%2DoProxyCommand=x@n1"')],
    ['nodes', { n1: 'ssh://-oProxyCommand=x' }, dash('"ssh://-oProxyCommand=x"')],
    [
      'nodes',
      { n1: 'ssh://ops:secret@n1/path' },
      "must have addresses without a password, which the stack would show, got one for 'n1'; take it out, and let ssh use a key",
    ],
    ['nodes', { n1: 'ssh://ops@n1:port' }, address('"ssh://ops@n1:port"', 'n1')],
  ])("'%s': %j in cdktf.json", (setting, value, message) => {
    expect(() => readSettings({ [setting]: value }, {})).toThrow(new Error(`'${setting}' ${message}`));
  });

  test.each([
    ['ECP_APP_SERVERS', '0', count('0')],
    ['ECP_APP_SERVERS', '255', count('255')],
    ['ECP_APP_SERVERS', '1.5', count('1.5')],
    ['ECP_APP_SERVERS', 'a,,b', list('"a,,b"')],
    ['ECP_MAX_APP_SERVERS', 'many', 'must be a whole number, got "many"'],
    ['ECP_CONFIG_VARIABLES', 'NAME=value', object('"NAME=value"')],
    ['ECP_DATA_RETENTION', 'DESTROY', `must be 'retain' or 'destroy', got "DESTROY"`],
  ])('%s=%s in the environment, by the name of the variable', (variable, value, message) => {
    expect(() => readSettings({}, { [variable]: value })).toThrow(new Error(`'${variable}' ${message}`));
  });

  test('that are misspelt in the environment', () => {
    for (const misspelt of ['ECP_APP_SERVER', 'ECP_APPSERVERS'])
      expect(() => readSettings({}, { [misspelt]: '3' })).toThrow(
        new Error(`'${misspelt}' in the environment is not a setting; did you mean 'ECP_APP_SERVERS'?`),
      );
    expect(() => readSettings({}, { ECP_SOMETHING_ELSE: '3' })).toThrow(
      /^'ECP_SOMETHING_ELSE' in the environment is not a setting; unset it, or use one of ECP_ENGINE, ECP_CLUSTER, .*ECP_STATE_DIR$/,
    );
    expect(readSettings({}, { ECP_STATE_DIR: 'state', ECP_CONTRACT_ENGINE: 'iris', ECPX: '1' }).cluster).toBe('ecp');
  });

  test.each([
    ['dataServerMemoryMb', 'dataServerMemoryMiB', 'ECP_DATA_SERVER_MEMORY_MB', 'ECP_DATA_SERVER_MEMORY_MIB'],
    ['appServerMemoryMb', 'appServerMemoryMiB', 'ECP_APP_SERVER_MEMORY_MB', 'ECP_APP_SERVER_MEMORY_MIB'],
    ['irisGlobalBuffersMb', 'irisGlobalBuffersMiB', 'ECP_IRIS_GLOBAL_BUFFERS_MB', 'ECP_IRIS_GLOBAL_BUFFERS_MIB'],
  ])("by the old name '%s', with the new one", (old, name, oldVariable, variable) => {
    expect(() => readSettings({ [old]: 512 }, {})).toThrow(
      new Error(`'${old}' in the context of cdktf.json is now '${name}', got 512; rename it, the value stays`),
    );
    expect(() => readSettings({}, { [oldVariable]: '512' })).toThrow(
      new Error(`'${oldVariable}' in the environment is now '${variable}', got "512"; rename it, the value stays`),
    );
  });

  test('that are none', () => {
    expect(() => readSettings({ appServer: 2 }, {})).toThrow(
      new Error("'appServer' in the context of cdktf.json is not a setting; did you mean 'appServers'?"),
    );
    expect(() => readSettings({ somethingElse: 2 }, {})).toThrow(
      new Error(
        `'somethingElse' in the context of cdktf.json is not a setting; settings are ${ALL.map(([setting]) => setting).join(', ')}`,
      ),
    );
  });
});

describe('the settings of the app', () => {
  test('come from the context that the cdktf command passes', () => {
    const environment = { CDKTF_CONTEXT_JSON: '{"cluster":"blue","appServers":1}', ECP_CLUSTER: 'green' };
    expect(loadSettings(environment)).toMatchObject({ cluster: 'green', appServers: ['app-server-1'] });
  });

  test('come from cdktf.json when the app is started directly', () => {
    // GIVEN
    const { context } = JSON.parse(readFileSync(join(__dirname, '..', 'cdktf.json'), 'utf8')) as {
      context: Record<string, unknown>;
    };

    // THEN
    expect(loadSettings({})).toMatchObject(readSettings(context, {}));
  });
});

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}
