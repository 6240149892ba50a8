import { Network } from '@cdktf/provider-docker/lib/network';
import { TerraformVariable } from 'cdktf';
import { EcpAppServer, EcpCluster, EcpDataServer, EcpNetwork, EcpPki } from '../constructs';
import { SURROUNDINGS, container, deliveredFiles, emptyStack, identityOf, resources, synth } from './synth';

const { image } = SURROUNDINGS;
const later = new TerraformVariable(emptyStack(), 'later', { type: 'string' }).stringValue;
const known = (prop: string): string => `'${prop}' must be known at synth, got a value of another resource`;

/** A certificate of `name` in PEM, as something else would hand it over. */
const certificateOf = (name: string) => ({
  certificatePem: identityOf(name).certificate,
  privateKeyPem: identityOf(name).key,
  caBundlePem: identityOf('authority').certificate,
});

test('an application server joins what exists already, and makes nothing but itself', () => {
  // GIVEN
  const stack = emptyStack();
  const docker = new Network(stack, 'docker', { name: 'central' });

  // WHEN
  new EcpAppServer(stack, 'server', {
    clusterName: 'guests',
    name: 'reports',
    image,
    network: EcpNetwork.fromExistingNetwork(stack, 'network', { networkId: docker.id }),
    pki: EcpPki.fromExistingCertificates(stack, 'pki', { certificates: { reports: certificateOf('reports') } }),
    dataServer: EcpDataServer.fromExistingDataServer(stack, 'data-server', { host: 'data.example.org' }),
  });

  // THEN
  expect(Object.keys(synth(stack).resource!)).toEqual(['docker_container', 'docker_network', 'docker_volume']);
  expect(Object.keys(resources(stack, 'docker_network'))).toEqual(['docker']);
  expect(container(stack, 'guests-reports').networks_advanced).toEqual([
    { aliases: ['reports'], name: '${docker_network.docker.id}' },
  ]);
  const files = deliveredFiles(stack, 'guests-reports');
  expect(files['pki/cert.pem']).toBe(identityOf('reports').certificate);
  expect(JSON.parse(files['config.json']!)).toMatchObject({
    ECPServers: { 'data-server': { Address: 'data.example.org', Port: '1972' } },
  });
});

describe('an existing network', () => {
  const network = (attributes: { networkId: string; internal?: boolean; subnet?: string }) =>
    EcpNetwork.fromExistingNetwork(emptyStack(), 'network', attributes);

  test('is open and of unknown size unless told', () => {
    expect(network({ networkId: 'id' })).toMatchObject({ networkId: 'id', internal: false });
    expect(network({ networkId: later }).subnet).toBeUndefined();
  });

  test('tells a cluster that it is too small, and that nothing is published from it', () => {
    const small = network({ networkId: 'id', subnet: '192.168.7.8/29', internal: true });
    const appServers = ['a', 'b', 'c', 'd', 'e'];
    expect(() => new EcpCluster(emptyStack(), 'ecp', { ...SURROUNDINGS, network: small, appServers })).toThrow(
      /^'subnet' must have room for 6 containers/,
    );
    expect(new EcpCluster(emptyStack(), 'ecp', { ...SURROUNDINGS, network: small }).publishedWebPorts).toEqual([]);
  });

  test.each([
    [
      '',
      /^'networkId' must be Docker's id of a network, got ''; take the id of a resource or data source 'docker_network'$/,
    ],
    ['a b', /^'networkId' must be Docker's id/],
  ])('has an id, not %j', (networkId, sentence) => {
    expect(() => network({ networkId })).toThrow(sentence);
  });

  test('has a subnet that a network can have', () => {
    expect(() => network({ networkId: 'id', subnet: '10.0.0.1/8' })).toThrow(/^'subnet' must be an IPv4 network/);
    expect(() => network({ networkId: 'id', subnet: '127.0.0.0/8' })).toThrow(/^'subnet' must lie outside 127/);
  });
});

describe('an existing data server', () => {
  const server = (attributes: { host: string; name?: string; port?: number }) =>
    EcpDataServer.fromExistingDataServer(emptyStack(), 'data-server', attributes);

  test('has the usual name and port unless told', () => {
    expect(server({ host: '192.0.2.7' })).toMatchObject({ name: 'data-server', host: '192.0.2.7', port: 1972 });
    expect(server({ host: 'blue-data-server', name: 'STOCK', port: 1973 })).toMatchObject({
      name: 'STOCK',
      port: 1973,
    });
  });

  test.each<[{ host: string; name?: string; port?: number }, string]>([
    [{ host: '' }, "'host' must be a host name or an address, without a port, got ''; correct it"],
    [{ host: 'a/b' }, "'host' must be a host name or an address, without a port, got 'a/b'; correct it"],
    [{ host: later }, known('host')],
    [{ host: 'a', name: 'a b' }, "'name' must be 1 to 64 letters, digits, '-' and '_', got 'a b'; correct it"],
    [{ host: 'a', name: later }, known('name')],
    [{ host: 'a', port: 0 }, "'port' must be a whole number from 1 to 65535 (a TCP port), got 0"],
  ])('is refused: %j', (attributes, sentence) => {
    expect(() => server(attributes)).toThrow(new Error(sentence));
  });
});

describe('existing certificates', () => {
  const pki = (certificates: Parameters<typeof EcpPki.fromExistingCertificates>[2]['certificates']) =>
    EcpPki.fromExistingCertificates(emptyStack(), 'pki', { certificates });

  test('are given out by the name of the server, which is their subject', () => {
    const certificate = certificateOf('reports');
    const existing = pki({ reports: certificate });
    const issue = (name: string) => existing.issueCertificate(name, { role: 'app-server' });
    expect(issue('reports')).toEqual({ ...certificate, subject: 'CN=reports' });
    expect(() => issue('data-server')).toThrow(
      new Error("'certificates' must have one for each server, got none for 'data-server' (there are reports); add it"),
    );
    expect(() => issue('constructor')).toThrow(/^'certificates' must have one for each server/);
  });

  test('are some, for names that hosts can have', () => {
    expect(() => pki({})).toThrow(new Error("'certificates' must name a server, got none; add one"));
    expect(() => pki({ Reports: certificateOf('reports') })).toThrow(/^'certificates' must be 1 to 63 characters/);
  });
});
