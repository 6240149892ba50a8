import { setTimeout } from 'node:timers/promises';
import { SUPERSERVER_PORT } from '../../contract/contract';
import { ENTRY_POINT_NAME, ENTRY_POINT_WEB_PORT } from '../../contract/entry-point';
import { reachableAddress } from '../../contract/reachable-address';
import type { Part } from '../access/servers';
import { askEntryPoint, entryPointAmong, readEntryStatus, type EnteredServer } from '../access/entry-point';
import type { ContainerFacts } from '../access/docker';
import type { ServerReport } from '../access/server-report';
import type { Drift } from '../drift/drift';

/** The entry point of a cluster with what it says of the servers. */
export interface EntryPointReport {
  readonly container: string;
  /** Where web pages are found from the Docker host. */
  readonly webUrl?: string;
  /** Where clients of the superserver connect. */
  readonly superserver?: string;
  readonly servers: readonly EnteredServer[];
  /** Why it serves nobody; empty while it works. */
  readonly reason: string;
  /** What differs from what was deployed. */
  readonly drift: readonly string[];
}

const ASK_SEC = 10;

/** It looks for files, and at each server, once a second. */
const NEXT_LOOK_MS = 1200;
const LOOKS = 3;

/** Asks the entry point; undefined where there is none. A server that came, went or became Normal a moment ago is waited for. */
export async function reportEntryPoint(
  containers: readonly ContainerFacts[],
  reports: readonly ServerReport[],
  drift: readonly Drift[],
): Promise<EntryPointReport | undefined> {
  const found = entryPointAmong(containers);
  if (!found) return undefined;
  const base = {
    container: found.container,
    ...addressesOf(found),
    drift: drift.filter(({ server }) => server === ENTRY_POINT_NAME).map(({ what }) => what),
  };
  const { Running: running, Paused: paused, Status: status, ExitCode: code } = found.facts.State;
  if (!running || paused)
    return {
      ...base,
      servers: [],
      reason: paused ? 'the container is paused' : `the container is not running (${status}, exit code ${code})`,
    };
  try {
    let servers = await askServers(found);
    for (let look = 1; look < LOOKS && isLate(servers, reports); look++) {
      await setTimeout(NEXT_LOOK_MS);
      servers = await askServers(found);
    }
    return { ...base, servers, reason: '' };
  } catch (error) {
    return { ...base, servers: [], reason: (error as Error).message.replace(/^the entry point: /, '') };
  }
}

async function askServers(entryPoint: Part): Promise<EnteredServer[]> {
  return readEntryStatus(await askEntryPoint(entryPoint, ['status'], ASK_SEC));
}

function isLate(servers: readonly EnteredServer[], reports: readonly ServerReport[]): boolean {
  const isGone = servers.some(({ name }) => !reports.some(({ server }) => server.name === name));
  const isDown = unserved(servers, reports).some(({ state }) => state === 'down');
  return isGone || isDown || unknown(servers, reports).length > 0;
}

/** Names of application servers that are Normal, and that the entry point does not know. */
function unknown(servers: readonly EnteredServer[], reports: readonly ServerReport[]): string[] {
  return reports
    .filter(({ server, state }) => server.role === 'app-server' && state === 'Normal')
    .map(({ server }) => server.name)
    .filter(name => !servers.some(each => each.name === name));
}

/** Servers that are Normal, and that the entry point does not serve. */
function unserved(servers: readonly EnteredServer[], reports: readonly ServerReport[]): EnteredServer[] {
  const isNormal = (name: string): boolean =>
    reports.some(({ server, state }) => server.name === name && state === 'Normal');
  return servers.filter(({ name, state }) => state !== 'serving' && isNormal(name));
}

/** Sentences on servers that are Normal and get no requests. */
export function entryPointWarnings(
  entryPoint: EntryPointReport | undefined,
  reports: readonly ServerReport[],
): string[] {
  if (!entryPoint || entryPoint.reason !== '') return [];
  return [
    ...unserved(entryPoint.servers, reports).map(({ name, state, check }) =>
      state === 'down'
        ? `the entry point does not serve ${name}, which is Normal (${check || 'not checked yet'})`
        : `the entry point does not serve ${name}, which is ${state}; ./ecp activate ${name} lets it`,
    ),
    ...unknown(entryPoint.servers, reports).map(name => `the entry point does not know ${name}, which is Normal`),
  ];
}

function addressesOf({ facts }: Part): Pick<EntryPointReport, 'webUrl' | 'superserver'> {
  const { Ports: ports } = facts.NetworkSettings;
  const [web] = ports[`${ENTRY_POINT_WEB_PORT}/tcp`] ?? [];
  const [superserver] = ports[`${SUPERSERVER_PORT}/tcp`] ?? [];
  return {
    ...(web ? { webUrl: `http://${reachableAddress(web.HostIp)}:${web.HostPort}/` } : {}),
    ...(superserver ? { superserver: `${superserver.HostIp}:${superserver.HostPort}` } : {}),
  };
}
