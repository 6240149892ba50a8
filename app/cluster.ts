import type { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import type { TerraformStack } from 'cdktf';
import { EcpCluster, EcpNetwork, EcpPki, type EcpRestart } from '../constructs';
import type { CaNumbers } from './authority-numbers';
import { backupOptions } from './backup';
import { defineEngine } from './engine';
import { entryPointOptions } from './entry-point';
import { mirrorOptions } from './mirror';
import { monitoringOptions } from './monitoring';
import { usesSwarm } from './node-settings';
import { definePlatform } from './nodes';
import { DEFAULTS, type Settings } from './settings';

/** The cluster that the settings describe. */
export function defineCluster(
  stack: TerraformStack,
  settings: Settings,
  caNumbers: CaNumbers,
  providers: ReadonlyMap<string, DockerProvider>,
): EcpCluster {
  const clusterName = settings.cluster;
  const { configVariables, startTimeoutSec, stopTimeoutSec } = settings;
  const entryPoint = entryPointOptions(settings);
  // A swarm would publish them to everybody, and behind an entry point they need none: only who asks for that gets it.
  const webPortOf = (name: 'dataServerWebPort' | 'appServerWebPortBase'): number | undefined => {
    const isOptional = usesSwarm(settings) || (entryPoint !== undefined && name === 'appServerWebPortBase');
    return isOptional && settings[name] === DEFAULTS[name] ? undefined : settings[name];
  };
  const engine = defineEngine(stack, settings, providers);
  return new EcpCluster(stack, 'ecp', {
    clusterName,
    appServers: settings.appServers,
    appServerWebPortBase: webPortOf('appServerWebPortBase'),
    // The construct says what is wrong with it.
    restart: settings.restart as EcpRestart | undefined,
    labels: settings.labels,
    logDriver: settings.logDriver,
    logOptions: settings.logOptions,
    pki: new EcpPki(stack, 'pki', {
      clusterName,
      algorithm: settings.keyAlgorithm ?? engine.image.keyAlgorithm,
      leafValidityHours: settings.leafValidityHours,
      leafRenewalHours: settings.leafRenewalHours,
      caValidityHours: settings.caValidityHours,
      signingCa: caNumbers.signingCa,
      trustedCas: caNumbers.trustedCas,
    }),
    network:
      settings.nodes === undefined
        ? new EcpNetwork(stack, 'network', { clusterName, subnet: settings.subnet })
        : undefined,
    ...definePlatform(stack, settings, providers),
    ...engine,
    mirror: mirrorOptions(settings),
    backup: backupOptions(settings),
    entryPoint,
    monitoring: monitoringOptions(settings),
    dataServerOptions: {
      webPort: webPortOf('dataServerWebPort'),
      maxAppServers: settings.maxAppServers,
      additionalClients: settings.additionalClients,
      dataRetention: settings.dataRetention,
      configFile: settings.dataServerConfigFile,
      memoryMiB: settings.dataServerMemoryMiB,
      cpus: settings.dataServerCpus,
      cpuSet: settings.dataServerCpuSet,
      journalVolume: settings.journalVolume,
      alternateJournalVolume: settings.alternateJournalVolume,
      configVariables,
      startTimeoutSec,
      stopTimeoutSec,
    },
    appServerOptions: {
      configFile: settings.appServerConfigFile,
      memoryMiB: settings.appServerMemoryMiB,
      cpus: settings.appServerCpus,
      cpuSet: settings.appServerCpuSet,
      configVariables,
      startTimeoutSec,
      stopTimeoutSec,
    },
  });
}
