export { CisDockerAspect, ecpCisWaivers, type CisDockerAspectProps, type CisWaiver } from './cis';
export {
  EcpAppServer,
  type EcpAppServerOptions,
  type EcpAppServerProps,
  type EcpRemoteDatabase,
} from './ecp-app-server';
export type {
  EcpBackupRepository,
  EcpFolderRepository,
  EcpS3Repository,
  EcpSftpRepository,
  EcpVolumeRepository,
} from './backup/repository';
export type { EcpBackupRetention } from './backup/retention';
export { EcpBackup, type EcpBackupOptions, type EcpBackupProps } from './ecp-backup';
export { EcpCluster, type EcpClusterProps } from './ecp-cluster';
export {
  EcpDataServer,
  type EcpDataServerAttributes,
  type EcpDataServerOptions,
  type EcpDataServerProps,
  type IEcpDataServer,
} from './ecp-data-server';
export type {
  EcpConfigFile,
  EcpEngineFeatures,
  EcpFile,
  EcpImage,
  EcpImageDefaults,
  EcpImageServer,
  EcpServerFile,
  EcpTmpfs,
  EcpUlimit,
} from './ecp-image';
export { EcpNetwork, type EcpNetworkAttributes, type EcpNetworkProps, type IEcpNetwork } from './ecp-network';
export {
  EcpPki,
  type EcpCertificate,
  type EcpCertificateFiles,
  type EcpCertificateOptions,
  type EcpCertificatePem,
  type EcpExistingCertificate,
  type EcpPkiAttributes,
  type EcpPkiProps,
  type IEcpPki,
} from './ecp-pki';
export { EcpWebGateway, type EcpWebGatewayOptions, type EcpWebGatewayProps } from './ecp-web-gateway';
export { IrisImage, type IrisImageProps, type IrisLicenseServer } from './iris-image';
export { DockerHost, type DockerHostProps } from './platform/docker-host';
export type { EcpServerHandle, IEcpPlatform } from './platform/ecp-platform';
export type { EcpHealthCheck, EcpPublishedPort, EcpServerSpec } from './platform/server-spec';
export type { EcpContainerOptions, EcpRestart } from './private/container-options';
export type { EcpServerOptions } from './private/server';
export type { EcpSuperserverPort } from './private/superserver-port';
export { Swarm, type SwarmNodeLabel, type SwarmProps } from './platform/swarm/swarm';
export { requireProviderVersions } from './provider-versions';
export { RehearsalImage, type RehearsalImageProps } from './rehearsal-image';
