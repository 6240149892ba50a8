import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesize } from '../main';

/*
 * Terraform's addresses are public API: it knows a resource by them alone. Another address for the same resource destroys and
 * makes it anew, a server as well as its key. So an address changes only together with a `moveFromId` on the resource, or in a
 * release that says so.
 */
const ADDRESSES = [
  'docker_container.ecp_app-server-1_0900AE3B',
  'docker_container.ecp_app-server-1_delivery_483E48A7',
  'docker_container.ecp_app-server-2_395CA675',
  'docker_container.ecp_app-server-2_delivery_F4550278',
  'docker_container.ecp_data-server_CEBE0DCA',
  'docker_container.ecp_data-server_delivery_1A2BD1C9',
  'docker_image.image_00E3890C',
  'docker_image.image_base_4E911E02',
  'docker_network.network_39EEAA36',
  'docker_volume.ecp_app-server-1_files_1881537E',
  'docker_volume.ecp_app-server-2_files_67EEA495',
  'docker_volume.ecp_data-server_files_7C6049BD',
  'tls_cert_request.pki_app-server-1_request_95BED68B',
  'tls_cert_request.pki_app-server-2_request_C8DFE1F8',
  'tls_cert_request.pki_data-server_request_D8EDC4E1',
  'tls_locally_signed_cert.pki_app-server-1_09D0C1A5',
  'tls_locally_signed_cert.pki_app-server-2_BEEDE4F0',
  'tls_locally_signed_cert.pki_data-server_FB05682D',
  'tls_private_key.pki_app-server-1_key_D9FC22D6',
  'tls_private_key.pki_app-server-2_key_B5A2F482',
  'tls_private_key.pki_ca-1_key_E1B9D146',
  'tls_private_key.pki_data-server_key_839F7639',
  'tls_self_signed_cert.pki_ca-1_F1F6BE8E',
];

test('the default stack has the addresses that it always had', () => {
  // GIVEN
  const folder = mkdtempSync(join(tmpdir(), 'ecp-logical-ids-'));
  const environment = {
    CDKTF_OUTDIR: join(folder, 'out'),
    ECP_STATE_DIR: join(folder, 'state'),
    CDKTF_CONTEXT_JSON: '{}',
  };

  // WHEN
  const { stackDirectory } = synthesize(environment);
  const { resource } = JSON.parse(readFileSync(join(stackDirectory, 'cdk.tf.json'), 'utf8')) as {
    resource: Record<string, Record<string, unknown>>;
  };
  rmSync(folder, { recursive: true });

  // THEN
  const addresses = Object.entries(resource).flatMap(([type, each]) => Object.keys(each).map(id => `${type}.${id}`));
  expect(addresses.sort()).toEqual(ADDRESSES);
});
