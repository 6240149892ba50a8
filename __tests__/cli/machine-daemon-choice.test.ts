import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { chooseDaemon, describeChoice, type DaemonChoice } from '../../app/daemon-choice';
import { providerDaemon } from '../../app/provider-daemon';
import { environmentFor, terraformDaemonEnvironment } from '../../cli/machine/daemon-handover';

const HOME = mkdtempSync(join(tmpdir(), 'ecp-choice-'));
jest.mock('node:os', () => ({ ...jest.requireActual<typeof import('node:os')>('node:os'), userInfo: jest.fn() }));
const CONFIG = join(HOME, 'config');
const CERTIFICATES = join(HOME, 'certificates');
const USUAL = 'unix:///var/run/docker.sock';

const hashOf = (name: string): string => createHash('sha256').update(name).digest('hex');
const tlsOf = (name: string): string => join(CONFIG, 'contexts', 'tls', hashOf(name), 'docker');

function writeContext(folder: string, name: string, docker: object): void {
  const meta = join(folder, 'contexts', 'meta', hashOf(name));
  mkdirSync(meta, { recursive: true });
  writeFileSync(join(meta, 'meta.json'), JSON.stringify({ Name: name, Metadata: {}, Endpoints: { docker } }));
}

function writeCertificates(folder: string, names = ['ca', 'cert', 'key']): void {
  mkdirSync(folder, { recursive: true });
  for (const name of names) writeFileSync(join(folder, `${name}.pem`), `the ${name}`);
}

beforeAll(() => {
  jest.mocked(userInfo).mockReturnValue({ homedir: HOME } as ReturnType<typeof userInfo>);
  writeContext(CONFIG, 'socket', { Host: 'unix:///elsewhere.sock', SkipTLSVerify: false });
  writeContext(CONFIG, 'ssh', { Host: 'ssh://user@host', SkipTLSVerify: false });
  writeContext(CONFIG, 'plain', { Host: 'tcp://192.0.2.1:2375', SkipTLSVerify: false });
  for (const [name, skip] of [
    ['tls', false],
    ['skip', true],
    ['half', false],
  ] as const)
    writeContext(CONFIG, name, { Host: 'tcp://192.0.2.1:2376', SkipTLSVerify: skip });
  writeCertificates(tlsOf('tls'));
  writeCertificates(tlsOf('skip'), ['cert', 'key']);
  writeCertificates(tlsOf('half'), ['ca']);
  writeCertificates(CERTIFICATES);
  writeCertificates(join(HOME, 'as-current'));
  writeContext(join(HOME, 'as-current'), 'socket', { Host: 'unix:///elsewhere.sock' });
  writeFileSync(join(HOME, 'as-current', 'config.json'), '{"currentContext":"socket"}');
  writeContext(join(HOME, '.docker'), 'at-home', { Host: 'unix:///at-home.sock' });
});

afterAll(() => rmSync(HOME, { recursive: true }));

type Variables = Readonly<Record<string, string>>;
const inFolder = (folder: string) => ({ folder, isVerified: true });

/** Variables, what they lead to, and what children and the stack are told. */
const CASES: readonly (readonly [
  string,
  () => Variables,
  () => DaemonChoice,
  () => Variables,
  () => ReturnType<typeof providerDaemon>,
])[] = [
  ['nothing', () => ({}), () => ({ host: USUAL, namedBy: 'default' }), () => ({}), () => ({})],
  [
    'empty variables',
    () => ({ DOCKER_HOST: '', DOCKER_CONTEXT: '', DOCKER_TLS_VERIFY: '', DOCKER_CERT_PATH: '' }),
    () => ({ host: USUAL, namedBy: 'default' }),
    () => ({}),
    () => ({}),
  ],
  [
    'a folder of certificates that nobody asked for, which the provider would take',
    () => ({ DOCKER_CERT_PATH: CERTIFICATES }),
    () => ({ host: USUAL, namedBy: 'default' }),
    () => ({}),
    () => ({ certPath: '' }),
  ],
  [
    'the usual socket by name',
    () => ({ DOCKER_HOST: USUAL }),
    () => ({ host: USUAL, namedBy: 'DOCKER_HOST' }),
    () => ({ DOCKER_HOST: USUAL }),
    () => ({}),
  ],
  [
    'a socket elsewhere',
    () => ({ DOCKER_HOST: 'unix:///run/user/1000/docker.sock' }),
    () => ({ host: 'unix:///run/user/1000/docker.sock', namedBy: 'DOCKER_HOST' }),
    () => ({ DOCKER_HOST: 'unix:///run/user/1000/docker.sock' }),
    () => ({ host: 'unix:///run/user/1000/docker.sock' }),
  ],
  [
    'a host without a port',
    () => ({ DOCKER_HOST: 'tcp://192.0.2.1' }),
    () => ({ host: 'tcp://192.0.2.1:2375', namedBy: 'DOCKER_HOST' }),
    () => ({ DOCKER_HOST: 'tcp://192.0.2.1:2375' }),
    () => ({ host: 'tcp://192.0.2.1:2375' }),
  ],
  [
    'a port alone',
    () => ({ DOCKER_HOST: ':99' }),
    () => ({ host: 'tcp://localhost:99', namedBy: 'DOCKER_HOST' }),
    () => ({ DOCKER_HOST: 'tcp://localhost:99' }),
    () => ({ host: 'tcp://localhost:99' }),
  ],
  [
    'a socket without a path',
    () => ({ DOCKER_HOST: 'unix://' }),
    () => ({ host: USUAL, namedBy: 'DOCKER_HOST' }),
    () => ({ DOCKER_HOST: USUAL }),
    () => ({}),
  ],
  [
    'DOCKER_CONTEXT in $DOCKER_CONFIG',
    () => ({ DOCKER_CONTEXT: 'socket' }),
    () => ({ host: 'unix:///elsewhere.sock', namedBy: { context: 'socket' } }),
    () => ({ DOCKER_HOST: 'unix:///elsewhere.sock' }),
    () => ({ host: 'unix:///elsewhere.sock' }),
  ],
  [
    'the default context against the current one of the configuration',
    () => ({ DOCKER_CONTEXT: 'default', DOCKER_CONFIG: join(HOME, 'as-current') }),
    () => ({ host: USUAL, namedBy: 'default' }),
    () => ({ DOCKER_HOST: USUAL }),
    () => ({}),
  ],
  [
    'the current context of the configuration',
    () => ({ DOCKER_CONFIG: join(HOME, 'as-current') }),
    () => ({ host: 'unix:///elsewhere.sock', namedBy: { context: 'socket' } }),
    () => ({ DOCKER_HOST: 'unix:///elsewhere.sock' }),
    () => ({ host: 'unix:///elsewhere.sock' }),
  ],
  [
    'DOCKER_HOST before DOCKER_CONTEXT',
    () => ({ DOCKER_HOST: 'unix:///first.sock', DOCKER_CONTEXT: 'socket' }),
    () => ({ host: 'unix:///first.sock', namedBy: 'DOCKER_HOST' }),
    () => ({ DOCKER_HOST: 'unix:///first.sock' }),
    () => ({ host: 'unix:///first.sock' }),
  ],
  [
    'DOCKER_HOST before a context that is not there',
    () => ({ DOCKER_HOST: 'unix:///first.sock', DOCKER_CONTEXT: 'nosuch' }),
    () => ({ host: 'unix:///first.sock', namedBy: 'DOCKER_HOST' }),
    () => ({ DOCKER_HOST: 'unix:///first.sock' }),
    () => ({ host: 'unix:///first.sock' }),
  ],
  [
    'a context with certificates, whatever the variables for TLS say',
    () => ({ DOCKER_CONTEXT: 'tls', DOCKER_CERT_PATH: CERTIFICATES, DOCKER_TLS_VERIFY: '1' }),
    () => ({ host: 'tcp://192.0.2.1:2376', namedBy: { context: 'tls' }, tls: inFolder(tlsOf('tls')) }),
    () => ({ DOCKER_HOST: 'tcp://192.0.2.1:2376', DOCKER_CERT_PATH: tlsOf('tls'), DOCKER_TLS_VERIFY: '1' }),
    () => ({ host: 'tcp://192.0.2.1:2376', certPath: tlsOf('tls') }),
  ],
  [
    'a context that takes any certificate of the daemon',
    () => ({ DOCKER_CONTEXT: 'skip' }),
    () => ({
      host: 'tcp://192.0.2.1:2376',
      namedBy: { context: 'skip' },
      tls: { folder: tlsOf('skip'), isVerified: false },
    }),
    () => ({ DOCKER_HOST: 'tcp://192.0.2.1:2376', DOCKER_CERT_PATH: tlsOf('skip'), DOCKER_TLS: '1' }),
    () => ({ host: 'tcp://192.0.2.1:2376' }),
  ],
  [
    'a context without TLS, beside certificates',
    () => ({ DOCKER_CONTEXT: 'plain', DOCKER_CERT_PATH: CERTIFICATES }),
    () => ({ host: 'tcp://192.0.2.1:2375', namedBy: { context: 'plain' } }),
    () => ({ DOCKER_HOST: 'tcp://192.0.2.1:2375' }),
    () => ({ host: 'tcp://192.0.2.1:2375', certPath: '' }),
  ],
  [
    'a context by ssh',
    () => ({ DOCKER_CONTEXT: 'ssh' }),
    () => ({ host: 'ssh://user@host', namedBy: { context: 'ssh' } }),
    () => ({ DOCKER_HOST: 'ssh://user@host' }),
    () => ({ host: 'ssh://user@host' }),
  ],
  [
    'DOCKER_TLS_VERIFY with its certificates',
    () => ({ DOCKER_HOST: 'tcp://192.0.2.1', DOCKER_TLS_VERIFY: '0', DOCKER_CERT_PATH: CERTIFICATES }),
    () => ({ host: 'tcp://192.0.2.1:2376', namedBy: 'DOCKER_HOST', tls: inFolder(CERTIFICATES) }),
    () => ({ DOCKER_HOST: 'tcp://192.0.2.1:2376', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: CERTIFICATES }),
    () => ({ host: 'tcp://192.0.2.1:2376', certPath: CERTIFICATES }),
  ],
  [
    'DOCKER_TLS_VERIFY with certificates in the configuration’s folder, and no host',
    () => ({ DOCKER_TLS_VERIFY: '1', DOCKER_CONFIG: CERTIFICATES }),
    () => ({ host: 'tcp://localhost:2376', namedBy: 'DOCKER_TLS', tls: inFolder(CERTIFICATES) }),
    () => ({ DOCKER_HOST: 'tcp://localhost:2376', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: CERTIFICATES }),
    () => ({ host: 'tcp://localhost:2376', certPath: CERTIFICATES }),
  ],
];

/** The environment of a case, without anything of the machine that runs the test. */
const environmentOf = (variables: Variables): Variables => ({ HOME, DOCKER_CONFIG: CONFIG, ...variables });

const hasDocker = spawnSync('docker', ['context', 'ls']).status === 0;

describe.each(CASES)('%s', (_, variables, choice, children, stack) => {
  test('is the daemon that was meant', () => {
    expect(chooseDaemon(environmentOf(variables()))).toEqual(choice());
  });

  test('is what children are told, and nothing else, and leads them to the same', () => {
    const environment = environmentOf(variables());
    const handed = environmentFor(choice(), environment);
    const set = Object.fromEntries(Object.entries(handed).filter(([, value]) => value !== undefined));
    expect(set).toEqual(children());
    const { host, tls } = chooseDaemon({ ...environment, ...handed });
    expect({ host, tls }).toEqual({ host: choice().host, tls: choice().tls });
    expect(providerDaemon(choice(), { ...environment, ...handed })).toEqual({
      ...stack(),
      ...('certPath' in stack() && !choice().tls ? { certPath: undefined } : {}),
    });
  });

  test('is what the stack tells the provider', () => {
    const environment = environmentOf({ ...variables(), DOCKER_CONTEXT: '' });
    expect(providerDaemon(choice(), environment)).toEqual(stack());
  });

  (hasDocker ? test : test.skip)('is where the docker command goes, before and after', () => {
    const environment = environmentOf(variables());
    const asks = (more: object): string =>
      spawnSync('docker', ['context', 'inspect', '--format', '{{.Endpoints.docker.Host}}'], {
        env: { PATH: process.env.PATH, ...environment, ...more },
        encoding: 'utf8',
      }).stdout.trim();
    // The certificates of these cases are none, which the command looks at where variables name them.
    const handed = environmentFor(choice(), environment);
    const withoutTls = { DOCKER_TLS_VERIFY: undefined, DOCKER_TLS: undefined };
    if (!('DOCKER_TLS_VERIFY' in variables()) || variables().DOCKER_TLS_VERIFY === '')
      expect(asks({})).toBe(choice().host);
    expect(asks({ ...handed, ...withoutTls })).toBe(choice().host);
  });
});

test.each([
  [
    { DOCKER_CONTEXT: 'nosuch' },
    /^'DOCKER_CONTEXT' must name a docker context, got 'nosuch', which .* see 'docker context ls'$/,
  ],
  [
    { DOCKER_CONTEXT: 'half' },
    /^the docker context 'half' must have the files ca, cert and key, got .* without cert\.pem, key\.pem; /,
  ],
  [{ DOCKER_TLS_VERIFY: '1' }, /^'DOCKER_TLS_VERIFY' must go with the files .* without ca\.pem, cert\.pem, key\.pem; /],
  [{ DOCKER_TLS: '1' }, /^'DOCKER_TLS' must go with the files .* without cert\.pem, key\.pem; /],
])('%j is refused in one sentence', (variables, sentence) => {
  expect(() => chooseDaemon(environmentOf(variables as unknown as Variables))).toThrow(sentence);
});

test('a current context that is gone is refused, with the file that names it', () => {
  const folder = join(HOME, 'stale');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), '{"currentContext":"gone"}');
  expect(() => chooseDaemon({ HOME, DOCKER_CONFIG: folder })).toThrow(
    `'currentContext' of ${join(folder, 'config.json')} must name a docker context, got 'gone'`,
  );
});

describe('a plain cdktf hands on DOCKER_CONTEXT', () => {
  test('which the stack overrides where the provider finds it', () => {
    const environment = { HOME, DOCKER_CONTEXT: 'at-home', DOCKER_HOST: 'unix:///first.sock' };
    const stack = providerDaemon(chooseDaemon(environment), environment);
    expect(stack).toEqual({ host: 'unix:///first.sock', context: '' });
  });

  test.each(['default', 'socket'])('and %s is refused, since the provider would fail', name => {
    const environment = environmentOf({ DOCKER_CONTEXT: name });
    expect(() => providerDaemon(chooseDaemon(environment), environment)).toThrow(
      `'DOCKER_CONTEXT' must name a context in ~/.docker where Terraform runs without ./ecp (the provider looks nowhere else), got '${name}'; unset it`,
    );
  });
});

test('certificates go to Terraform by their content only where nothing else skips the verification', () => {
  const skip = environmentFor(chooseDaemon(environmentOf({ DOCKER_CONTEXT: 'skip' })), {});
  expect(terraformDaemonEnvironment(skip)).toEqual({
    DOCKER_CERT_PATH: undefined,
    DOCKER_CERT_MATERIAL: 'the cert',
    DOCKER_KEY_MATERIAL: 'the key',
  });
  expect(
    terraformDaemonEnvironment(environmentFor(chooseDaemon(environmentOf({ DOCKER_CONTEXT: 'tls' })), {})),
  ).toEqual({});
  expect(terraformDaemonEnvironment({})).toEqual({});
});

test('words for a person', () => {
  expect(describeChoice(chooseDaemon(environmentOf({})))).toBe(USUAL);
  expect(describeChoice(chooseDaemon(environmentOf({ DOCKER_CONTEXT: 'tls' })))).toBe(
    `tcp://192.0.2.1:2376 (docker context 'tls', certificates in ${tlsOf('tls')})`,
  );
});
