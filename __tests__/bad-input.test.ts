/** What a user may get wrong and synth can know: one sentence with the option, the rule, the value and a remedy, and nothing made. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SettingsError, nameSettings } from '../app/settings';
import { synthesize } from '../app/synthesize';

const PROJECT = join(__dirname, '..');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ecp-bad-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function environment(settings: Readonly<Record<string, string>>): Record<string, string> {
  return {
    CDKTF_OUTDIR: join(folder, 'out'),
    ECP_STATE_DIR: join(folder, 'state'),
    CDKTF_CONTEXT_JSON: '{}',
    ECP_REHEARSAL_BASE_IMAGE: 'debian:bookworm-slim',
    ...settings,
  };
}

/** The sentence, with the folder of this test as FOLDER. */
function refusal(settings: Readonly<Record<string, string>>): string {
  try {
    synthesize(environment(settings));
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError);
    return (error as Error).message.replaceAll(folder, 'FOLDER');
  }
  throw new Error('nothing was refused');
}

/** Files that a synth has written; empty folders do not count. */
function written(): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter(entry => entry.isFile() && entry.name !== 'config.json').map(({ name }) => name);
}

const from = (variable: string): string => `; it is set by ${variable}`;
const COUNT = 'must be a number of servers from 1 to 254 (the range of MaxServerConn) or a list of names';
const NAME =
  "must be 1 to 63 characters of a-z, 0-9 and '-', with a letter or digit at both ends (it becomes a host name)";
const SERVERS = from('ECP_APP_SERVERS');
const CLUSTER = from('ECP_CLUSTER');
const MAXIMUM = from('ECP_MAX_APP_SERVERS');
const WEB_PORT = from('ECP_DATA_SERVER_WEB_PORT');
const IMAGE = from('ECP_REHEARSAL_BASE_IMAGE');
const CONFIG_FILE = from('ECP_DATA_SERVER_CONFIG_FILE');

describe('a setting is refused', () => {
  test.each<[string, Record<string, string>, string]>([
    ['no application server', { ECP_APP_SERVERS: '0' }, `'ECP_APP_SERVERS' ${COUNT}, got 0`],
    ['a negative number', { ECP_APP_SERVERS: '-3' }, `'ECP_APP_SERVERS' ${COUNT}, got -3`],
    [
      'more than the data server admits',
      { ECP_APP_SERVERS: '17' },
      `'appServers' must stay below 'maxAppServers', got 'app-server-17' with 16 admitted; raise 'maxAppServers' (at most 254) or choose a name of another form${SERVERS}`,
    ],
    ['one name twice', { ECP_APP_SERVERS: 'a,b,a' }, `'appServers' must have different names, got 'a' twice${SERVERS}`],
    ['a name that is no host name', { ECP_APP_SERVERS: 'App_1' }, `'appServers' ${NAME}, got 'App_1'${SERVERS}`],
    [
      "the data server's name",
      { ECP_APP_SERVERS: 'data-server' },
      `'appServers' must name application servers, got 'data-server', the data server${SERVERS}`,
    ],
    [
      'the name of a container beside a server',
      { ECP_APP_SERVERS: 'a,a-files' },
      `'appServers' must not end in '-files' or '-web', which name the containers beside a server, got 'a-files'; choose another${SERVERS}`,
    ],
    ['a cluster with a space', { ECP_CLUSTER: 'my cluster' }, `'cluster' ${NAME}, got 'my cluster'${CLUSTER}`],
    ['a cluster that is a path', { ECP_CLUSTER: '../x' }, `'cluster' ${NAME}, got '../x'${CLUSTER}`],
    [
      'a negative maximum',
      { ECP_MAX_APP_SERVERS: '-1' },
      `'maxAppServers' must be a whole number from 1 to 254 (the range of MaxServerConn), got -1${MAXIMUM}`,
    ],
    [
      'a port beyond all ports',
      { ECP_DATA_SERVER_WEB_PORT: '70000' },
      `'webPort' must be a whole number from 1 to 65535 (a TCP port), got 70000${WEB_PORT}`,
    ],
    [
      'two servers at one port',
      { ECP_DATA_SERVER_WEB_PORT: '8102' },
      `'webPort' must be different for each server, got 8102 for 'app-server-2', which 'data-server' has; change 'appServerWebPortBase' or one of the two${WEB_PORT}`,
    ],
    [
      'a subnet with host bits',
      { ECP_SUBNET: '172.28.0.5/16' },
      `'subnet' must be an IPv4 network address with 8 to 29 bits, such as '172.28.0.0/16', got '172.28.0.5/16'; clear the host bits or leave it out${from('ECP_SUBNET')}`,
    ],
    [
      'an image in capitals',
      { ECP_REHEARSAL_BASE_IMAGE: 'Debian:bookworm' },
      `'baseImage' must be the name of an image in small letters, with a tag or digest, such as 'debian:bookworm-slim', got 'Debian:bookworm'; correct it${IMAGE}`,
    ],
    [
      'an address for the data server, which is in no certificate',
      { ECP_CONFIG_VARIABLES: '{"DATASERVER_IP":"10.0.0.5"}' },
      `'${join(PROJECT, 'config-files', 'app-server.json')}' /ECPServers/data-server/Address: must be a host name for the rehearsal engine, which looks for it in the data server's certificate, got "10.0.0.5"; correct it`,
    ],
    [
      'a subnet that is loopback',
      { ECP_SUBNET: '127.0.0.0/8' },
      `'subnet' must lie outside 127.0.0.0/8 (loopback), got '127.0.0.0/8'; choose a private one, such as '172.28.0.0/16'${from('ECP_SUBNET')}`,
    ],
    [
      'a subnet without room for the servers',
      { ECP_SUBNET: '10.0.0.0/29', ECP_APP_SERVERS: '5' },
      `'subnet' must have room for 6 containers, got '10.0.0.0/29' with 5 addresses beside Docker's own three; choose a larger one${from('ECP_SUBNET')}`,
    ],
    [
      "a cluster with Docker's own name",
      { ECP_CLUSTER: 'host' },
      `'clusterName' must not be a word of Docker for its own networks (bridge, default, host, ingress, nat, none), got 'host'; choose another${CLUSTER}`,
    ],
    [
      'a lifetime shorter than its renewal window',
      { ECP_LEAF_VALIDITY_HOURS: '10', ECP_LEAF_RENEWAL_HOURS: '20' },
      `'leafRenewalHours' must be a whole number from 0 to 9 (less than 'leafValidityHours'), got 20${from('ECP_LEAF_RENEWAL_HOURS')}`,
    ],
    [
      'an authority that does not outlive what it signs',
      { ECP_CA_VALIDITY_HOURS: '5' },
      `'caValidityHours' must be a whole number from 2881 to 438000 (longer than 'leafValidityHours' and 'leafRenewalHours' together, so that the authority outlives what it signed), got 5${from('ECP_CA_VALIDITY_HOURS')}`,
    ],
    [
      'a context that is no JSON',
      { CDKTF_CONTEXT_JSON: '{"a' },
      `'CDKTF_CONTEXT_JSON' must be a JSON object such as {"cluster":"ecp"}, got "{\\"a" (Unterminated string in JSON at position 3); correct it`,
    ],
    [
      'a context that is no object',
      { CDKTF_CONTEXT_JSON: 'null' },
      `'CDKTF_CONTEXT_JSON' must be a JSON object such as {"cluster":"ecp"}, got "null"; correct it`,
    ],
  ])('%s', (_, settings, sentence) => {
    expect(refusal(settings).replace(/ \(line \d+ column \d+\)/, '')).toBe(sentence);
    expect(written()).toEqual([]);
  });

  test('the sentence names no setting if the prop has none', () => {
    expect(nameSettings("'rsaBits' must be")).toBe("'rsaBits' must be");
    expect(nameSettings("'ECP_CLUSTER' must be")).toBe("'ECP_CLUSTER' must be");
    expect(nameSettings('no option')).toBe('no option');
  });

  test('the sentence names the one place that has the value, or all that may', () => {
    const sentence = "'webPort' must be free, got 99";
    const contextOf = (context: object): object => ({ CDKTF_CONTEXT_JSON: JSON.stringify(context) });
    const said = (environment: object): string =>
      nameSettings(sentence, environment as NodeJS.ProcessEnv).slice(sentence.length);
    expect(said({ ...contextOf({ dataServerWebPort: 99 }), ECP_APP_SERVER_WEB_PORT_BASE: '98' })).toBe(
      "; it is set by 'dataServerWebPort' in CDKTF_CONTEXT_JSON",
    );
    expect(said({ ...contextOf({ dataServerWebPort: 98 }), ECP_APP_SERVER_WEB_PORT_BASE: '99' })).toBe(
      from('ECP_APP_SERVER_WEB_PORT_BASE'),
    );
    expect(said({ ...contextOf({ dataServerWebPort: 99 }), ECP_APP_SERVER_WEB_PORT_BASE: '99' })).toBe(
      "; it is set by 'dataServerWebPort' in CDKTF_CONTEXT_JSON, ECP_APP_SERVER_WEB_PORT_BASE",
    );
    expect(said(contextOf({}))).toBe(
      "; it is set by 'dataServerWebPort' in cdktf.json or ECP_DATA_SERVER_WEB_PORT, 'appServerWebPortBase' in cdktf.json or ECP_APP_SERVER_WEB_PORT_BASE",
    );
  });
});

describe('a configuration file is refused', () => {
  const ours = readFileSync(join(PROJECT, 'config-files', 'data-server.json'), 'utf8');

  test.each<[string, string | undefined, string]>([
    [
      'that is missing',
      undefined,
      `'configFile' must be a readable file, got 'FOLDER/config.json', which does not exist; correct the path${CONFIG_FILE}`,
    ],
    [
      'that is empty',
      '',
      `'configFile' must be JSON, but 'FOLDER/config.json' is not: Unexpected end of JSON input; fix it${CONFIG_FILE}`,
    ],
    ['that is a list', '[]', "'FOLDER/config.json' /: must be an object with Config-API's sections, got []"],
    [
      'with a variable that is not set',
      ours.replace('CLIENT_SYSTEMS', 'CLIENTS'),
      "'FOLDER/config.json' /Security.Services/%Service_ECP/ClientSystems: variable '${CLIENTS}' has no value; set it in 'configVariables' or use one of CA_PRIVATE_KEY, CA_ROOT, CA_SERVER, CLIENT_SYSTEMS, PRIVATE_KEY_TYPE",
    ],
    [
      'with an unknown section',
      ours.replace('Security.Services', 'Security.Service'),
      "'FOLDER/config.json' /Security.Service: unknown section 'Security.Service'; did you mean 'Security.Services'?",
    ],
    [
      'that gives up mutual TLS',
      ours.replace('"VerifyPeer": 3', '"VerifyPeer": 1'),
      "'FOLDER/config.json' /Security.SSLConfigs/%ECPServer/VerifyPeer: must be 3 (below 3 the data server takes application servers without a certificate), got 1; set it, or set 'allowInsecure'",
    ],
  ])('%s', (_, text, sentence) => {
    if (text !== undefined) writeFileSync(join(folder, 'config.json'), text);
    expect(refusal({ ECP_DATA_SERVER_CONFIG_FILE: join(folder, 'config.json') })).toBe(sentence);
    expect(written()).toEqual([]);
  });

  test('that nests too deeply', () => {
    writeFileSync(join(folder, 'config.json'), `{"Startup":${'['.repeat(50_000)}${']'.repeat(50_000)}}`);
    expect(refusal({ ECP_DATA_SERVER_CONFIG_FILE: join(folder, 'config.json') })).toMatch(
      /^'FOLDER\/config.json' .*: nests deeper than 100 levels; flatten it$/,
    );
  });
});

describe('a folder is refused', () => {
  test.each(['ECP_STATE_DIR', 'CDKTF_OUTDIR'])(
    'for %s that is a file, below a file, or in a folder that takes nothing',
    variable => {
      const rule = `'${variable}' must be a folder that can be made and written`;
      writeFileSync(join(folder, 'file'), '');
      expect(refusal({ [variable]: join(folder, 'file', 'x') })).toMatch(`${rule}, got 'FOLDER/file/x' (ENOTDIR`);
      expect(refusal({ [variable]: '/proc/x' })).toMatch(`${rule}, got '/proc/x' (ENOENT`);
      expect(refusal({ [variable]: join(folder, 'file') })).toMatch(`${rule}, got 'FOLDER/file' (it is a file)`);
      expect(readdirSync(folder).filter(name => name !== 'file' && name !== 'out')).toEqual([]);
    },
  );
});

describe('the programs say the same', () => {
  const SENTENCE = `'ECP_APP_SERVERS' ${COUNT}, got 0`;

  test.each([
    ['./ecp up', ['cli/main.ts', 'up'], 2],
    ['./ecp up --check', ['cli/main.ts', 'up', '--check'], 2],
    ['./ecp status', ['cli/main.ts', 'status'], 2],
    ['./ecp verify', ['cli/main.ts', 'verify'], 2],
    ['./ecp exec', ['cli/main.ts', 'exec', 'app-server-1', 'status'], 2],
    ['the app of npx cdktf synth', ['main.ts'], 1],
  ])('%s', (_, args, code) => {
    mkdirSync(join(folder, 'bin'));
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--require', 'tsx/cjs', ...args], {
      cwd: PROJECT,
      encoding: 'utf8',
      env: { ...process.env, ...environment({ ECP_APP_SERVERS: '0' }) },
    });
    expect({ status, stdout, stderr }).toEqual({ status: code, stdout: '', stderr: `error: ${SENTENCE}\n` });
    expect(existsSync(join(folder, 'out'))).toBe(false);
  });
});
