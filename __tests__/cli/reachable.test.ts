import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { placedOn, reachableTargets } from '../../cli/terraform/reachable';
import { removeFolders, temporaryFolder } from './machine-fakes';

let folder: string;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(removeFolders);

const PROVIDER = 'provider["registry.terraform.io/kreuzwerker/docker"]';
const remark = { '//': { metadata: { path: '' } } };

/** A stack with a data server on n1, application servers on n2 and n3, and the image on this host. */
function writeStack(hosts: Readonly<Record<string, string>> = { data: 'n1', app2: 'n2', app3: 'n3' }): void {
  const names = Object.keys(hosts);
  const containers = names.map(name => {
    const needs = name === 'data' ? [] : ['docker_container.data'];
    const env = [`\${tls_locally_signed_cert.${name}.cert_pem}`, `\${docker_image.here.image_id}`];
    return [name, { ...remark, provider: `docker.${hosts[name]}`, depends_on: needs, env }] as const;
  });
  const resource = {
    docker_image: { here: { ...remark, name: 'ecp-rehearsal:1' } },
    docker_container: Object.fromEntries(containers),
    tls_locally_signed_cert: Object.fromEntries(names.map(name => [name, remark])),
  };
  writeFileSync(join(folder, 'cdk.tf.json'), JSON.stringify({ resource }));
}

/** What the state has beside, by address, with its host and what it needs. */
function writeState(resources: Readonly<Record<string, readonly [host: string, ...needs: string[]]>>): void {
  const list = Object.entries(resources).map(([address, [host, ...dependencies]]) => {
    const [type, name] = address.split('.');
    return { type, name, provider: host === '' ? PROVIDER : `${PROVIDER}.${host}`, instances: [{ dependencies }] };
  });
  mkdirSync(join(folder, 'state'), { recursive: true });
  writeFileSync(join(folder, 'state', 'tfstate'), JSON.stringify({ version: 4, resources: list }));
}

const stateFile = () => join(folder, 'state', 'tfstate');
const down = (...nodes: string[]) => nodes.map(node => ({ node, why: 'it said nothing' }));
const targets = (...nodes: string[]) =>
  reachableTargets(down(...nodes), { stackDirectory: folder, stateFile: stateFile() })?.sort();

test('a plan is for everything when all hosts answer', () => {
  writeStack();
  expect(targets()).toBeUndefined();
});

test('a plan leaves out what is on a host that does not answer, and brings keys along with what needs them', () => {
  writeStack();
  expect(targets('n3')).toEqual(['docker_container.app2', 'docker_container.data', 'docker_image.here']);
});

test('what needs something on a host that does not answer would bring it along, and is left out too', () => {
  writeStack();
  expect(targets('n1')).toEqual(['docker_image.here']);
});

test('of what the stack no longer has, only that goes which can be reached', () => {
  writeStack();
  writeState({
    'docker_container.old2': ['n2', 'docker_container.data'],
    'docker_container.old3': ['n3', 'docker_container.data'],
    'docker_volume.old': [''],
  });
  expect(targets('n3')).toEqual([
    'docker_container.app2',
    'docker_container.data',
    'docker_container.old2',
    'docker_image.here',
    'docker_volume.old',
  ]);
});

test('a server that the settings have moved off a lost host is made on its new one', () => {
  writeStack({ data: 'n1', app2: 'n2', app3: 'n2' });
  writeState({ 'docker_container.app3': ['n3', 'docker_container.data'] });
  expect(targets('n3')).toContain('docker_container.app3');
});

test('what the state has on a host is named', () => {
  writeState({ 'docker_container.app2': ['n2'], 'docker_container.app3': ['n3'], 'docker_image.here': [''] });
  expect(placedOn(down('n3'), stateFile())).toEqual(['docker_container.app3']);
  expect(placedOn([], stateFile())).toEqual([]);
});
