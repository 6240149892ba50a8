import { usesSsh } from '../../app/node-settings';
import { requireOwnState } from '../../app/own-state';
import { serverNames } from '../../app/mirror';
import type { Synthesized } from '../../app/synthesize';
import { synthesizeOnce } from '../../app/synthesize-once';
import { ownerOfKey } from '../../contract/pki';
import { placesOf } from '../access/endpoints';
import { askNodes, requireDataServer, type LeftOut } from '../access/left-out';
import { whileWatched } from '../access/watch-nodes';
import { requireServers, type Server } from '../access/servers';
import { printExplanations } from '../failures/explain';
import { setUpMachine } from '../machine/machine';
import { servicesOf } from '../swarm/services';
import { askSwarm } from '../swarm/nodes';
import { UserError, step } from '../terminal';
import { keepTags } from '../terraform/images-first';
import { prepareTerraform } from '../terraform/prepare';
import { reachableTargets } from '../terraform/reachable';
import { readStack } from '../terraform/stack-file';
import { awaitStateLock } from '../terraform/state-lock';
import { sweep } from '../terraform/sweep';
import { idsInState, type Workspace } from '../terraform/terraform';
import { awaitFilesInUse } from './await-files';
import { applyDeliveryPlan } from './delivery-plan';
import { requireOverlap } from './require-overlap';

/** A cluster of this stack whose files can be deployed again. */
export interface Rotation {
  readonly terraform: string;
  readonly stack: Synthesized;
  /** What it goes on without. */
  readonly leftOut: LeftOut;
}

/**
 * Checks that there is a cluster that a rotation can work on: deployed by this stack, all of its servers known to the state.
 *
 * @param assumeYes Do not ask before this machine is changed, should that be needed.
 * @throws UserError when `./ecp up` has to come first.
 */
export async function openRotation(assumeYes: boolean): Promise<Rotation> {
  const stack = await synthesizeOnce();
  const { cluster, engine } = stack.settings;
  const servers = await requireServers(cluster);
  const leftOut = await askNodes(cluster);
  requireDataServer(leftOut);
  await awaitStateLock(stack.stateFile);
  requireOwnState(stack.stateFile, cluster, engine);
  const strangers = await strangersAmong(servers, stack);
  if (strangers.length > 0) {
    throw new UserError(
      `the state '${stack.stateFile}' does not know ${strangers.join(', ')} of cluster '${cluster}'; run ./ecp up first`,
    );
  }
  const { terraform, changed } = await setUpMachine({
    assumeYes,
    rehearsal: stack.usesRehearsalBase,
    ssh: usesSsh(stack.settings),
  });
  const rotation = { terraform, stack: changed ? await synthesizeOnce() : stack, leftOut };
  // Also before each deploy; here before a step is begun or its numbers are kept.
  await prepareTerraform(rotation.stack, { terraform, directory: rotation.stack.stackDirectory });
  return rotation;
}

/** Servers that the state does not know: another stack deployed them, or the state was lost. */
async function strangersAmong(servers: readonly Server[], { stateFile, settings }: Synthesized): Promise<string[]> {
  if (!placesOf(settings.cluster).isSwarm) {
    const known = idsInState(stateFile, 'docker_container');
    return servers.filter(({ facts }) => !known.has(facts.Id)).map(({ name }) => name);
  }
  const known = idsInState(stateFile, 'docker_service');
  const services = await servicesOf(settings.cluster, (await askSwarm(settings.cluster)).manager);
  return services.filter(({ id, server }) => server !== '' && !known.has(id)).map(({ server }) => server);
}

/** How a deploy of files ended. */
export interface Deployed {
  /** Exit code: 0, 1 when Terraform failed, which is explained on standard error then, 130 when it was interrupted. */
  readonly code: number;
  /** True when a signal came while Terraform ran; with code 0 it came too late to end anything. */
  readonly signalled: boolean;
}

/** Names of the servers that the stack has, data servers before application servers. */
export function serversOf({ stack }: Rotation): string[] {
  return serverNames(stack.settings);
}

/** Waits until every server that can be reached uses what was delivered to it; see `awaitFilesInUse`. */
export async function awaitServers(rotation: Rotation, title: string): Promise<void> {
  const { startTimeoutSec, settings } = rotation.stack;
  const expected = serversOf(rotation).filter(name => !rotation.leftOut.servers.includes(name));
  await step(title, progress => awaitFilesInUse(settings.cluster, expected, startTimeoutSec, progress));
}

/**
 * Deploys the stack as it is synthesized now, with new keys for some servers, and waits until every server uses its files.
 *
 * @param onBegin Called before anything is changed; without a call nothing was.
 */
export async function deployFiles(
  rotation: Rotation,
  title: string,
  newKeysFor: readonly string[],
  onBegin: () => void = () => undefined,
): Promise<Deployed> {
  const stack = await synthesizeOnce();
  const workspace: Workspace = { terraform: rotation.terraform, directory: stack.stackDirectory };
  await prepareTerraform(stack, workspace);
  await requireOverlap(stack, rotation.leftOut);
  await keepTags(stack);
  for (const what of await sweep(stack.settings.cluster, stack.stateFile))
    console.log(`removed ${what}, which the state does not know`);
  const keys = keyAddresses(stack).filter(({ server }) => newKeysFor.includes(server));
  const addresses = keys.map(({ address }) => address);
  const targets = reachableTargets(rotation.leftOut.silent, stack);
  const result = await step(
    title,
    progress =>
      whileWatched(stack.settings.cluster, rotation.leftOut, nodes =>
        applyDeliveryPlan(workspace, { replace: addresses, targets, onBegin, progress, nodes }),
      ),
    ({ ok }) => ok,
  );
  const { signalled } = result;
  if (result.interrupted) return { code: 130, signalled };
  if (!result.ok) {
    await printExplanations(result.diagnostics, stack.stackDirectory, stack.settings.cluster);
    return { code: 1, signalled };
  }
  await awaitServers({ ...rotation, stack }, 'Wait until every server uses its new files');
  return { code: 0, signalled };
}

/** A new key makes a new certificate and a new delivery by itself. */
function keyAddresses({ stackDirectory }: Synthesized): { server: string; address: string }[] {
  return Object.entries(readStack(stackDirectory).resource.tls_private_key ?? {}).map(([name, properties]) => ({
    server: ownerOfKey(properties['//'].metadata.path) ?? '',
    address: `tls_private_key.${name}`,
  }));
}
