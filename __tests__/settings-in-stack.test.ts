import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nameSettings, readSettings, variableOf } from '../app/settings';
import { synthesize } from '../app/synthesize';

const ROOT = join(__dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'ecp-settings-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const LICENCE = file('iris.key', 'licence\n');
const configFile = (name: string): string => {
  cpSync(join(ROOT, 'config-files', name), join(folder, name));
  return file(name, readFileSync(join(folder, name), 'utf8').replaceAll('myappdata', 'other'));
};
mkdirSync(join(folder, 'src'));
file('src/Any.cls', 'Class Any {}\n');

/** A value of each setting that is not its default. */
const REHEARSAL: Readonly<Record<string, string>> = {
  cluster: 'blue',
  appServers: '3',
  maxAppServers: '20',
  additionalClients: 'reporting',
  mirror: 'LEDGER',
  mirrorMembers: 'first,second',
  arbiter: 'false',
  subnet: '172.28.0.0/16',
  dataServerWebPort: '82',
  appServerWebPortBase: '9000',
  dataServerConfigFile: configFile('data-server.json'),
  appServerConfigFile: configFile('app-server.json'),
  configVariables: '{"REMOTE_DB_NAME":"x"}',
  dataServerMemoryMiB: '512',
  appServerMemoryMiB: '64',
  dataServerCpus: '1.5',
  appServerCpus: '2',
  dataServerCpuSet: '0-3',
  appServerCpuSet: '0,2',
  startTimeoutSec: '30',
  stopTimeoutSec: '10',
  restart: 'on-failure:5',
  labels: '{"org.example.team":"data"}',
  logDriver: 'journald',
  logOptions: '{"tag":"ecp"}',
  dataRetention: 'destroy',
  keyAlgorithm: 'RSA',
  leafValidityHours: '24',
  leafRenewalHours: '10',
  caValidityHours: '48000',
  signingCa: '2',
  rehearsalBaseImage: 'debian:12',
  backupRepository: 'volume:repository',
  backupPasswordFile: file('repository-password', 'secret\n'),
  backupSchedule: '30 2 * * *',
  backupRetention: 'last=24,daily=7',
  backupVerify: '0 4 * * *',
  backupFreezeTimeoutSec: '60',
  backupSftpKeyFile: file('sftp-key', 'key\n'),
  backupSftpKnownHostsFile: file('known-hosts', 'host key\n'),
  backupS3KeyIdFile: file('s3-id', 'id\n'),
  backupS3SecretKeyFile: file('s3-secret', 'secret\n'),
  backupS3Region: 'eu-central-1',
  entryPointPort: '8080',
  entryPointBindAddress: '127.0.0.2',
  entryPointCookie: 'ECP insert indirect nocache',
  prometheusPort: '9190',
  alertmanagerPort: '9193',
  alertmanagerConfigFile: file('alertmanager', 'route: {}\n'),
  scrapeIntervalSec: '5',
  alertForSec: '1',
  alertWindowSec: '60',
  nodes: '{"east":"ssh://ops@east.example.org"}',
  nodeCertPath: '/etc/docker/tls',
  hosts: '{"data-server":"east"}',
  registry: 'registry.example.org/ecp',
};
const IRIS: Readonly<Record<string, string>> = {
  journalVolume: 'journal',
  alternateJournalVolume: 'more',
  irisImage: 'registry.example/iris:2026.1',
  irisLicenseKeyFile: file('other.key', 'another licence\n'),
  irisPasswordFile: file('password', 'secret\n'),
  irisGlobalBuffersMiB: '512',
  irisCpfMergeFile: file('merge.cpf', '[config]\nbbsiz=1000\n'),
  irisHugePages: 'true',
  irisOtlpEndpoint: 'http://collector:4318',
  irisLicenseServer: 'licences.example.org:4002',
  irisApplicationFolder: join(folder, 'src'),
  clientReconnectInterval: '2',
  clientReconnectDuration: '600',
  serverTroubleDuration: '30',
  webGatewayImage: 'registry.example/webgateway:2026.1',
  entryPointSuperserverPort: '11972',
};

/** What only ./ecp up reads. */
const OF_THE_COMMAND = ['upgradeOrder', 'upgradeBackupAgeHours'];

/** Settings that mean something only beside another one. */
const NODES = { nodes: '{"east":"tcp://east.example.org:2376"}', registry: 'registry.example.org/ecp' };
const BACKUP = { backupRepository: 'volume:other', backupPasswordFile: LICENCE };
const SFTP = {
  ...BACKUP,
  backupRepository: 'sftp://ops@backups.example.org:2222/srv/ecp',
  backupSftpKeyFile: LICENCE,
  backupSftpKnownHostsFile: LICENCE,
};
const S3 = {
  ...BACKUP,
  backupRepository: 's3:https://s3.example.org/bucket',
  backupS3KeyIdFile: LICENCE,
  backupS3SecretKeyFile: LICENCE,
};
const ENTRY_POINT = { entryPointPort: '8081' };
const MONITORING = { prometheusPort: '9191' };
const BESIDE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  backupRepository: { backupPasswordFile: LICENCE },
  backupPasswordFile: BACKUP,
  backupSchedule: BACKUP,
  backupRetention: BACKUP,
  backupVerify: BACKUP,
  backupFreezeTimeoutSec: BACKUP,
  backupSftpKeyFile: SFTP,
  backupSftpKnownHostsFile: SFTP,
  backupS3KeyIdFile: S3,
  backupS3SecretKeyFile: S3,
  backupS3Region: S3,
  entryPointBindAddress: ENTRY_POINT,
  entryPointSuperserverPort: ENTRY_POINT,
  entryPointCookie: ENTRY_POINT,
  alertmanagerPort: MONITORING,
  alertmanagerConfigFile: MONITORING,
  scrapeIntervalSec: MONITORING,
  alertForSec: MONITORING,
  alertWindowSec: MONITORING,
  nodes: { registry: 'registry.example.org/ecp' },
  nodeCertPath: NODES,
  hosts: NODES,
  mirrorMembers: { mirror: 'true' },
  arbiter: { mirror: 'true' },
  signingCa: { trustedCas: '1,2' },
  leafRenewalHours: { leafValidityHours: '24' },
};

function stackOf(settings: Readonly<Record<string, string>>): string {
  const environment = Object.fromEntries(Object.entries(settings).map(([name, value]) => [variableOf(name), value]));
  const { stackDirectory } = synthesize({
    CDKTF_OUTDIR: join(folder, 'out'),
    ECP_STATE_DIR: join(folder, 'state'),
    CDKTF_CONTEXT_JSON: '{}',
    ...environment,
  });
  return readFileSync(join(stackDirectory, 'cdk.tf.json'), 'utf8');
}

test('every setting is tried here', () => {
  let message = '';
  try {
    readSettings({ x: 1 }, {});
  } catch (error) {
    message = (error as Error).message;
  }
  const names = /settings are (.*)$/.exec(message)![1]!.split(', ');
  const tried = [...Object.keys(REHEARSAL), ...Object.keys(IRIS), ...OF_THE_COMMAND, 'engine', 'trustedCas'];
  expect(names.filter(name => !tried.includes(name))).toEqual([]);
});

test.each(Object.entries(REHEARSAL))('%s reaches the stack', (setting, value) => {
  const beside = BESIDE[setting] ?? {};
  expect(stackOf({ ...beside, [setting]: value })).not.toBe(
    stackOf(setting === 'signingCa' ? { ...beside, signingCa: '1' } : beside),
  );
});

test.each(Object.entries(IRIS))('%s reaches the stack of IRIS', (setting, value) => {
  const base = { engine: 'iris', irisLicenseKeyFile: LICENCE, ...BESIDE[setting] };
  expect(stackOf({ ...base, [setting]: value })).not.toBe(stackOf(base));
});

test('a prop that two settings feed is named by both', () => {
  const split = Object.keys(REHEARSAL).flatMap(name => /^dataServer(.+)$/.exec(name)?.[1] ?? []);
  for (const name of split) {
    const prop = name.charAt(0).toLowerCase() + name.slice(1);
    expect(nameSettings(`'${prop}' must be another`)).toContain(variableOf(`dataServer${name}`));
  }
});
