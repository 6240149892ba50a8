import { LABELS } from '../../contract/contract';
import { UserError } from '../terminal';
import { docker, tryDocker, type ContainerFacts } from './docker';
import { placesOf, type Endpoint } from './endpoints';
import { NODE_SEC, rememberedSilence, rememberSilence, whySilent, type SilentNode } from './silent-nodes';
import { whySshFails } from './ssh';

/** What carries a cluster's label on the engines that it may run on, and which of them did not answer. */
export interface FoundContainers {
  readonly containers: readonly ContainerFacts[];
  readonly silent: readonly SilentNode[];
}

/** All containers of a cluster, running or not, on all engines that it may run on. The engine that this process has settled on must answer. */
export async function containersOf(cluster: string): Promise<FoundContainers> {
  const label = `${LABELS.cluster}=${cluster}`;
  const found = await Promise.all(
    placesOf(cluster).endpoints.map(async (endpoint): Promise<FoundContainers> => {
      if (!endpoint) return { containers: await containersHere(label), silent: [] };
      const there = rememberedSilence(endpoint) ?? (await containersOn(endpoint, label));
      if (typeof there !== 'string') return { containers: there, silent: [] };
      rememberSilence(endpoint, there);
      return { containers: [], silent: [{ node: endpoint.node, why: there }] };
    }),
  );
  return { containers: found.flatMap(({ containers }) => containers), silent: found.flatMap(({ silent }) => silent) };
}

const listArgs = (label: string): string[] => ['ps', '--all', '--quiet', '--no-trunc', '--filter', `label=${label}`];

const inspectArgs = (ids: readonly string[]): string[] => ['inspect', '--type', 'container', ...ids];

const INSPECT_SEC = 60;

/** Containers of the engine that this process has settled on. */
async function containersHere(label: string): Promise<ContainerFacts[]> {
  const ids = idsIn(await docker(listArgs(label)));
  if (ids.length === 0) return [];
  // A container may go between the two calls; inspect then fails as a whole although it printed the others.
  const result = await tryDocker(inspectArgs(ids), { timeoutSec: INSPECT_SEC });
  if (result.code === 124) throw new UserError(holdsOn(INSPECT_SEC, label));
  return JSON.parse(result.stdout || '[]') as ContainerFacts[];
}

/** Containers of an engine elsewhere, or why it does not answer. */
async function containersOn(endpoint: Endpoint, label: string): Promise<ContainerFacts[] | string> {
  const on = { timeoutSec: NODE_SEC, endpoint };
  const refusal = await whySshFails(endpoint);
  if (refusal !== undefined) return refusal;
  const listed = await tryDocker(listArgs(label), on);
  if (listed.code !== 0) return whySilent(listed);
  const ids = idsIn(listed.stdout);
  if (ids.length === 0) return [];
  const inspected = await tryDocker(inspectArgs(ids), on);
  if (inspected.code === 124) return holdsOn(NODE_SEC, label);
  if (inspected.code !== 0 && !/no such/i.test(inspected.stderr)) return whySilent(inspected);
  return (JSON.parse(inspected.stdout || '[]') as ContainerFacts[]).map(facts => ({ ...facts, endpoint }));
}

function idsIn(text: string): string[] {
  return text.split('\n').filter(Boolean);
}

function holdsOn(timeoutSec: number, label: string): string {
  return `docker inspect did not answer within ${timeoutSec} s: Docker holds on to a container with the label ${label}, as it does when one is paused at the moment in which a command starts in it`;
}
