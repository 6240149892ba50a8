import { EcpCluster } from '../constructs';
import { movedFrom } from './e2e/changes/moved-from';
import { emptyStack, resources, synth } from './synth';

/** A stack with a cluster of the id. */
function clusterOf(id: string): EcpCluster {
  return new EcpCluster(emptyStack(), id, { clusterName: 'demo' });
}

test('a cluster with another id takes every resource from its old address', () => {
  // GIVEN
  const old = clusterOf('before');
  const cluster = clusterOf('after');

  // WHEN
  movedFrom(cluster, 'before');

  // THEN
  const { moved } = synth(cluster.node.scope as never) as unknown as { moved: { from: string; to: string }[] };
  expect(moved.map(({ from }) => from).sort()).toEqual(addressesOf(old));
  expect(moved.map(({ to }) => to).sort()).toEqual(addressesOf(cluster));
  expect(addressesOf(cluster)).not.toEqual(addressesOf(old));
});

function addressesOf({ node }: EcpCluster): string[] {
  const stack = node.scope as never;
  const types = ['docker_container', 'docker_image', 'docker_network', 'docker_volume', 'tls_private_key'];
  return [...types, 'tls_cert_request', 'tls_locally_signed_cert', 'tls_self_signed_cert']
    .flatMap(type => Object.keys(resources(stack, type)).map(id => `${type}.${id}`))
    .sort();
}
