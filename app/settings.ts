import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nearest, shorten } from '../contract/messages';
import { nodesOf, readDataCentre, type DataCentre } from './data-centre';
import { PROJECT } from './folders';
import { readFacts } from './machine-facts';

/** Everything that a person may set for the app in `main.ts`, from `context` in cdktf.json or from environment variables. */
export interface Settings {
  /** Engine of all servers. */
  readonly engine: 'rehearsal' | 'iris';
  /** Name of the cluster. */
  readonly cluster: string;
  /** Names of the application servers. */
  readonly appServers: readonly string[];
  readonly maxAppServers?: number;
  readonly additionalClients?: readonly string[];
  /** Name of the mirror of two data servers. */
  readonly mirror?: string;
  readonly mirrorMembers?: readonly string[];
  readonly arbiter?: boolean;
  readonly subnet?: string;
  readonly dataServerWebPort: number;
  readonly appServerWebPortBase: number;
  readonly dataServerConfigFile?: string;
  readonly appServerConfigFile?: string;
  readonly configVariables?: Readonly<Record<string, string>>;
  readonly dataServerMemoryMiB?: number;
  readonly appServerMemoryMiB?: number;
  readonly dataServerCpus?: number;
  readonly appServerCpus?: number;
  readonly dataServerCpuSet?: string;
  readonly appServerCpuSet?: string;
  readonly journalVolume?: string;
  readonly alternateJournalVolume?: string;
  readonly startTimeoutSec?: number;
  readonly stopTimeoutSec?: number;
  readonly restart?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly logDriver?: string;
  readonly logOptions?: Readonly<Record<string, string>>;
  readonly dataRetention?: 'retain' | 'destroy';
  readonly keyAlgorithm?: 'RSA' | 'ECDSA';
  readonly leafValidityHours?: number;
  readonly leafRenewalHours?: number;
  readonly caValidityHours?: number;
  readonly signingCa?: number;
  readonly trustedCas?: readonly number[];
  readonly rehearsalBaseImage?: string;
  readonly irisImage?: string;
  readonly irisLicenseKeyFile?: string;
  readonly irisPasswordFile?: string;
  readonly irisGlobalBuffersMiB?: number;
  readonly irisCpfMergeFile?: string;
  readonly irisHugePages?: boolean;
  readonly irisLicenseServer?: string;
  readonly irisOtlpEndpoint?: string;
  readonly irisApplicationFolder?: string;
  readonly clientReconnectInterval?: number;
  readonly clientReconnectDuration?: number;
  readonly serverTroubleDuration?: number;
  readonly webGatewayImage?: string;
  /** `volume:NAME`, `folder:PATH`, `sftp://USER@HOST/PATH` or `s3:URL`. */
  readonly backupRepository?: string;
  readonly backupPasswordFile?: string;
  readonly backupSchedule?: string;
  /** Such as `last=24,daily=7`. */
  readonly backupRetention?: string;
  readonly backupVerify?: string;
  readonly backupFreezeTimeoutSec?: number;
  readonly backupSftpKeyFile?: string;
  readonly backupSftpKnownHostsFile?: string;
  readonly backupS3KeyIdFile?: string;
  readonly backupS3SecretKeyFile?: string;
  readonly backupS3Region?: string;
  readonly entryPointPort?: number;
  readonly entryPointBindAddress?: string;
  readonly entryPointSuperserverPort?: number;
  readonly entryPointCookie?: string;
  readonly prometheusPort?: number;
  readonly alertmanagerPort?: number;
  readonly alertmanagerConfigFile?: string;
  readonly scrapeIntervalSec?: number;
  readonly alertForSec?: number;
  readonly alertWindowSec?: number;
  /** Addresses of Docker hosts by their names, such as `ssh://ops@east.example.org`; for a swarm a manager first. */
  readonly nodes?: Readonly<Record<string, string>>;
  readonly nodeCertPath?: string;
  /** Node of each server. Without it the nodes are a swarm's, which chooses. */
  readonly hosts?: Readonly<Record<string, string>>;
  readonly registry?: string;
  /** Which servers a change of IRIS's version reaches first. */
  readonly upgradeOrder?: 'app-servers-first' | 'data-server-first';
  /** How old the newest backup may be when another image takes over the data. */
  readonly upgradeBackupAgeHours?: number;
}

/** A setting that breaks a rule: told to the user in one sentence, without a stack trace. */
export class SettingsError extends Error {}

type Reader<T> = (value: unknown, source: string) => T;

/** How each setting is read. The environment variable of `appServers` is `ECP_APP_SERVERS`, and so on. */
const READERS: { readonly [Key in keyof Settings]-?: Reader<Settings[Key]> } = {
  engine: oneOf('rehearsal', 'iris'),
  cluster: text,
  appServers: countOrNames,
  maxAppServers: wholeNumber,
  additionalClients: names,
  mirror: nameOrFlag,
  mirrorMembers: names,
  arbiter: flag,
  subnet: text,
  dataServerWebPort: wholeNumber,
  appServerWebPortBase: wholeNumber,
  dataServerConfigFile: text,
  appServerConfigFile: text,
  configVariables: variables,
  dataServerMemoryMiB: wholeNumber,
  appServerMemoryMiB: wholeNumber,
  dataServerCpus: decimal,
  appServerCpus: decimal,
  dataServerCpuSet: text,
  appServerCpuSet: text,
  journalVolume: text,
  alternateJournalVolume: text,
  startTimeoutSec: wholeNumber,
  stopTimeoutSec: wholeNumber,
  restart: text,
  labels: variables,
  logDriver: text,
  logOptions: variables,
  dataRetention: oneOf('retain', 'destroy'),
  keyAlgorithm: oneOf('RSA', 'ECDSA'),
  leafValidityHours: wholeNumber,
  leafRenewalHours: wholeNumber,
  caValidityHours: wholeNumber,
  signingCa: wholeNumber,
  trustedCas: wholeNumbers,
  rehearsalBaseImage: text,
  irisImage: text,
  irisLicenseKeyFile: text,
  irisPasswordFile: text,
  irisGlobalBuffersMiB: wholeNumber,
  irisCpfMergeFile: text,
  irisHugePages: flag,
  irisLicenseServer: text,
  irisOtlpEndpoint: text,
  irisApplicationFolder: text,
  clientReconnectInterval: wholeNumber,
  clientReconnectDuration: wholeNumber,
  serverTroubleDuration: wholeNumber,
  webGatewayImage: text,
  backupRepository: text,
  backupPasswordFile: text,
  backupSchedule: text,
  backupRetention: text,
  backupVerify: text,
  backupFreezeTimeoutSec: wholeNumber,
  backupSftpKeyFile: text,
  backupSftpKnownHostsFile: text,
  backupS3KeyIdFile: text,
  backupS3SecretKeyFile: text,
  backupS3Region: text,
  entryPointPort: wholeNumber,
  entryPointBindAddress: text,
  entryPointSuperserverPort: wholeNumber,
  entryPointCookie: text,
  prometheusPort: wholeNumber,
  alertmanagerPort: wholeNumber,
  alertmanagerConfigFile: text,
  scrapeIntervalSec: wholeNumber,
  alertForSec: wholeNumber,
  alertWindowSec: wholeNumber,
  nodes: addresses,
  nodeCertPath: text,
  hosts: variables,
  registry: text,
  upgradeOrder: oneOf('app-servers-first', 'data-server-first'),
  upgradeBackupAgeHours: wholeNumber,
};

/** What is set where nobody sets anything. */
export const DEFAULTS = {
  engine: 'rehearsal',
  cluster: 'ecp',
  appServers: ['app-server-1', 'app-server-2'],
  dataServerWebPort: 81,
  appServerWebPortBase: 8100,
} as const;

/** Feature flags of cdktf that `context` may contain beside our settings. */
const CDKTF_FLAGS = [
  'excludeStackIdFromLogicalIds',
  'allowSepCharsInLogicalIds',
  'cdktfRelativeModules',
  'cdktfStaticModuleAssetHash',
];

/** Variables of this prefix that are not settings of the cluster: where the state lies. */
const OTHER_VARIABLES = ['ECP_STATE_DIR'];

/** Names that settings had: the number of MiB is the same. */
const RENAMED: ReadonlyMap<string, keyof Settings> = new Map([
  ['dataServerMemoryMb', 'dataServerMemoryMiB'],
  ['appServerMemoryMb', 'appServerMemoryMiB'],
  ['irisGlobalBuffersMb', 'irisGlobalBuffersMiB'],
]);

/** Environment variable of a setting: `ECP_` and the name in capitals, with MiB as one word. */
export function variableOf(setting: string): string {
  return `ECP_${setting
    .replace('MiB', 'Mib')
    .replace(/[A-Z]/g, letter => `_${letter}`)
    .toUpperCase()}`;
}

/** Settings that reach a construct under another name, or that several servers' props share. */
const SETTINGS_OF_PROPS: Readonly<Record<string, readonly (keyof Settings)[]>> = {
  clusterName: ['cluster'],
  webPort: ['dataServerWebPort', 'appServerWebPortBase'],
  memoryMiB: ['dataServerMemoryMiB', 'appServerMemoryMiB'],
  cpus: ['dataServerCpus', 'appServerCpus'],
  cpuSet: ['dataServerCpuSet', 'appServerCpuSet'],
  configFile: ['dataServerConfigFile', 'appServerConfigFile'],
  baseImage: ['rehearsalBaseImage', 'irisImage', 'webGatewayImage'],
  licenseKeyFile: ['irisLicenseKeyFile'],
  passwordFile: ['irisPasswordFile'],
  globalBuffersMiB: ['irisGlobalBuffersMiB'],
  cpfMergeFile: ['irisCpfMergeFile'],
  licenseServer: ['irisLicenseServer'],
  otlpEndpoint: ['irisOtlpEndpoint'],
  applicationFolder: ['irisApplicationFolder'],
  algorithm: ['keyAlgorithm'],
  entryPoint: ['entryPointPort'],
  port: ['entryPointPort'],
  bindAddress: ['entryPointBindAddress'],
  superserverPort: ['entryPointSuperserverPort'],
  cookie: ['entryPointCookie'],
  monitoring: ['prometheusPort'],
  network: ['nodes', 'hosts'],
  mirror: ['mirror', 'mirrorMembers'],
};

/**
 * Adds to a construct's sentence, which names a prop, where a user of the app has set it; all places where it could be set, when it is set
 * nowhere or more than one has the value.
 */
export function nameSettings(
  sentence: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const [, prop = ''] = /^'(\w+)'/.exec(sentence) ?? [];
  const settings = SETTINGS_OF_PROPS[prop] ?? (Object.hasOwn(READERS, prop) ? [prop] : []);
  // A sentence that names the variable has said it.
  if (settings.length === 0 || settings.some(setting => sentence.includes(variableOf(setting)))) return sentence;
  const places = sourcesOf(settings, environment);
  const [place, ...others] = places.filter(({ value }) => isGot(sentence, value));
  if (place && others.length === 0) return `${sentence}; it is set by ${place.name}`;
  const given =
    places.length > 0
      ? places.map(({ name }) => name)
      : settings.map(setting => `'${setting}' in cdktf.json or ${variableOf(setting)}`);
  return `${sentence}; it is set by ${given.join(', ')}`;
}

/** Whether a sentence says that it got the value, with or without quotes. */
function isGot(sentence: string, value: string): boolean {
  const [, got = ''] = /\bgot ['"]?(.*)/s.exec(sentence) ?? [];
  return got.startsWith(value) && !/^[\w-]/.test(got.slice(value.length));
}

/** Where settings were given a value, and which. */
function sourcesOf(
  settings: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): { readonly name: string; readonly value: string }[] {
  const context = contextOf(environment);
  return settings.flatMap(setting => {
    const variable = variableOf(setting);
    if (environment[variable]) return { name: variable, value: environment[variable] };
    const value = context[setting];
    if (value === undefined) return [];
    const text = typeof value === 'object' ? JSON.stringify(value) : String(value as string | number | boolean);
    return {
      name: `'${setting}' in ${environment.CDKTF_CONTEXT_JSON === undefined ? 'cdktf.json' : 'CDKTF_CONTEXT_JSON'}`,
      value: text,
    };
  });
}

/** Reads the settings from cdktf.json, the environment and what the set-up of this machine found. */
export function loadSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const settings = readSettings(contextOf(environment), environment, readFacts());
  const centre = settings.nodes === undefined ? readDataCentre(settings.cluster) : undefined;
  return centre ? { ...settings, ...settingsOf(centre) } : settings;
}

function contextOf(environment: Readonly<Record<string, string | undefined>>): Record<string, unknown> {
  return environment.CDKTF_CONTEXT_JSON === undefined
    ? parseObject('context of cdktf.json', readProject().context ?? {})
    : parseObject('CDKTF_CONTEXT_JSON', environment.CDKTF_CONTEXT_JSON);
}

/** A cluster that has a data centre of its own runs there. */
function settingsOf(centre: DataCentre): Partial<Settings> {
  return { nodes: nodesOf(centre), nodeCertPath: centre.certificateFolder, registry: centre.registry };
}

function readProject(): Record<string, unknown> {
  const file = join(PROJECT, 'cdktf.json');
  return existsSync(file) ? parseObject('cdktf.json', readFileSync(file, 'utf8')) : {};
}

/** An object, or the text of one. */
function parseObject(source: string, value: unknown): Record<string, unknown> {
  let parsed = value;
  let problem = '';
  if (typeof value === 'string') {
    try {
      parsed = JSON.parse(value);
    } catch (error) {
      problem = ` (${(error as Error).message})`;
    }
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as Record<string, unknown>;
  throw new SettingsError(
    `'${source}' must be a JSON object such as {"cluster":"ecp"}, got ${shorten(value)}${problem}; correct it`,
  );
}

/**
 * Reads the settings; the environment wins over the context, the context over `defaults`, and an empty variable counts as unset.
 * Rules about values that a construct checks itself are left to the construct.
 *
 * @throws Error with the setting, the rule, the value and where it was found.
 */
export function readSettings(
  context: Readonly<Record<string, unknown>>,
  environment: Readonly<Record<string, string | undefined>>,
  defaults: Partial<Settings> = {},
): Settings {
  const known = Object.keys(READERS);
  for (const key of Object.keys(context)) {
    if (known.includes(key) || CDKTF_FLAGS.includes(key)) continue;
    const renamed = RENAMED.get(key);
    if (renamed)
      throw new SettingsError(
        `'${key}' in the context of cdktf.json is now '${renamed}', got ${shorten(context[key])}; rename it, the value stays`,
      );
    throw new SettingsError(
      `'${key}' in the context of cdktf.json is not a setting; ${meantBy(key, known) ?? `settings are ${known.join(', ')}`}`,
    );
  }
  const knownVariables = [...known.map(variableOf), ...OTHER_VARIABLES];
  for (const variable of Object.keys(environment).filter(name => name.startsWith('ECP_'))) {
    if (knownVariables.includes(variable) || variable.startsWith('ECP_CONTRACT_')) continue;
    const [, renamed] = [...RENAMED].find(([old]) => variableOf(old) === variable) ?? [];
    if (renamed)
      throw new SettingsError(
        `'${variable}' in the environment is now '${variableOf(renamed)}', got ${shorten(environment[variable])}; rename it, the value stays`,
      );
    throw new SettingsError(
      `'${variable}' in the environment is not a setting; ${meantBy(variable, knownVariables) ?? `unset it, or use one of ${knownVariables.join(', ')}`}`,
    );
  }
  const settings: Record<string, unknown> = { ...DEFAULTS, ...defaults };
  for (const [key, read] of Object.entries(READERS) as [string, Reader<unknown>][]) {
    const variable = variableOf(key);
    if (environment[variable]) settings[key] = read(environment[variable], variable);
    else if (context[key] !== undefined) settings[key] = read(context[key], key);
  }
  return settings as unknown as Settings;
}

function meantBy(word: string, known: readonly string[]): string | undefined {
  const meant = nearest(word, known);
  return meant === undefined ? undefined : `did you mean '${meant}'?`;
}

function text(value: unknown, source: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new SettingsError(`'${source}' must be text, got ${shorten(value)}`);
}

function wholeNumber(value: unknown, source: string): number {
  const number = typeof value === 'string' && /^-?\d+$/.test(value.trim()) ? Number(value) : value;
  if (typeof number === 'number' && Number.isSafeInteger(number)) return number;
  throw new SettingsError(`'${source}' must be a whole number, got ${shorten(value)}`);
}

function decimal(value: unknown, source: string): number {
  const number = typeof value === 'string' && /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isFinite(number)) return number;
  throw new SettingsError(`'${source}' must be a number, such as 2 or 0.5, got ${shorten(value)}`);
}

function flag(value: unknown, source: string): boolean {
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  throw new SettingsError(`'${source}' must be 'true' or 'false', got ${shorten(value)}`);
}

/** `true` stands for a name that is as good as any. */
function nameOrFlag(value: unknown, source: string): string | undefined {
  if (value === false || value === 'false') return undefined;
  if (value === true || value === 'true') return 'ECP';
  if (typeof value === 'string' && value !== '') return value;
  throw new SettingsError(`'${source}' must be a name, or 'true' or 'false', got ${shorten(value)}`);
}

function wholeNumbers(value: unknown, source: string): number[] {
  const list = typeof value === 'string' ? value.split(',') : value;
  if (Array.isArray(list) && list.length > 0) return list.map(each => wholeNumber(each, source));
  throw new SettingsError(
    `'${source}' must be a list of whole numbers, separated by commas in a variable, got ${shorten(value)}`,
  );
}

function oneOf<T extends string>(...allowed: readonly T[]): Reader<T> {
  return (value, source) => {
    const found = allowed.find(candidate => candidate === value);
    if (found !== undefined) return found;
    throw new SettingsError(
      `'${source}' must be ${allowed.map(each => `'${each}'`).join(' or ')}, got ${shorten(value)}`,
    );
  };
}

function names(value: unknown, source: string): string[] {
  const list = typeof value === 'string' ? value.split(',').map(name => name.trim()) : value;
  if (Array.isArray(list) && list.every(name => typeof name === 'string' && name !== '')) return list as string[];
  throw new SettingsError(
    `'${source}' must be a list of names, separated by commas in a variable, got ${shorten(value)}`,
  );
}

const NUMBER_WORDS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];

/** `3` stands for `app-server-1` to `app-server-3`. */
function countOrNames(value: unknown, source: string): string[] {
  const word = typeof value === 'string' ? NUMBER_WORDS.indexOf(value.trim().toLowerCase()) : -1;
  if (word >= 0)
    throw new SettingsError(
      `'${source}' must be a number of servers in figures, or a list of names, got '${String(value)}'; write ${word || 1}, or ["${String(value).trim()}"] into cdktf.json if one server is called that`,
    );
  const isList = Array.isArray(value) || typeof value === 'string';
  if (isList && !/^\s*-?[\d.]+\s*$/.test(String(value))) return names(value, source);
  const count = isList || typeof value === 'number' ? Number(value) : 0;
  if (Number.isInteger(count) && count >= 1 && count <= 254) {
    return Array.from({ length: count }, (_, index) => `app-server-${index + 1}`);
  }
  throw new SettingsError(
    `'${source}' must be a number of servers from 1 to 254 (the range of MaxServerConn) or a list of names, got ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`,
  );
}

function variables(value: unknown, source: string): Record<string, string> {
  let parsed = value;
  if (typeof value === 'string') {
    try {
      parsed = JSON.parse(value);
    } catch {
      parsed = undefined;
    }
  }
  const entries =
    typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? Object.entries(parsed) : undefined;
  if (entries?.every(([, each]) => typeof each === 'string'))
    return Object.fromEntries(entries) as Record<string, string>;
  throw new SettingsError(
    `'${source}' must be a JSON object of texts, such as {"NAME":"value"}, got ${shorten(value)}`,
  );
}

/** Addresses of Docker hosts by their names. */
function addresses(value: unknown, source: string): Record<string, string> {
  const found = variables(value, source);
  for (const [node, address] of Object.entries(found)) {
    const { username = '', password = '', hostname = '' } = URL.canParse(address) ? new URL(address) : {};
    // First, since the others show the address.
    if (password !== '')
      throw new SettingsError(
        `'${source}' must have addresses without a password, which the stack would show, got one for '${node}'; take it out, and let ssh use a key`,
      );
    if (!isDockerAddress(address))
      throw new SettingsError(
        `'${source}' must have addresses such as ssh://ops@east.example.org or tcp://10.0.0.2:2376, got ${shorten(address)} for '${node}'; correct it`,
      );
    if ([username, hostname].some(each => /^(-|%2d)/i.test(each)))
      throw new SettingsError(
        `'${source}' must have users and hosts that do not begin with '-', which ssh would take for an option, got ${shorten(address)} for '${node}'; correct it`,
      );
  }
  return found;
}

function isDockerAddress(text: string): boolean {
  if (text.startsWith('unix:///')) return true;
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, pathname } = new URL(text);
  return ['ssh:', 'tcp:'].includes(protocol) && hostname !== '' && ['', '/'].includes(pathname);
}
