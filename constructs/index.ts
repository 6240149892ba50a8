/**
 * Which properties take a value of another resource or a variable, and who checks it. Every other property that is a text, a number, a truth
 * value or a list must be known at synth, and says so.
 *
 * | Takes it | In | Checked by |
 * | -------- | -- | ---------- |
 * | `memoryMiB`, `startTimeoutSec`, `stopTimeoutSec`, `cpus`, `cpuSet`, `webPort` | servers on a `DockerHost` | a precondition, in the plan where it can |
 * | `memoryMiB`, `cpus`, `cpuSet`, `baseImage` | `EcpWebGateway` | the same |
 * | `baseImage` | `RehearsalImage`, `EcpBackup`, `EcpEntryPoint` | the same |
 * | `memoryMiB` | `EcpBackup`, `EcpEntryPoint`, `EcpArbiter` | the same |
 * | `subnet` | `EcpNetwork` | the same; whether there is room for all servers is not checked |
 * | `rsaBits` | `EcpPki` | the same |
 * | `networkId` | `EcpNetwork.fromExistingNetwork` | Docker |
 * | certificates and keys in PEM | `EcpPki.fromExistingCertificates` | the delivery, and the servers |
 * | values of `labels` | all containers | Docker |
 * | values of `configVariables` that the file does not use | servers | nobody |
 *
 * @packageDocumentation
 */
export { CisDockerAspect, ecpCisWaivers, type CisDockerAspectProps, type CisWaiver } from './cis';
export {
  EcpAppServer,
  type EcpAppServerOptions,
  type EcpAppServerProps,
  type EcpRemoteDatabase,
} from './ecp-app-server';
export { EcpArbiter, type EcpArbiterProps } from './ecp-arbiter';
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
export type { EcpMirrorOutputs, EcpOutputs } from './ecp-outputs';
export { EcpLabelsAspect, type EcpLabelsAspectProps } from './ecp-labels-aspect';
export {
  EcpDataServer,
  type EcpDataServerAttributes,
  type EcpDataServerOptions,
  type EcpDataServerProps,
  type EcpSubject,
  type IEcpDataServer,
} from './ecp-data-server';
export {
  EcpEntryPoint,
  type EcpEntryPointOptions,
  type EcpEntryPointProps,
  type EcpHaproxyLines,
} from './ecp-entry-point';
export type {
  EcpConfigFile,
  EcpEngineFeatures,
  EcpFile,
  EcpImage,
  EcpImageDefaults,
  EcpImageMirror,
  EcpImageServer,
  EcpServerFile,
  EcpTmpfs,
  EcpUlimit,
  EcpWebHealth,
} from './ecp-image';
export type { EcpMirrorOptions } from './ecp-mirror';
export {
  EcpMonitoring,
  type EcpMonitoringImages,
  type EcpMonitoringOptions,
  type EcpMonitoringProps,
} from './ecp-monitoring';
export type { WatchedServer as EcpWatchedServer } from './monitoring/prometheus-config';
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
export { movedFrom } from './moved-from';
export { DockerHost, type DockerHostProps } from './platform/docker-host';
export type { EcpPlacedImage, EcpServerHandle, IEcpPlatform } from './platform/ecp-platform';
export type { EcpCompanionMount, EcpCompanionSpec } from './platform/companion-spec';
export type { EcpHealthCheck, EcpPublishedPort, EcpServerSpec } from './platform/server-spec';
export type { EcpContainerOptions, EcpRestart } from './private/container-options';
export type { EcpServerOptions } from './private/server';
export type { EcpSuperserverPort } from './private/superserver-port';
export type { EcpWebAddress } from './private/web-address';
export { Swarm, type SwarmNodeLabel, type SwarmProps } from './platform/swarm/swarm';
export { requireProviderVersions } from './provider-versions';
export { useSetUp, type SetUpOptions } from './set-up';
export { RehearsalImage, type RehearsalImageProps } from './rehearsal-image';
export { stableStack } from './stable-stack';
