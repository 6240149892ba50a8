import { serversIn, serversReplacedIn, serversRestarted } from './e2e/changes/expectations';
import { inWords } from './e2e/changes/interruption';
import type { ResourceChange } from './e2e/changes/plan';
import { reachOf } from './e2e/changes/reach';
import { withoutSeconds } from './e2e/changes/table';

/** A plan of some resources, each with Terraform's actions. */
function planOf(resources: Readonly<Record<string, readonly string[]>>): ResourceChange[] {
  return Object.entries(resources).map(([address, actions]) => ({
    address,
    type: address.split('.')[0]!,
    change: { actions, before: null, after: null },
  }));
}

const REPLACED = ['delete', 'create'];

test('a plan is summarized by servers and their parts', () => {
  // GIVEN
  const plan = planOf({
    'docker_container.ecp_app-server-1_delivery_483E48A7': REPLACED,
    'docker_container.ecp_data-server_delivery_1A2BD1C9': ['create', 'delete'],
    'docker_container.ecp_app-server-1_0900AE3B': REPLACED,
    'docker_container.ecp_data-server_CEBE0DCA': REPLACED,
    'docker_network.network_39EEAA36': REPLACED,
    'docker_volume.ecp_app-server-2_files_67EEA495': ['delete'],
    'docker_volume.ecp_data-server_data_2962497B': ['delete'],
    'tls_private_key.pki_ca-12_key_745C8009': ['create'],
    'tls_self_signed_cert.pki_ca-12_8B39ED21': ['create'],
    'docker_image.image_base_4E911E02': ['update'],
    'tls_cert_request.pki_app-server-1_request_95BED68B': ['no-op'],
  });

  // THEN
  expect(reachOf(plan, ['data-server', 'app-server-1'])).toEqual({
    added: 'authority 12: key, certificate',
    changed: 'image: base',
    replaced: 'all servers: container, delivery; network',
    destroyed: 'data-server: data volume; app-server-2: files volume',
  });
  expect(reachOf(plan, ['data-server', 'app-server-1', 'app-server-3']).replaced).toBe(
    'data-server, app-server-1: container, delivery; network',
  );
});

test('an unknown action or resource type is an error', () => {
  const address = 'docker_container.ecp_data-server_CEBE0DCA';
  expect(() => reachOf(planOf({ [address]: ['forget'] }), [])).toThrow(`${address} has the unknown actions forget`);
  expect(() => reachOf(planOf({ 'docker_secret.ecp_key_CEBE0DCA': ['create'] }), [])).toThrow('no word for');
});

test('a plan touches the servers of all its resources and replaces those of a replaced container', () => {
  const plan = planOf({
    'tls_locally_signed_cert.pki_app-server-3_09D0C1A5': REPLACED,
    'docker_container.ecp_app-server-2_delivery_F4550278': REPLACED,
    'docker_container.ecp_data-server_CEBE0DCA': ['update'],
    'docker_container.ecp_app-server-1_0900AE3B': REPLACED,
  });
  expect(serversIn(plan)).toEqual(['app-server-1', 'app-server-2', 'app-server-3', 'data-server']);
  expect(serversReplacedIn(plan)).toEqual(['app-server-1']);
});

test('a server was restarted when its container or start time changed', () => {
  const life = (id: string, startedAt: string) => ({ id, startedAt });
  const before = { same: life('a', '1'), anew: life('b', '1'), again: life('c', '1'), gone: life('d', '1') };
  const after = { same: life('a', '1'), anew: life('x', '1'), again: life('c', '2') };
  expect(serversRestarted({ before, after, changes: [], seen: [], acknowledged: 1 })).toEqual([
    'anew',
    'again',
    'gone',
  ]);
});

test('an interruption is a failed write or a late acknowledgement', () => {
  const seen = (failures: string[], gapSec: number) => inWords([{ server: 'app-server-1', failures, gapSec }]);
  expect(seen([], 0.3)).toBe('none');
  expect(seen(['the session ended'], 0.34)).toBe('app-server-1: 0.3 s');
  expect(seen([], 61)).toBe('app-server-1: 61.0 s');
});

test('rows are compared in everything but seconds', () => {
  const compared = (cell: string) => withoutSeconds([cell])[0];
  expect(compared('app-server-1: 2.1 s; app-server-3: 12.0 s')).toBe(
    compared('app-server-1: 9.9 s; app-server-3: 0.4 s'),
  );
  expect(compared('app-server-1: 2.1 s')).not.toBe(compared('app-server-2: 2.1 s'));
  expect(compared('app-server-1: 2.1 s')).not.toBe(compared('none'));
});
