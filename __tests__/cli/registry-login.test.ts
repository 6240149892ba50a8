import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { registryLogin } from '../../app/registry-login';

const REGISTRY = 'containers.intersystems.com';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'ecp-home-'));
  mkdirSync(join(home, '.docker'));
});
afterEach(() => rmSync(home, { recursive: true }));

const configFile = () => join(home, '.docker', 'config.json');
const write = (config: unknown) => writeFileSync(configFile(), JSON.stringify(config));

test.each([
  ['a login', { auths: { [REGISTRY]: { auth: 'x' } } }],
  ['a login under its address', { auths: { [`https://${REGISTRY}/v2/`]: { auth: 'x' } } }],
  ['a login that a credential store keeps', { auths: { [REGISTRY]: {} }, credsStore: 'pass' }],
  ['a credential helper of its own', { credHelpers: { [REGISTRY]: 'pass' } }],
])('%s is found', (_, config) => {
  write(config);
  expect(registryLogin(REGISTRY, { HOME: home })).toEqual({ address: REGISTRY, configFile: configFile() });
});

test.each([
  ['a login elsewhere', { auths: { 'registry.example': { auth: 'x' }, [`x.${REGISTRY}`]: {} } }],
  ['no login', {}],
])('%s is none', (_, config) => {
  write(config);
  expect(registryLogin(REGISTRY, { HOME: home })).toBeUndefined();
});

test('no file and a broken one are none', () => {
  expect(registryLogin(REGISTRY, { HOME: home })).toBeUndefined();
  writeFileSync(configFile(), '{');
  expect(registryLogin(REGISTRY, { HOME: home })).toBeUndefined();
});

test('DOCKER_CONFIG names the folder, or as for the provider the file', () => {
  write({ auths: { [REGISTRY]: {} } });
  for (const named of [join(home, '.docker'), configFile()])
    expect(registryLogin(REGISTRY, { HOME: '/nowhere', DOCKER_CONFIG: named })?.configFile).toBe(configFile());
});
