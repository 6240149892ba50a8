/*
 * What an editor must refuse. `tsc` reports a directive that has no error below it; types.test.ts checks that each error is the one whose
 * number stands behind the directive. Nothing here runs.
 */
import { App, type TerraformStack, type TerraformVariable } from 'cdktf';
import {
  EcpAppServer,
  EcpCluster,
  EcpDataServer,
  EcpNetwork,
  EcpPki,
  IrisImage,
  RehearsalImage,
  requireProviderVersions,
  type CisWaiver,
  type EcpCertificate,
  type EcpFile,
  type EcpWebGateway,
  type IEcpDataServer,
  type IEcpNetwork,
  type IEcpPki,
} from 'cdktf-iris-ecp';

declare const stack: TerraformStack;
declare const later: TerraformVariable;
declare const cluster: EcpCluster;
declare const image: RehearsalImage;
declare const network: IEcpNetwork;
declare const pki: IEcpPki;
declare const dataServer: IEcpDataServer;
declare const gateway: EcpWebGateway;
const clusterName = 'demo';
const name = 'reports';

// A value of another type or outside of the list.
// @ts-expect-error 2322: a string for a number
new EcpCluster(stack, 'id', { dataServerOptions: { webPort: '82' } });
// @ts-expect-error 2322: a count for the names
new EcpCluster(stack, 'id', { appServers: 3 });
// @ts-expect-error 2322: numbers for the names
new EcpCluster(stack, 'id', { appServers: [1] });
// @ts-expect-error 2322: an unknown retention
new EcpDataServer(stack, 'id', { clusterName, image, network, pki, dataRetention: 'keep' });
// @ts-expect-error 2322: a policy that Docker does not have
new EcpCluster(stack, 'id', { restart: 'never' });
// @ts-expect-error 2322: no limit of failures
new EcpCluster(stack, 'id', { restart: 'on-failure' });
// @ts-expect-error 2322: a number as a label's value
new EcpCluster(stack, 'id', { labels: { team: 1 } });
// @ts-expect-error 2561: the old name of memoryMiB
new EcpCluster(stack, 'id', { dataServerOptions: { memoryMb: 512 } });
// @ts-expect-error 2322: a number as a variable's value
new EcpCluster(stack, 'id', { dataServerOptions: { configVariables: { PORT: 1972 } } });
// @ts-expect-error 2322: an algorithm that IRIS may not take
new EcpPki(stack, 'id', { clusterName, algorithm: 'ED25519' });
// @ts-expect-error 2322: a text for numbers of authorities
new EcpPki(stack, 'id', { clusterName, trustedCas: '1,2' });
// @ts-expect-error 2322: the role of neither server
pki.issueCertificate(name, { role: 'client' });
// @ts-expect-error 2345: the port before the name
gateway.addServer(8101, name);

// @ts-expect-error 2322: a truth value that only Terraform knows
new EcpNetwork(stack, 'id', { clusterName, internal: later.booleanValue });

// A name in the place of the object.
// @ts-expect-error 2322: the name of a network
new EcpCluster(stack, 'id', { network: 'backend' });
// @ts-expect-error 2322: the name of an engine
new EcpCluster(stack, 'id', { image: 'rehearsal' });
// @ts-expect-error 2322: the host of a data server
new EcpAppServer(stack, 'id', { clusterName, name, image, network, pki, dataServer: 'data.example.org' });
// @ts-expect-error 2345: the stack's name
requireProviderVersions('demo');
// @ts-expect-error 2345: the app for the stack
requireProviderVersions(new App());

// Something is missing.
// @ts-expect-error 2345: no data server
new EcpAppServer(stack, 'id', { clusterName, name, image, network, pki });
// @ts-expect-error 2345: no certificates
new EcpDataServer(stack, 'id', { clusterName, image, network });
// @ts-expect-error 2345: no name of the cluster
new EcpNetwork(stack, 'id', {});
// @ts-expect-error 2554: no licence
new IrisImage(stack, 'id');
// @ts-expect-error 2345: no role
pki.issueCertificate(name, { dnsNames: [name] });
// @ts-expect-error 2345: no host
EcpDataServer.fromExistingDataServer(stack, 'id', { name: 'data-server' });
// @ts-expect-error 2741: no host
export const withoutHost: IEcpDataServer = { name: 'data-server', port: 1972 };
// @ts-expect-error 2741: no reason
export const withoutReason: CisWaiver = { id: '5.13', path: 'stack/cluster/*' };
// @ts-expect-error 2322: neither a text nor a file of this machine
export const withoutContent: EcpFile = { path: 'merge.cpf' };
// @ts-expect-error 2322: a certificate without its key
export const withoutKey: EcpCertificate = { subject: 'CN=a', certificatePem: 'x', caBundlePem: 'y' };

// A property that does not exist, or not there.
// @ts-expect-error 2561: misspelt
new EcpCluster(stack, 'id', { appServer: ['app-server-1'] });
// @ts-expect-error 2561: misspelt in nested options
new EcpCluster(stack, 'id', { dataServerOptions: { memoryMB: 512 } });
// @ts-expect-error 2353: one web port for all servers
new EcpCluster(stack, 'id', { appServerOptions: { webPort: 8101 } });
// @ts-expect-error 2353: data in an application server
cluster.addAppServer(name, { dataRetention: 'destroy' });
// @ts-expect-error 2353: a property of IrisImage
new RehearsalImage(stack, 'id', { licenseKeyFile: 'iris.key' });

// What a construct shows is there to be read.
// @ts-expect-error 2540: the name of the cluster
cluster.clusterName = 'other';
// @ts-expect-error 2540: the list of servers
cluster.appServers = [];
// @ts-expect-error 2540: an option, once given
dataServer.host = 'elsewhere.example.org';
// @ts-expect-error 2339: a list that is not to be changed
image.capabilitiesAdd.push('SYS_ADMIN');
// @ts-expect-error 2341: what only the construct knows
export const inside = cluster.servers;
