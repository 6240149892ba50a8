import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { TlsProvider } from '@cdktf/provider-tls/lib/provider';
import { App, Aspects, LocalBackend, TerraformStack } from 'cdktf';
import { relative } from 'node:path';
import { CisDockerAspect, ecpCisWaivers, requireProviderVersions } from '../constructs';
import { DEFAULT_FAILURE_PATIENCE_SEC, REHEARSAL } from '../contract/engines';
import { defineCluster } from './cluster';
import { chooseDaemon } from './daemon-choice';
import { registryAuth } from './engine';
import { keepDataVolumeOf } from './keep-data-volume';
import { leaveAlone } from './leave-alone';
import { nodeProviders } from './nodes';
import { defineOutputs } from './outputs';
import { providerDaemon } from './provider-daemon';
import type { StackPlace } from './stack-place';
import { unlimitedAt } from './unlimited';
import { withoutTokenTraces } from './without-token-traces';

/** What is known of a stack once it is written, and not from the settings alone. */
export interface WrittenStack {
  /** Ports on 127.0.0.1 that the cluster publishes. */
  readonly webPorts: readonly number[];
  /** Seconds that the slowest of its servers may take to be Normal. */
  readonly startTimeoutSec: number;
  /** Seconds that a server may be `Failed` for one reason before waiting for it is pointless. */
  readonly failurePatienceSec: number;
  /** True when an image is built on the base image of the rehearsal engine. */
  readonly usesRehearsalBase: boolean;
}

/** Options of a synthesis. */
export interface SynthesizeOptions {
  /**
   * Lets the plan itself forget a data volume that is no longer in the stack. `./ecp` does that before it plans, with any Terraform.
   *
   * @default false
   */
  readonly planForgetsData?: boolean;
}

/** Another stack's outputs would be found by resolving everything once more before it is written; there is no other stack. */
class OnlyStack extends TerraformStack {
  public override prepareStack(): void {
    // Our backend is set.
  }
}

/** Puts providers, backend, one cluster and its outputs into one stack, and writes it out. */
export function writeStack(
  place: StackPlace,
  environment: NodeJS.ProcessEnv,
  options: SynthesizeOptions,
): WrittenStack {
  return withoutTokenTraces(() => write(place, environment, options));
}

function write(
  { settings, stackName, outputDirectory, stackDirectory, stateFile, caNumbers }: StackPlace,
  environment: NodeJS.ProcessEnv,
  options: SynthesizeOptions,
): WrittenStack {
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
  const { dataServers, appServers, arbiter, publishedWebPorts: webPorts } = cluster;
  return {
    webPorts,
    startTimeoutSec: Math.max(
      ...[...dataServers, ...appServers, ...(arbiter ? [arbiter] : [])].map(server => server.startTimeoutSec),
    ),
    failurePatienceSec: cluster.image.failurePatienceSec ?? DEFAULT_FAILURE_PATIENCE_SEC,
    usesRehearsalBase:
      settings.engine === REHEARSAL ||
      settings.backupRepository !== undefined ||
      settings.entryPointPort !== undefined ||
      settings.prometheusPort !== undefined,
  };
}
