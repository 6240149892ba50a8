export { EcpAppServer, type EcpAppServerOptions, type EcpAppServerProps } from './ecp-app-server';
export { EcpCluster, type EcpClusterProps } from './ecp-cluster';
export {
  EcpDataServer,
  type EcpDataServerOptions,
  type EcpDataServerProps,
  type IEcpDataServer,
} from './ecp-data-server';
export { RehearsalImage, type EcpImage, type RehearsalImageProps } from './ecp-image';
export { EcpNetwork, type EcpNetworkProps, type IEcpNetwork } from './ecp-network';
export { EcpPki, type EcpCertificate, type EcpCertificateOptions, type EcpPkiProps, type IEcpPki } from './ecp-pki';
export { requireProviderVersions } from './provider-versions';
export type { EcpServerOptions } from './private/server';
