import { chmodSync, mkdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { TlsProvider } from '@cdktf/provider-tls/lib/provider';
import { App, LocalBackend, TerraformOutput, TerraformStack } from 'cdktf';
import { linkProviders } from './cli/machine/link-providers';
import { EcpCluster, EcpNetwork, EcpPki, RehearsalImage, requireProviderVersions } from './constructs';
import { loadSettings, type Settings } from './settings';

/** What `synthesize` made, for those who run Terraform on it. */
export interface Synthesized {
  readonly settings: Settings;
  readonly stackName: string;
  /** Folder with `cdk.tf.json`, where Terraform runs. */
  readonly stackDirectory: string;
  readonly stateFile: string;
}

/** Puts providers, backend, one cluster and its outputs into one stack, `<cluster>-<engine>`, and writes it out. */
export function synthesize(environment: NodeJS.ProcessEnv = process.env): Synthesized {
  const settings = loadSettings(environment);
  const stackName = `${settings.cluster}-${settings.engine}`;
  // State and plans hold private keys, and Terraform writes them readable for all.
  const outputDirectory = privateDirectory(environment.CDKTF_OUTDIR ?? 'cdktf.out');
  const stateFile = join(privateDirectory(environment.ECP_STATE_DIR ?? '.state'), `${stackName}.tfstate`);
  const stackDirectory = join(outputDirectory, 'stacks', stackName);

  const app = new App({ outdir: outputDirectory });
  const stack = new TerraformStack(app, stackName);
  new LocalBackend(stack, { path: relative(stackDirectory, stateFile) });
  new DockerProvider(stack, 'docker');
  new TlsProvider(stack, 'tls');
  requireProviderVersions(stack);
  defineOutputs(stack, defineCluster(stack, settings));
  app.synth();
  linkProviders(stackDirectory);
  return { settings, stackName, stackDirectory, stateFile };
}

function defineCluster(stack: TerraformStack, settings: Settings): EcpCluster {
  const clusterName = settings.cluster;
  const { configVariables, startTimeoutSec, stopTimeoutSec } = settings;
  return new EcpCluster(stack, 'ecp', {
    clusterName,
    appServers: settings.appServers,
    appServerWebPortBase: settings.appServerWebPortBase,
    pki: new EcpPki(stack, 'pki', {
      clusterName,
      algorithm: settings.keyAlgorithm,
      leafValidityHours: settings.leafValidityHours,
      leafRenewalHours: settings.leafRenewalHours,
      caValidityHours: settings.caValidityHours,
    }),
    network: new EcpNetwork(stack, 'network', { clusterName, subnet: settings.subnet }),
    image: new RehearsalImage(stack, 'image', { baseImage: settings.rehearsalBaseImage }),
    dataServerOptions: {
      webPort: settings.dataServerWebPort,
      maxAppServers: settings.maxAppServers,
      additionalClients: settings.additionalClients,
      dataRetention: settings.dataRetention,
      configFile: settings.dataServerConfigFile,
      memoryMb: settings.dataServerMemoryMb,
      configVariables,
      startTimeoutSec,
      stopTimeoutSec,
    },
    appServerOptions: {
      configFile: settings.appServerConfigFile,
      memoryMb: settings.appServerMemoryMb,
      configVariables,
      startTimeoutSec,
      stopTimeoutSec,
    },
  });
}

function defineOutputs(stack: TerraformStack, cluster: EcpCluster): void {
  new TerraformOutput(stack, 'cluster', {
    staticId: true,
    description: 'Names of the cluster and its containers',
    value: {
      name: cluster.clusterName,
      engine: cluster.image.engine,
      dataServer: cluster.dataServer.container.name,
      appServers: cluster.appServers.map(server => server.container.name),
      dataVolume: cluster.dataServer.dataVolumeName,
    },
  });
}

function privateDirectory(path: string): string {
  const directory = resolve(__dirname, path);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  chmodSync(directory, 0o700);
  return directory;
}

if (require.main === module) {
  try {
    synthesize();
  } catch (error) {
    // One sentence for a person; the stack trace of a refused setting helps nobody.
    console.error(`error: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
