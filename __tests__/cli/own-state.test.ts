import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireNoOtherState, requireOwnState } from '../../app/own-state';
import { sweep } from '../../cli/terraform/sweep';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ecp-own-state-test-'));
  file = join(folder, 'ecp.tfstate');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A state with one object of a type. */
function stateWith(type: string, attributes: object, outputs: object = {}): object {
  const resource = { mode: 'managed', type, name: 'a', instances: [{ attributes }] };
  return { version: 4, serial: 1, lineage: 'l', outputs, resources: [resource] };
}

const EMPTY = { version: 4, serial: 1, lineage: 'l', outputs: {}, resources: [] };
const labelled = (cluster: string, engine = 'rehearsal'): object => ({
  id: 'x',
  labels: [
    { label: 'org.example', value: 'other' },
    { label: 'ecp.cluster', value: cluster },
    { label: 'ecp.engine', value: engine },
  ],
});

function check(state: object | string, cluster = 'ecp', engine = 'rehearsal'): void {
  writeFileSync(file, typeof state === 'string' ? state : JSON.stringify(state));
  requireOwnState(file, cluster, engine);
}

describe('a state', () => {
  test('that is not there, or is locked and not yet written, knows nothing', () => {
    expect(() => requireOwnState(file, 'ecp')).not.toThrow();
    expect(() => check('')).not.toThrow();
    expect(() => check(EMPTY)).not.toThrow();
  });

  test.each([
    '{}',
    '{"resources":[]}',
    '{"version":4}',
    '{"version":"4","resources":[]}',
    '{"version":4,"resources":{}}',
    '{"version":4,"resources":[{"type":"docker_container","name":"a"}]}',
    '{"version":4,"resources":[{"type":"docker_container","name":"a","instances":[null]}]}',
    '{"version":4,"resources":["secret"]}',
  ])('of %s is none that Terraform wrote', text => {
    expect(() => check(text)).toThrow(
      /^the Terraform state '.*ecp\.tfstate' must be one that Terraform wrote, and is not \((?:(?!secret).)*\): put '.*\.backup' in its place, or remove it/,
    );
  });

  test.each([3, 5])('of version %s is refused', version => {
    expect(() => check({ ...EMPTY, version })).toThrow(
      new RegExp(`^the Terraform state '.*' must be of version 4, and is of version ${version}: .*plain cdktf`),
    );
  });

  test('that OpenTofu encrypted is refused, since all that runs would look like leftovers', () => {
    expect(() => check('{"serial":1,"meta":{},"encrypted_data":"AAAA","encryption_version":"v0"}')).toThrow(
      /^the Terraform state '.*' must not be encrypted, and is: /,
    );
  });

  test.each(['{"private_key_pem": secret', 'null', '7 secret', '[]', ' '])('of %j is not quoted', text => {
    expect(() => check(text)).toThrow(/ must be JSON, and is not \((?:(?!secret).)*\): put /);
  });

  test('that is a folder is refused', () => {
    mkdirSync(file);
    expect(() => requireOwnState(file, 'ecp')).toThrow(
      /^the Terraform state '.*' must be a file that can be read, and is not \(EISDIR.*\): correct that, /,
    );
  });

  test.each<[string, object]>([
    ['a container', stateWith('docker_container', labelled('blue'))],
    ['a network', stateWith('docker_network', labelled('blue'))],
    ['a volume', stateWith('docker_volume', labelled('blue'))],
    ['an authority', stateWith('tls_self_signed_cert', { subject: [{ common_name: 'blue ECP CA 12' }] })],
    ['the output', { ...EMPTY, outputs: { cluster: { value: { name: 'blue', engine: 'rehearsal' } } } }],
  ])('that is of another cluster by %s is refused, and both are named', (_, state) => {
    const words =
      /^the Terraform state '.*' must be of the cluster 'ecp', and is of 'blue': put this cluster's own state/;
    expect(() => check(state)).toThrow(words);
    expect(() => requireNoOtherState(file, 'ecp', 'rehearsal')).toThrow(words);
    expect(() => check(state, 'blue')).not.toThrow();
  });

  test('that is of another engine is refused', () => {
    const state = stateWith('docker_container', labelled('ecp', 'iris'));
    expect(() => check(state)).toThrow(/must be of the engine 'rehearsal', and is of 'iris': /);
    expect(() => check(state, 'ecp', 'iris')).not.toThrow();
  });

  test('with this cluster and another, as a larger stack has it, is this cluster’s', () => {
    const resources = ['blue', 'ecp'].flatMap(
      name => (stateWith('docker_container', labelled(name)) as { resources: object[] }).resources,
    );
    expect(() => check({ ...EMPTY, resources })).not.toThrow();
  });

  test('that cannot be read does not stop a synth', () => {
    writeFileSync(file, '{}');
    expect(() => requireNoOtherState(file, 'ecp', 'rehearsal')).not.toThrow();
  });

  test('that is not this cluster’s ends a sweep before Docker is asked', async () => {
    const path = process.env.PATH;
    process.env.PATH = folder;
    try {
      writeFileSync(file, '{}');
      await expect(sweep('ecp', file)).rejects.toThrow('must be one that Terraform wrote');
      writeFileSync(file, JSON.stringify(stateWith('docker_network', labelled('blue'))));
      await expect(sweep('ecp', file)).rejects.toThrow("must be of the cluster 'ecp', and is of 'blue'");
    } finally {
      process.env.PATH = path;
    }
  });
});
