import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesize } from '../app/synthesize';
import { stackText } from './stack-text';
import { unpackDelivery } from './synth';

type Json = Record<string, unknown>;
interface StackJson extends Json {
  readonly resource: Record<string, Record<string, Json>>;
  readonly terraform: Json;
}

const PROJECT = join(__dirname, '..');

let folder: string;
let environment: Record<string, string>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ecp-main-'));
  environment = {
    CDKTF_OUTDIR: join(folder, 'out'),
    ECP_STATE_DIR: join(folder, 'state'),
    CDKTF_CONTEXT_JSON: '{}',
    // Nor must a docker context of this machine's user.
    DOCKER_CONFIG: folder,
    // What the set-up of this machine found must not show.
    ECP_REHEARSAL_BASE_IMAGE: 'debian:bookworm-slim',
  };
});

afterEach(() => rmSync(folder, { recursive: true }));

/** The stack that the app writes, as text and without cdktf's remarks as JSON. */
function synthesized(settings: Record<string, string> = {}) {
  const result = synthesize({ ...environment, ...settings });
  const text = readFileSync(join(result.stackDirectory, 'cdk.tf.json'), 'utf8');
  const json = JSON.parse(text, (key, value: unknown) => (key === '//' ? undefined : value)) as StackJson;
  return { ...result, text, json };
}

function named(json: StackJson, type: string, name: string): Json {
  return Object.values(json.resource[type]!).find(each => each.name === name)!;
}

function delivered(json: StackJson, server: string): Record<string, string> {
  return unpackDelivery(named(json, 'docker_container', `${server}-files`).upload as { content?: string }[]);
}

test('a mirror', () => {
  expect(stackText(synthesized({ ECP_MIRROR: 'true', ECP_APP_SERVERS: '1' }).json)).toMatchSnapshot();
});

test('the default stack', () => {
  expect(stackText(synthesized().json)).toMatchSnapshot();
});

describe('the stack', () => {
  test('is named after cluster and engine, and so is its state', () => {
    // WHEN
    const { stackName, stackDirectory, stateFile, settings } = synthesized({ ECP_CLUSTER: 'blue' });

    // THEN
    expect(stackName).toBe('blue-rehearsal');
    expect(stackDirectory).toBe(join(folder, 'out', 'stacks', 'blue-rehearsal'));
    expect(stateFile).toBe(join(folder, 'state', 'blue-rehearsal.tfstate'));
    expect(settings).toMatchObject({ cluster: 'blue', engine: 'rehearsal' });
  });

  test('finds its state from the real path of the output folder', () => {
    // GIVEN
    mkdirSync(join(folder, 'some', 'where', 'deep'), { recursive: true });
    symlinkSync(join(folder, 'some', 'where', 'deep'), join(folder, 'link'));

    // THEN
    const { json } = synthesized({ CDKTF_OUTDIR: join(folder, 'link') });
    expect(json.terraform.backend).toEqual({ local: { path: '../../../../../state/ecp-rehearsal.tfstate' } });
  });

  describe('for plain cdktf, when the state still has a data volume that the stack has not', () => {
    const removed = (settings: Record<string, string>, state = 'ecp-data', planForgetsData = true): unknown => {
      const instances = [{ attributes: { id: state, labels: [{ label: 'ecp.cluster', value: 'ecp' }] } }];
      const resources = [{ mode: 'managed', type: 'docker_volume', name: 'ecp_data', instances }];
      mkdirSync(join(folder, 'state'), { recursive: true });
      writeFileSync(join(folder, 'state', 'ecp-rehearsal.tfstate'), JSON.stringify({ version: 4, resources }));
      const { stackDirectory } = synthesize({ ...environment, ...settings }, { planForgetsData });
      const stack = JSON.parse(readFileSync(join(stackDirectory, 'cdk.tf.json'), 'utf8')) as { removed?: unknown };
      return stack.removed;
    };

    test('removes it from the state only', () => {
      expect(removed({})).toEqual([{ from: 'docker_volume.ecp_data', lifecycle: { destroy: false } }]);
    });

    test('leaves it alone if it belongs to the stack, is another volume, or ./ecp handles it', () => {
      expect(removed({ ECP_DATA_RETENTION: 'destroy' })).toBeUndefined();
      expect(removed({}, 'ecp-data-server-files')).toBeUndefined();
      expect(removed({}, 'ecp-data', false)).toBeUndefined();
    });
  });

  test.each(['out', 'out/state', 'link'])('refuses a state in %s, where a synth deletes what is no stack’s', name => {
    mkdirSync(join(folder, 'out', 'stacks', 'old'), { recursive: true });
    symlinkSync(join(folder, 'out', 'stacks', 'old'), join(folder, 'link'));
    expect(() => synthesized({ ECP_STATE_DIR: join(folder, name) })).toThrow(
      `'ECP_STATE_DIR' must be outside of the output folder, where a synth deletes what is no stack's, got '${join(folder, name)}'; choose another`,
    );
  });

  test('refuses a workspace, and the state of another cluster', () => {
    expect(() => synthesized({ TF_WORKSPACE: 'dev' })).toThrow(/^'TF_WORKSPACE' must be unset or 'default'/);
    const outputs = { cluster: { value: { name: 'blue' } } };
    mkdirSync(join(folder, 'state'), { recursive: true });
    writeFileSync(
      join(folder, 'state', 'ecp-rehearsal.tfstate'),
      JSON.stringify({ version: 4, outputs, resources: [] }),
    );
    expect(() => synthesized()).toThrow(/must be of the cluster 'ecp', and is of 'blue'/);
  });

  test('keeps its state outside the output folder, by a relative path', () => {
    expect(synthesized().json.terraform.backend).toEqual({ local: { path: '../../../state/ecp-rehearsal.tfstate' } });
  });

  test('asks for the provider versions that the constructs were measured with', () => {
    const { json } = synthesized();
    expect(json.terraform.required_providers).toEqual({
      docker: { source: 'kreuzwerker/docker', version: '>= 4.6.0, < 5.0.0' },
      tls: { source: 'hashicorp/tls', version: '>= 4.1.0, < 5.0.0' },
    });
    expect(json.provider).toEqual({ docker: [{}], tls: [{}] });
  });

  test('has one output with names, and no secret in it', () => {
    const { json } = synthesized();
    const nameOf = (address: RegExp) =>
      `\${docker_container.${Object.keys(json.resource.docker_container!).find(each => address.test(each))}.name}`;
    expect(json.output).toEqual({
      cluster: {
        description: 'Names of the cluster and its containers',
        value: {
          name: 'ecp',
          engine: 'rehearsal',
          dataServer: nameOf(/^ecp_data-server_[0-9A-F]{8}$/),
          appServers: [nameOf(/^ecp_app-server-1_[0-9A-F]{8}$/), nameOf(/^ecp_app-server-2_[0-9A-F]{8}$/)],
          dataVolume: 'ecp-data',
        },
      },
    });
  });

  test('contains nothing but its resources', () => {
    expect(Object.keys(synthesized().json).sort()).toEqual(['output', 'provider', 'resource', 'terraform']);
  });

  test('has no path of the machine in it, and the same text wherever it is written', () => {
    // GIVEN
    const { text } = synthesized();

    // WHEN
    environment.CDKTF_OUTDIR = join(folder, 'elsewhere');
    const again = synthesized();

    // THEN
    for (const path of [PROJECT, folder, tmpdir(), homedir()]) expect(text).not.toContain(`${path}/`);
    expect(again.text).toBe(text);
  });

  test('has the build context of the image beside it', () => {
    // WHEN
    const { json, stackDirectory } = synthesized();

    // THEN
    const image = Object.values(json.resource.docker_image!).find(each => each.build !== undefined);
    const { context } = image!.build as { context: string };
    expect(context).toMatch(/^assets\/image_context_5EEBCE54\/[0-9a-f]{64}$/);
    const files = (directory: string) => readdirSync(directory, { recursive: true }).sort();
    expect(files(join(stackDirectory, context))).toEqual(files(join(PROJECT, 'images', 'rehearsal')));
  });

  test('can be written twice into the same folder', () => {
    const { text } = synthesized();
    expect(synthesized().text).toBe(text);
  });
});

describe('the numbers of the authorities', () => {
  const [kept, settings] = [
    { signingCa: 2, trustedCas: [2, 3] },
    { ECP_SIGNING_CA: '1', ECP_TRUSTED_CAS: '1,2' },
  ];

  function authorities(json: StackJson): string[] {
    const subjects = Object.values(json.resource.tls_self_signed_cert!).map(each => each.subject);
    return subjects.map(subject => (subject as { common_name: string }[])[0]!.common_name).sort();
  }

  function keep(numbers: object): void {
    mkdirSync(join(folder, 'state'));
    writeFileSync(join(folder, 'state', 'ecp-rehearsal.ca.json'), JSON.stringify(numbers));
  }

  test('are those that a rotation kept beside the state', () => {
    keep(kept);
    const { json, caNumbers } = synthesized();
    expect(caNumbers).toEqual(kept);
    expect(authorities(json)).toEqual(['ecp ECP CA 2', 'ecp ECP CA 3']);
    for (const { ca_cert_pem: issuer } of Object.values(json.resource.tls_locally_signed_cert!))
      expect(issuer).toContain('pki_ca-2_');
  });

  test.each([
    [settings, { signingCa: 1, trustedCas: [1, 2] }],
    [{ ECP_SIGNING_CA: '5' }, { signingCa: 5, trustedCas: [5] }],
    [{ ECP_TRUSTED_CAS: '1,4' }, { signingCa: 1, trustedCas: [1, 4] }],
  ])('of the settings win as a pair: %j', (given, numbers) => {
    keep(kept);
    expect(synthesized(given).caNumbers).toEqual(numbers);
  });

  test('that are invalid end the app with one sentence', () => {
    keep({ signingCa: 'two' });
    expect(() => synthesized()).toThrow(
      /^'.*ecp-rehearsal\.ca\.json' must hold .*; remove it, and they are read from the state$/,
    );
    rmSync(join(folder, 'state', 'ecp-rehearsal.ca.json'));
    expect(() => synthesized({ ECP_SIGNING_CA: '2', ECP_TRUSTED_CAS: '1' })).toThrow(
      "'trustedCas' must contain 'signingCa' (2), got [1]; add it; it is set by ECP_TRUSTED_CAS",
    );
  });
});

describe('the folders of stack and state', () => {
  const modes = () => ['out', 'state'].map(name => (statSync(join(folder, name)).mode & 0o777).toString(8));

  test('are for their owner alone', () => {
    synthesized();
    expect(modes()).toEqual(['700', '700']);
  });

  test('are closed if they were open to others', () => {
    // GIVEN
    for (const name of ['out', 'state']) {
      mkdirSync(join(folder, name));
      chmodSync(join(folder, name), 0o755);
    }

    // WHEN
    synthesized();

    // THEN
    expect(modes()).toEqual(['700', '700']);
  });
});

describe('settings', () => {
  test('of the context reach the stack', () => {
    // WHEN
    const { json } = synthesized({
      CDKTF_CONTEXT_JSON: JSON.stringify({
        cluster: 'blue',
        appServers: ['app-server-2', 'reporting'],
        maxAppServers: 3,
        additionalClients: ['billing'],
        subnet: '172.28.0.0/16',
        dataServerWebPort: 82,
        appServerWebPortBase: 9000,
        dataServerMemoryMiB: 512,
        appServerMemoryMiB: 64,
        startTimeoutSec: 30,
        stopTimeoutSec: 10,
        restart: 'on-failure:3',
        labels: { team: 'data' },
        logDriver: 'local',
        logOptions: { 'max-size': '5m' },
        dataRetention: 'destroy',
        keyAlgorithm: 'RSA',
        leafValidityHours: 24,
        leafRenewalHours: 8,
        caValidityHours: 48,
        configVariables: { REMOTE_DB_NAME: 'orders' },
      }),
    });

    // THEN
    const timeouts = {
      wait_timeout: 30,
      stop_timeout: 10,
      restart: 'on-failure',
      max_retry_count: 3,
      log_driver: 'local',
      log_opts: { 'max-size': '5m' },
    };
    expect(named(json, 'docker_network', 'blue')).toMatchObject({ ipam_config: [{ subnet: '172.28.0.0/16' }] });
    expect(named(json, 'docker_volume', 'blue-data')).toBeDefined();
    const dataServer = { ...timeouts, memory: 512, ports: [{ external: 82 }] };
    expect(named(json, 'docker_container', 'blue-data-server')).toMatchObject(dataServer);
    const appServer = { ...timeouts, memory: 64, ports: [{ external: 9002 }] };
    expect(named(json, 'docker_container', 'blue-app-server-2')).toMatchObject(appServer);
    expect(named(json, 'docker_container', 'blue-reporting')).toMatchObject({ memory: 64 });
    expect(delivered(json, 'blue-reporting')['config.json']).toContain('"orders"');
    expect(delivered(json, 'blue-data-server')['authorized-clients']).toBe(
      'CN=app-server-1\nCN=app-server-2\nCN=app-server-3\nCN=billing\nCN=reporting\n',
    );
    const [authority] = Object.values(json.resource.tls_self_signed_cert!);
    expect(authority).toMatchObject({ validity_period_hours: 48, early_renewal_hours: 32 });
    for (const key of Object.values(json.resource.tls_private_key!)) expect(key).toMatchObject({ algorithm: 'RSA' });
    for (const certificate of Object.values(json.resource.tls_locally_signed_cert!))
      expect(certificate).toMatchObject({ validity_period_hours: 24, early_renewal_hours: 8 });
  });

  test('of the environment override the context', () => {
    const { json, stackName } = synthesized({
      CDKTF_CONTEXT_JSON: '{"cluster":"blue","appServers":2}',
      ECP_CLUSTER: 'green',
      ECP_APP_SERVERS: '1',
      ECP_REHEARSAL_BASE_IMAGE: 'mirror.example/debian:12',
    });
    expect(stackName).toBe('green-rehearsal');
    expect(named(json, 'docker_container', 'green-app-server-1')).toBeDefined();
    expect(named(json, 'docker_container', 'green-app-server-2')).toBeUndefined();
    expect(named(json, 'docker_image', 'mirror.example/debian:12')).toBeDefined();
  });

  test('may name configuration documents, which go into the stack by content', () => {
    // GIVEN
    const file = join(folder, 'data-server.json');
    writeFileSync(
      file,
      JSON.stringify({
        'Security.Services': { '%Service_ECP': { Enabled: true } },
        'Security.SSLConfigs': { '%ECPServer': { VerifyPeer: 3 } },
        'Security.System': { SSLECPServer: 2 },
        'SYS.Databases': { '/durable/d/': {} },
        Databases: { d: { Directory: '/durable/d/' } },
        Startup: { SystemMode: 'REHEARSAL' },
      }),
    );

    // WHEN
    const { json, text } = synthesized({ ECP_DATA_SERVER_CONFIG_FILE: file });

    // THEN
    expect(delivered(json, 'ecp-data-server')['config.json']).toContain('REHEARSAL');
    expect(text).not.toContain(file);
  });

  test('that are wrong end the app with one sentence', () => {
    // WHEN
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--require', 'tsx/cjs', 'main.ts'], {
      cwd: PROJECT,
      encoding: 'utf8',
      env: { ...process.env, ...environment, ECP_APP_SERVERS: '0' },
    });

    // THEN
    expect({ status, stdout, stderr }).toEqual({
      status: 1,
      stdout: '',
      stderr:
        "error: 'ECP_APP_SERVERS' must be a number of servers from 1 to 254 (the range of MaxServerConn) or a list of names, got 0\n",
    });
    expect(readdirSync(folder)).toEqual([]);
  });
});
