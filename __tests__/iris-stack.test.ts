import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesize } from '../app/synthesize';
import { stackText } from './stack-text';

let folder: string;
let environment: Record<string, string>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ecp-iris-'));
  writeFileSync(join(folder, 'iris.key'), 'key');
  environment = {
    HOME: folder,
    CDKTF_OUTDIR: join(folder, 'out'),
    ECP_STATE_DIR: join(folder, 'state'),
    CDKTF_CONTEXT_JSON: '{"engine":"iris"}',
    ECP_IRIS_LICENSE_KEY_FILE: join(folder, 'iris.key'),
  };
});
afterEach(() => rmSync(folder, { recursive: true }));

/** The stack without cdktf's remarks, and without this test's folder. */
function stackOf(settings: Record<string, string> = {}): object {
  const { stackName, stackDirectory } = synthesize({ ...environment, ...settings });
  expect(stackName).toBe('ecp-iris');
  const text = readFileSync(join(stackDirectory, 'cdk.tf.json'), 'utf8').replaceAll(folder, '<folder>');
  return JSON.parse(text, (key, value: unknown) => (key === '//' ? undefined : value)) as object;
}

test('the stack of the engine iris', () => {
  expect(stackText(stackOf())).toMatchSnapshot();
});

test('of the article’s release has no web gateway, and the servers’ own web ports', () => {
  const article = { ECP_IRIS_IMAGE: 'containers.intersystems.com/intersystems/iris:2022.2.0.281.0' };
  const { resource } = stackOf(article) as {
    resource: Record<string, Record<string, { name: string; ports?: { external: number }[] }>>;
  };
  const containers = Object.values(resource.docker_container!);
  expect(containers.map(({ name }) => name).filter(name => name.includes('-web'))).toEqual([]);
  expect(containers.flatMap(({ ports = [] }) => ports.map(({ external }) => external)).sort()).toEqual([
    81, 8101, 8102,
  ]);
});

test.each([
  [
    { ECP_IRIS_LICENSE_KEY_FILE: '' },
    /^'irisLicenseKeyFile' must be set for the engine 'iris', got nothing; give the path of a licence key with ECP in ECP_IRIS_LICENSE_KEY_FILE/,
  ],
  [
    { ECP_IRIS_LICENSE_KEY_FILE: '/nowhere' },
    /^'licenseKeyFile' must be the path of an InterSystems IRIS licence key, got '\/nowhere', which does not exist; correct the path/,
  ],
  [
    { ECP_IRIS_PASSWORD_FILE: '/nowhere' },
    /^'passwordFile' must be the path of a file with one password, got '\/nowhere', which does not exist/,
  ],
  [
    { ECP_IRIS_IMAGE: 'x.example/iris:2021.1' },
    /^'baseImage' must be InterSystems IRIS 2022.2 or newer, got 'x.example\/iris:2021.1'/,
  ],
  [{ ECP_SERVER_TROUBLE_DURATION: '1' }, /^'serverTroubleDuration' must be a whole number from 20 to 65535/],
])('%j is one sentence', (settings, sentence) => {
  expect(() => synthesize({ ...environment, ...settings })).toThrow(sentence);
});

test('the rehearsal engine needs nothing of it', () => {
  expect(() => synthesize({ ...environment, ECP_ENGINE: 'rehearsal', ECP_IRIS_LICENSE_KEY_FILE: '' })).not.toThrow();
});
