import { realpathSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { Container } from '@cdktf/provider-docker/lib/container';
import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { TlsProvider } from '@cdktf/provider-tls/lib/provider';
import { App, Aspects, LocalBackend, TerraformOutput, TerraformStack } from 'cdktf';
import { caNumbersIn, readCaNumbers, type CaNumbers, type KeptCaNumbers } from './cli/rotation/ca-numbers';
import { chooseDaemon } from './cli/machine/daemon-choice';
import { providerDaemon } from './cli/machine/daemon-handover';
import { unlimitedAt, type Limit } from './cli/machine/unlimited';
import { linkProviders } from './cli/machine/link-providers';
import { privateDirectory } from './cli/private-directory';
import { withoutTokenStacks } from './cli/token-stacks';
import { stateDirectoryOf, stateFileOf } from './cli/terraform/state-file';
import { keepDataVolumeOf } from './cli/terraform/keep-block';
import { requireNoOtherState } from './cli/terraform/own-state';
import { requireDefaultWorkspace } from './cli/terraform/workspace';
import { registryLogin, type RegistryLogin } from './cli/machine/registry-login';
import {
  CisDockerAspect,
  EcpCluster,
  EcpNetwork,
  EcpPki,
  IrisImage,
  type IrisLicenseServer,
  RehearsalImage,
  ecpCisWaivers,
  requireProviderVersions,
  type EcpClusterProps,
} from './constructs';
import { DEFAULT_IRIS_IMAGE } from './constructs/iris-image';
import { cutWords } from './constructs/private/shorten';
import { requireName } from './constructs/private/validate';
import { loadSettings, nameSettings, SettingsError, variableOf, type Settings } from './settings';

/** What `synthesize` made, for those who run Terraform on it. */
export interface Synthesized {
  readonly settings: Settings;
  readonly stackName: string;
  /** Folder with `cdk.tf.json`, where Terraform runs. */
  readonly stackDirectory: string;
  readonly stateFile: string;
  /** Numbers of the certificate authorities: of the settings, or as they were left. */
  readonly caNumbers: KeptCaNumbers;
  /** Ports on 127.0.0.1 that the cluster publishes. */
  readonly webPorts: readonly number[];
  /** Seconds that the slowest of its servers may take to be Normal. */
  readonly startTimeoutSec: number;
}

/** Options of `synthesize`. */
export interface SynthesizeOptions {
  /**
   * Lets the plan itself forget a data volume that is no longer in the stack. `./ecp` does that before it plans, with any Terraform.
   *
   * @default false
   */
  readonly planForgetsData?: boolean;
}

/**
 * Puts providers, backend, one cluster and its outputs into one stack, `<cluster>-<engine>`, and writes it out.
 *
 * @throws SettingsError with one sentence when a setting breaks a rule or a folder cannot be written.
 */
export function synthesize(environment: NodeJS.ProcessEnv = process.env, options: SynthesizeOptions = {}): Synthesized {
  const settings = loadSettings(environment);
  // State and plans hold private keys, and Terraform writes them readable for all.
  const asked = privateDirectory('CDKTF_OUTDIR', resolve(__dirname, environment.CDKTF_OUTDIR ?? 'cdktf.out'));
  // Relative paths start there, and go up from where it really is: with a link in its path the state would lie elsewhere.
  const outputDirectory = realpathSync(asked);
  const stateDirectory = privateDirectory('ECP_STATE_DIR', stateDirectoryOf(environment));
  if (!relative(outputDirectory, realpathSync(stateDirectory)).startsWith('..'))
    throw new SettingsError(
      `'ECP_STATE_DIR' must be outside of the output folder, where a synth deletes what is no stack's, got '${stateDirectory}'; choose another`,
    );
  try {
    return withoutTokenStacks(() => writeStack(settings, environment, outputDirectory, options));
  } catch (error) {
    throw inOneSentence(error as NodeJS.ErrnoException, outputDirectory);
  }
}

/** Another stack's outputs would be found by resolving everything once more before it is written; there is no other stack. */
class OnlyStack extends TerraformStack {
  public override prepareStack(): void {
    // Our backend is set.
  }
}

function writeStack(
  settings: Settings,
  environment: NodeJS.ProcessEnv,
  outputDirectory: string,
  options: SynthesizeOptions,
): Synthesized {
  // The stack is named after it, and cdktf has rules of its own.
  requireName('cluster', settings.cluster);
  const stackName = `${settings.cluster}-${settings.engine}`;
  const stateFile = stateFileOf(environment, settings.cluster, settings.engine);
  const stackDirectory = join(outputDirectory, 'stacks', stackName);
  requireDefaultWorkspace(environment, stackDirectory);
  requireNoOtherState(stateFile, settings.cluster, settings.engine);
  const caNumbers = caNumbersOf(settings, stateFile);

  const app = new App({ outdir: outputDirectory });
  const stack = new OnlyStack(app, stackName);
  new LocalBackend(stack, { path: relative(stackDirectory, stateFile) });
  const choice = chooseDaemon(environment);
  const daemon = providerDaemon(choice, environment);
  new DockerProvider(stack, 'docker', { ...daemon, registryAuth: registryAuth(settings, environment) });
  new TlsProvider(stack, 'tls');
  requireProviderVersions(stack);
  const cluster = defineCluster(stack, settings, caNumbers);
  defineOutputs(stack, cluster);
  leaveAlone(stack, unlimitedAt(choice.host));
  if (options.planForgetsData && settings.dataRetention !== 'destroy')
    keepDataVolumeOf(stack, stateFile, settings.cluster);
  Aspects.of(stack).add(new CisDockerAspect({ waivers: ecpCisWaivers(cluster) }));
  app.synth();
  linkProviders(stackDirectory);
  const { dataServer, appServers, publishedWebPorts: webPorts } = cluster;
  const timeouts = [dataServer, ...appServers].map(({ container }) => container.waitTimeoutInput ?? 0);
  const startTimeoutSec = Math.max(...timeouts);
  return { settings, stackName, stackDirectory, stateFile, caNumbers, webPorts, startTimeoutSec };
}

/** What constructs refuse is the user's to mend. Errors of other classes are defects and keep their stack trace. */
function inOneSentence(error: NodeJS.ErrnoException, outputDirectory: string): Error {
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT')
    return new SettingsError(
      `'CDKTF_OUTDIR' must be a folder with room, got '${outputDirectory}' (${error.message}); make room`,
    );
  return error.constructor === Error && error.code === undefined
    ? new SettingsError(cutWords(nameSettings(error.message)))
    : error;
}

/** Settings win as a pair: one of them together with what was left of the other would be neither. */
function caNumbersOf(settings: Settings, stateFile: string): KeptCaNumbers {
  return caNumbersIn(settings) ?? readCaNumbers(stateFile);
}

function defineCluster(stack: TerraformStack, settings: Settings, caNumbers: CaNumbers): EcpCluster {
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
      signingCa: caNumbers.signingCa,
      trustedCas: caNumbers.trustedCas,
    }),
    network: new EcpNetwork(stack, 'network', { clusterName, subnet: settings.subnet }),
    ...defineEngine(stack, settings),
    dataServerOptions: {
      webPort: settings.dataServerWebPort,
      maxAppServers: settings.maxAppServers,
      additionalClients: settings.additionalClients,
      dataRetention: settings.dataRetention,
      configFile: settings.dataServerConfigFile,
      memoryMb: settings.dataServerMemoryMb,
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
      memoryMb: settings.appServerMemoryMb,
      cpus: settings.appServerCpus,
      cpuSet: settings.appServerCpuSet,
      configVariables,
      startTimeoutSec,
      stopTimeoutSec,
    },
  });
}

function defineEngine(stack: TerraformStack, settings: Settings): Pick<EcpClusterProps, 'image' | 'webGateway'> {
  if (settings.engine === 'rehearsal')
    return { image: new RehearsalImage(stack, 'image', { baseImage: settings.rehearsalBaseImage }) };
  const { irisLicenseKeyFile: licenseKeyFile, irisPasswordFile: passwordFile, webGatewayImage } = settings;
  if (licenseKeyFile === undefined) {
    throw new Error(
      `'irisLicenseKeyFile' must be set for the engine 'iris', got nothing; give the path of a licence key with ECP in ${variableOf('irisLicenseKeyFile')}`,
    );
  }
  const image = new IrisImage(stack, 'image', {
    licenseKeyFile,
    passwordFile,
    baseImage: settings.irisImage,
    globalBuffersMb: settings.irisGlobalBuffersMb,
    cpfMergeFile: settings.irisCpfMergeFile,
    hugePages: settings.irisHugePages,
    licenseServer: licenseServer(settings.irisLicenseServer),
    applicationFolder: settings.irisApplicationFolder,
    clientReconnectInterval: settings.clientReconnectInterval,
    clientReconnectDuration: settings.clientReconnectDuration,
    serverTroubleDuration: settings.serverTroubleDuration,
  });
  const gateway = webGatewayImage !== undefined || !image.hasWebServer;
  return { image, webGateway: gateway ? { baseImage: webGatewayImage, passwordFile } : undefined };
}

/** `HOST` or `HOST:PORT`. */
function licenseServer(text: string | undefined): IrisLicenseServer | undefined {
  if (text === undefined) return undefined;
  const [, address = text, port] = /^([^:]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
  return { address, port: port === undefined ? undefined : Number(port) };
}

/** Logins to the registries of the engine's images: the provider uses none that it is not told of. */
function registryAuth(settings: Settings, environment: NodeJS.ProcessEnv): RegistryLogin[] | undefined {
  if (settings.engine !== 'iris') return undefined;
  const images = [settings.irisImage ?? DEFAULT_IRIS_IMAGE, settings.webGatewayImage ?? DEFAULT_IRIS_IMAGE];
  const registries = [...new Set(images.map(image => image.split('/')[0]!))];
  const logins = registries.flatMap(registry => registryLogin(registry, environment) ?? []);
  return logins.length > 0 ? logins : undefined;
}

/** Limits that the daemon does not apply would be asked for again in each plan. */
function leaveAlone(stack: TerraformStack, limits: readonly Limit[]): void {
  if (limits.length === 0) return;
  for (const container of stack.node.findAll().filter(each => each instanceof Container)) {
    const ignored = (container.lifecycle?.ignoreChanges ?? []) as readonly string[];
    container.addOverride('lifecycle.ignore_changes', [...new Set([...ignored, ...limits])]);
  }
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

if (require.main === module) {
  try {
    synthesize(process.env, { planForgetsData: true });
  } catch (error) {
    // One sentence for a person; the stack trace of a refused setting helps nobody.
    console.error(`error: ${(error as Error).message}`);
    process.exitCode = 1;
  }
}
