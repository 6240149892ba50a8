import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newOverlay } from '../../cli/swarm/new-overlay';
import { requireConnected } from '../../cli/swarm/require-overlay';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ecp-overlay-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What is new of a stack's network beside the state's. */
function found(wanted: object | undefined, present?: object) {
  mkdirSync(join(folder, 'stack'));
  const networks = wanted && { ecp_network_1: { '//': { metadata: { path: 'ecp/network/Resource' } }, ...wanted } };
  writeFileSync(join(folder, 'stack', 'cdk.tf.json'), JSON.stringify({ resource: { docker_network: networks } }));
  const resources = present
    ? [{ type: 'docker_network', name: 'ecp_network_1', instances: [{ attributes: { id: 'x', ...present } }] }]
    : [];
  writeFileSync(join(folder, 'state'), JSON.stringify({ version: 4, resources }));
  return newOverlay(join(folder, 'stack'), join(folder, 'state'));
}

const PLAIN = { driver: 'overlay', internal: false };

test.each<[string, object | undefined, object | undefined, object | undefined]>([
  ['the first', PLAIN, undefined, { internal: false, options: {} }],
  [
    'one that is there',
    PLAIN,
    { ...PLAIN, options: { 'com.docker.network.driver.overlay.vxlanid_list': '4097' } },
    undefined,
  ],
  ['one as Terraform reads it back without options', PLAIN, { ...PLAIN, options: null }, undefined],
  [
    'one that becomes encrypted',
    { ...PLAIN, options: { encrypted: '' } },
    { ...PLAIN, options: {} },
    { internal: false, options: { encrypted: '' } },
  ],
  [
    'an encrypted one that is there',
    { ...PLAIN, options: { encrypted: '' } },
    { ...PLAIN, options: { encrypted: '' } },
    undefined,
  ],
  ['one that was a bridge', PLAIN, { driver: 'bridge', internal: false }, { internal: false, options: {} }],
  ['a bridge', { driver: 'bridge' }, undefined, undefined],
  ['none', undefined, undefined, undefined],
])('%s', (_, wanted, present, expected) => expect(found(wanted, present)).toEqual(expected));

describe('nodes that cannot connect', () => {
  const listener = { name: 'n1' };
  const refuse = (options: Record<string, string>, ...cut: { node: string; why: string }[]) =>
    requireConnected({ listener, overlay: { internal: false, options } }, cut);

  test('are named, with what to open', () => {
    expect(() => refuse({}, { node: 'n2', why: '' }, { node: 'n3', why: 'no such image' })).toThrow(
      "'driver' of the network must be an overlay that connects all nodes, got one over which n2 and n3 could not connect to n1, where the data server is to run (n3: no such image): open 4789/udp, 7946/tcp and 7946/udp between them, or load the kernel's module vxlan; nothing was deployed",
    );
  });

  test('over an encrypted overlay are told of the option', () => {
    expect(() => refuse({ encrypted: '' }, { node: 'n2', why: '' })).toThrow(
      "'encrypted' of the network must be left out unless the kernel of each node has ESP, got true, and over an encrypted overlay n2 could not connect to n1, where the data server is to run: take 'encrypted' out, or load the module esp4 on each node, open 4789/udp and 7946 between them and let IP protocol 50 through; nothing was deployed",
    );
  });

  test('are none when all could', () => expect(() => refuse({})).not.toThrow());
});
