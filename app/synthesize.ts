import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { TlsProvider } from '@cdktf/provider-tls/lib/provider';
import { App, Aspects, LocalBackend, TerraformStack } from 'cdktf';
import { realpathSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { CisDockerAspect, ecpCisWaivers, requireProviderVersions } from '../constructs';
import { DEFAULT_FAILURE_PATIENCE_SEC, REHEARSAL } from '../contract/engines';
import { cutWords } from '../contract/messages';
import { nameFault } from '../contract/names';
import { caNumbersIn, readCaNumbers, type KeptCaNumbers } from './authority-numbers';
import { defineCluster } from './cluster';
import { chooseDaemon } from './daemon-choice';
import { registryAuth } from './engine';
import { PROJECT } from './folders';
import { keepDataVolumeOf } from './keep-data-volume';
import { linkProviders } from './link-providers';
import { nodeProviders } from './nodes';
import { defineOutputs } from './outputs';
import { requireNoOtherState } from './own-state';
import { privateDirectory } from './private-directory';
import { providerDaemon } from './provider-daemon';
import { loadSettings, nameSettings, SettingsError, type Settings } from './settings';
import { stateDirectoryOf, stateFileOf } from './state-file';
import { leaveAlone, unlimitedAt } from './unlimited';
import { withoutTokenTraces } from './without-token-traces';
import { requireDefaultWorkspace } from './workspace';

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
  /** Seconds that a server may be `Failed` for one reason before waiting for it is pointless. */
  readonly failurePatienceSec: number;
  /** True when an image is built on the base image of the rehearsal engine. */
  readonly usesRehearsalBase: boolean;
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
  const asked = privateDirectory('CDKTF_OUTDIR', resolve(PROJECT, environment.CDKTF_OUTDIR ?? 'cdktf.out'));
  // Relative paths start there, and go up from where it really is: with a link in its path the state would lie elsewhere.
  const outputDirectory = realpathSync(asked);
  const stateDirectory = privateDirectory('ECP_STATE_DIR', stateDirectoryOf(environment));
  if (!relative(outputDirectory, realpathSync(stateDirectory)).startsWith('..'))
    throw new SettingsError(
      `'ECP_STATE_DIR' must be outside of the output folder, where a synth deletes what is no stack's, got '${stateDirectory}'; choose another`,
    );
  try {
    return withoutTokenTraces(() => writeStack(settings, environment, outputDirectory, options));
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
  const fault = nameFault('cluster', settings.cluster);
  if (fault !== undefined) throw new Error(fault);
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
  const cluster = defineCluster(stack, settings, caNumbers, nodeProviders(stack, settings));
  defineOutputs(stack, cluster);
  leaveAlone(stack, unlimitedAt(choice.host));
  if (options.planForgetsData && settings.dataRetention !== 'destroy')
    keepDataVolumeOf(stack, stateFile, settings.cluster);
  Aspects.of(stack).add(new CisDockerAspect({ waivers: ecpCisWaivers(cluster) }));
  app.synth();
  linkProviders(stackDirectory);
  const { dataServer, appServers, publishedWebPorts: webPorts } = cluster;
  const startTimeoutSec = Math.max(...[dataServer, ...appServers].map(server => server.startTimeoutSec));
  return {
    settings,
    stackName,
    stackDirectory,
    stateFile,
    caNumbers,
    webPorts,
    startTimeoutSec,
    failurePatienceSec: cluster.image.failurePatienceSec ?? DEFAULT_FAILURE_PATIENCE_SEC,
    usesRehearsalBase: settings.engine === REHEARSAL || settings.backupRepository !== undefined,
  };
}

/** What constructs refuse is a mistake of the user. Errors of other classes are defects and keep their stack trace. */
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
