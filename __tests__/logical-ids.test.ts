import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesize } from '../app/synthesize';
import { EcpCluster } from '../constructs';
import { emptyStack, synth } from './synth';

/*
 * Terraform's addresses are public API: it knows a resource by them alone. Another address for the same resource destroys and
 * makes it anew, a server as well as its key. So an address changes only together with a `moveFromId` on the resource, or in a
 * release that says so: docs/change-impact.md.
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

/** What settings add to the addresses of the default stack; they take none away. */
const FURTHER_ADDRESSES: { what: string; settings: Record<string, string>; further: string[] }[] = [
  {
    what: 'data that goes with the cluster',
    settings: { ECP_DATA_RETENTION: 'destroy' },
    further: ['docker_volume.ecp_data-server_data_2962497B'],
  },
  {
    what: 'an entry point',
    settings: { ECP_ENTRY_POINT_PORT: '8080' },
    further: [
      'docker_container.ecp_entry-point_D0F051AA',
      'docker_container.ecp_entry-point_delivery_C36B5149',
      'docker_image.ecp_entry-point_image_324801BC',
      'docker_image.ecp_entry-point_image_base_FEDFCC52',
      'docker_volume.ecp_entry-point_files_FBFD73E0',
    ],
  },
  {
    what: 'monitoring',
    settings: { ECP_PROMETHEUS_PORT: '9090' },
    further: [
      'docker_container.ecp_monitoring_alertmanager_E70432E3',
      'docker_container.ecp_monitoring_alertmanager_delivery_56AFF021',
      'docker_container.ecp_monitoring_prometheus_FC2840FC',
      'docker_container.ecp_monitoring_prometheus_delivery_391B3504',
      'docker_image.ecp_monitoring_image_D3003D32',
      'docker_image.ecp_monitoring_image_base_B2FD48A8',
      'docker_volume.ecp_monitoring_alertmanager_data_15AF0EF5',
      'docker_volume.ecp_monitoring_alertmanager_files_7E94D118',
      'docker_volume.ecp_monitoring_prometheus_data_519E4443',
      'docker_volume.ecp_monitoring_prometheus_files_E5E92689',
    ],
  },
  {
    what: 'a second authority',
    settings: { ECP_SIGNING_CA: '2', ECP_TRUSTED_CAS: '1,2' },
    further: ['tls_private_key.pki_ca-2_key_745C8009', 'tls_self_signed_cert.pki_ca-2_8B39ED21'],
  },
  {
    what: 'the engine iris',
    // Any file will do for a licence key that is only looked at.
    settings: { ECP_ENGINE: 'iris', ECP_IRIS_LICENSE_KEY_FILE: __filename },
    further: [
      'docker_container.ecp_web-gateway_app-server-1_23193810',
      'docker_container.ecp_web-gateway_app-server-1_delivery_4A9C95A1',
      'docker_container.ecp_web-gateway_app-server-2_67638114',
      'docker_container.ecp_web-gateway_app-server-2_delivery_4A2D33C0',
      'docker_container.ecp_web-gateway_data-server_7A441232',
      'docker_container.ecp_web-gateway_data-server_delivery_B7E3B69C',
      'docker_image.ecp_web-gateway_D049A78D',
      'docker_volume.ecp_web-gateway_app-server-1_files_8E398248',
      'docker_volume.ecp_web-gateway_app-server-2_files_C286714C',
      'docker_volume.ecp_web-gateway_data-server_files_610EB4E7',
    ],
  },
];

test('the default stack has the addresses that it always had', () => {
  expect(addressesOf({})).toEqual(ADDRESSES);
});

test.each(FURTHER_ADDRESSES)('$what adds the addresses that it always added', ({ settings, further }) => {
  const addresses = addressesOf(settings);
  expect(addresses.filter(address => !ADDRESSES.includes(address))).toEqual(further);
  expect(ADDRESSES.filter(address => !addresses.includes(address))).toEqual([]);
});

test('a mirror has the addresses that it always had, beside those of the default stack', () => {
  const addresses = addressesOf({ ECP_MIRROR: 'true' });
  expect(addresses.filter(address => !ADDRESSES.includes(address))).toEqual([
    'docker_container.ecp_arbiter_CA60F360',
    'docker_container.ecp_arbiter_delivery_36546D99',
    'docker_container.ecp_data-server-a_226AF11E',
    'docker_container.ecp_data-server-a_delivery_B2BB29BA',
    'docker_container.ecp_data-server-b_8B2CA4DB',
    'docker_container.ecp_data-server-b_delivery_F3D72B5B',
    'docker_volume.ecp_arbiter_files_921EABB0',
    'docker_volume.ecp_data-server-a_files_337C3921',
    'docker_volume.ecp_data-server-b_files_AE44DAD7',
    'tls_cert_request.pki_arbiter_request_6F8A0F0E',
    'tls_cert_request.pki_data-server-a_request_B172CD14',
    'tls_cert_request.pki_data-server-b_request_37B62F64',
    'tls_locally_signed_cert.pki_arbiter_0F56A24A',
    'tls_locally_signed_cert.pki_data-server-a_324AC168',
    'tls_locally_signed_cert.pki_data-server-b_36D42638',
    'tls_private_key.pki_arbiter_key_22E646B1',
    'tls_private_key.pki_data-server-a_key_A7B9D6FE',
    'tls_private_key.pki_data-server-b_key_6B7B89A8',
  ]);
  expect(ADDRESSES.filter(address => !addresses.includes(address)).every(each => each.includes('data-server'))).toBe(
    true,
  );
});

test('a cluster that makes its own parts has the addresses that it always had', () => {
  // GIVEN
  const stack = emptyStack();
  new EcpCluster(stack, 'cluster', { appServers: [] });

  // THEN: beside those of the servers, which are the same under another id.
  const { resource } = synth(stack);
  expect(listed(resource!).filter(address => !address.includes('data-server'))).toEqual([
    'docker_image.cluster_image_D3F76095',
    'docker_image.cluster_image_base_985BD209',
    'docker_network.cluster_network_48CBFB31',
    'tls_private_key.cluster_pki_ca-1_key_27B286A2',
    'tls_self_signed_cert.cluster_pki_ca-1_967896C8',
  ]);
});

function addressesOf(settings: Readonly<Record<string, string>>): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'ecp-logical-ids-'));
  const { stackDirectory } = synthesize({
    CDKTF_OUTDIR: join(folder, 'out'),
    ECP_STATE_DIR: join(folder, 'state'),
    CDKTF_CONTEXT_JSON: '{}',
    ...settings,
  });
  const { resource } = JSON.parse(readFileSync(join(stackDirectory, 'cdk.tf.json'), 'utf8')) as {
    resource: Record<string, Record<string, unknown>>;
  };
  rmSync(folder, { recursive: true });
  return listed(resource);
}

function listed(resource: Readonly<Record<string, Readonly<Record<string, unknown>>>>): string[] {
  return Object.entries(resource)
    .flatMap(([type, each]) => Object.keys(each).map(id => `${type}.${id}`))
    .sort();
}
