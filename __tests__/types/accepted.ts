/* What must stay possible: `tsc` compiles it together with everything else. Nothing here runs. */
import type { Container } from '@cdktf/provider-docker/lib/container';
import type { Network } from '@cdktf/provider-docker/lib/network';
import type { TerraformStack, TerraformVariable } from 'cdktf';
import {
  CisDockerAspect,
  EcpAppServer,
  EcpCluster,
  EcpDataServer,
  EcpNetwork,
  EcpPki,
  IrisImage,
  RehearsalImage,
  ecpCisWaivers,
  type EcpAppServerOptions,
  type EcpCertificateOptions,
  type EcpClusterProps,
  type EcpImage,
  type EcpWebGateway,
  type IEcpDataServer,
  type IEcpNetwork,
  type IEcpPki,
} from 'cdktf-iris-ecp';

declare const stack: TerraformStack;
declare const later: TerraformVariable;
declare const existing: Network;
const clusterName = 'demo';

// No properties at all, a frozen list, and properties put together elsewhere.
new EcpCluster(stack, 'a');
new EcpCluster(stack, 'b', { appServers: ['app-server-1', 'batch'] as const });
new EcpCluster(stack, 'l', { dataServerOptions: { memoryMiB: later.numberValue, cpuSet: later.stringValue } });
new EcpCluster(stack, 'm', { mirror: { name: 'ECP', members: ['data-server-a', 'data-server-b'], arbiter: true } });
const size: EcpAppServerOptions = { memoryMiB: 512, restart: 'on-failure:5', labels: { team: 'data' } };
const props: EcpClusterProps = {
  clusterName,
  appServerOptions: size,
  dataServerOptions: { ...size, maxAppServers: 32 },
  logDriver: 'journald',
  webGateway: { ...size, memoryMiB: 256 },
};
const cluster = new EcpCluster(stack, 'c', { ...props, appServers: undefined });

// Classes are what the interfaces ask for, and so are literals and classes of one's own.
const network: IEcpNetwork = new EcpNetwork(stack, 'network', { clusterName });
const there: IEcpNetwork = { networkId: existing.id };
const found: IEcpNetwork = EcpNetwork.fromExistingNetwork(stack, 'i', { networkId: existing.id });
const far: IEcpDataServer = EcpDataServer.fromExistingDataServer(stack, 'j', { host: 'data.example.org' });
const handed: IEcpPki = EcpPki.fromExistingCertificates(stack, 'k', {
  certificates: { reports: { certificateFile: 'cert.pem', privateKeyFile: 'key.pem', caBundleFile: 'ca.pem' } },
});
const elsewhere: IEcpDataServer = { name: 'data-server', host: '192.0.2.7', port: 1972 };
const near: IEcpDataServer = new EcpDataServer(stack, 'd', {
  clusterName,
  image: cluster.image,
  network,
  pki: cluster.pki,
});
const engines: EcpImage[] = [new RehearsalImage(stack, 'e'), new IrisImage(stack, 'f', { licenseKeyFile: 'iris.key' })];
class Vault implements IEcpPki {
  /** One PEM text serves all. */
  issueCertificate(name: string, { role }: EcpCertificateOptions) {
    return { subject: `CN=${name}`, certificatePem: role, privateKeyPem: 'key', caBundlePem: 'authority' };
  }
}
for (const image of engines)
  for (const dataServer of [elsewhere, far, near])
    for (const pki of [new Vault(), handed, new EcpPki(stack, 'g', { clusterName })])
      new EcpAppServer(stack, 'h', { clusterName, name: 'reports', image, network: there, pki, dataServer });

// What a construct shows has a type of its own, not `any`.
const server = cluster.addAppServer('batch', { webPort: 8300 });
export const networks = [there, found];
export const container: Container = server.container;
export const names: string[] = cluster.dataServer.admittedNames;
export const gateway: EcpWebGateway | undefined = cluster.webGateway;
export const aspect = new CisDockerAspect({ waivers: ecpCisWaivers(cluster) });
