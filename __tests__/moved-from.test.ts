import { Construct } from 'constructs';
import { EcpCluster, EcpNetwork, movedFrom } from '../constructs';
import { emptyStack, resources, synth } from './synth';

/** A cluster at a path of a stack of its own. */
function clusterAt(path: string): EcpCluster {
  const ids = path.split('/');
  const scope = ids.slice(0, -1).reduce<Construct>((at, id) => new Construct(at, id), emptyStack());
  return new EcpCluster(scope, ids.at(-1)!, { clusterName: 'demo' });
}

test.each([
  ['before', 'after'],
  ['platform/cluster', 'cluster'],
  ['cluster', 'platform/data/cluster'],
  ['platform/cluster', 'platform/reports'],
])('a cluster that was %s and is %s takes every resource from its old address', (before, after) => {
  // GIVEN
  const old = clusterAt(before);
  const cluster = clusterAt(after);

  // WHEN
  movedFrom(cluster, before);

  // THEN
  const { moved } = synth(stackOf(cluster)) as unknown as { moved: { from: string; to: string }[] };
  expect(moved.map(({ from }) => from).sort()).toEqual(addressesOf(old));
  expect(moved.map(({ to }) => to).sort()).toEqual(addressesOf(cluster));
  expect(addressesOf(cluster)).not.toEqual(addressesOf(old));
});

test('nothing is left of the question where it was', () => {
  const cluster = clusterAt('platform/reports');
  movedFrom(cluster, 'platform/cluster');
  movedFrom(new EcpNetwork(stackOf(cluster), 'network', { clusterName: 'other' }), 'far/away');
  const paths = stackOf(cluster)
    .node.findAll()
    .map(({ node }) => node.path);
  expect(paths.filter(path => /platform\/cluster|far/.test(path))).toEqual([]);
});

test.each([
  ['', "'oldPath' must be ids joined by '/', such as 'platform/cluster', got ''; correct it"],
  ['a//b', "'oldPath' must be ids joined by '/', such as 'platform/cluster', got 'a//b'; correct it"],
  ['cluster', "'oldPath' must be where the construct was before, got 'cluster', where it is; correct it"],
  [
    'other',
    "'oldPath' must be a place that is free now, got one where 'stack/other/image/base' is; move that away, or leave the call out",
  ],
])('the old path %j is refused', (path, sentence) => {
  const cluster = clusterAt('cluster');
  new EcpCluster(stackOf(cluster), 'other', { clusterName: 'other' });
  expect(() => movedFrom(cluster, path)).toThrow(new Error(sentence));
});

function stackOf({ node }: EcpCluster) {
  return node.scopes[1] as ReturnType<typeof emptyStack>;
}

function addressesOf(cluster: EcpCluster): string[] {
  const stack = stackOf(cluster);
  const types = ['docker_container', 'docker_image', 'docker_network', 'docker_volume', 'tls_private_key'];
  return [...types, 'tls_cert_request', 'tls_locally_signed_cert', 'tls_self_signed_cert']
    .flatMap(type => Object.keys(resources(stack, type)).map(id => `${type}.${id}`))
    .sort();
}
