import { setTimeout } from 'node:timers/promises';
import { DATA_SERVER_NAME, LABELS } from '../contract/contract';
import { deliveryOf } from './access/delivered-files';
import { FENCED, isAsWanted } from './access/fenced';
import { containersOf, type FoundContainers } from './access/found-containers';
import type { SilentNode } from './access/silent-nodes';
import { placesOf } from './access/endpoints';
import { isPaused } from './access/paused';
import { readProbeOutput, type ProbeOutput } from './access/probe-output';
import { reportServers, withDrift, type ServerReport } from './access/server-report';
import { isSpread, versionsOf, type ServersOfVersion } from './access/server-version';
import { requireServers, serversAmong, type Part, type Server } from './access/servers';
import { backupWarnings } from './backup/backup-warnings';
import type { FoundDrift } from './drift/drift';
import { findDrift } from './drift/find-drift';
import { entryPointWarnings, reportEntryPoint, type EntryPointReport } from './entry-point/report';
import { partsAmong } from './access/parts';
import { stateFileOf } from '../app/state-file';
import { deployedOnce, whoseElse } from './deploy/foreign';
import { presentOf } from './deploy/present';
import { expiryOf } from './expiry';
import { reportMonitoring, type WatcherReport } from './monitoring/report';
import type { SwarmNode } from './swarm/nodes';
import { mirrorWarnings } from './mirror';
import { inWords } from './views/names';

/** A node that servers may run on; one that is no node of a swarm is `Ready` or `Silent`, without the rest. */
export interface NodeReport extends SwarmNode {
  /** Why its engine did not answer; empty when it did. */
  readonly silence: string;
  /** Names of the servers that belong there; none on a swarm, which chooses. */
  readonly servers: readonly string[];
}

/** State of a whole cluster at one moment. */
export interface ClusterReport {
  readonly cluster: string;
  readonly engine: string;
  /** When the servers were asked. */
  readonly at: Date;
  /** The data server first. */
  readonly servers: readonly ServerReport[];
  /** What is before the application servers, where there is one that was not lost. */
  readonly entryPoint?: EntryPointReport;
  /** What watches the cluster, where something does. */
  readonly monitoring?: readonly WatcherReport[];
  /** Nodes that the servers may run on, where they are several. */
  readonly nodes: readonly NodeReport[];
  /** Names of servers that were deployed and whose containers are gone. */
  readonly missing: readonly string[];
  /** Why, by name, in words that follow it, where more is known than that. */
  readonly whyMissing?: Readonly<Record<string, string>>;
  /** Sentences on what needs a look soon and is no fault yet, and on certificates that have expired. */
  readonly warnings: readonly string[];
  /** What the servers run, the most frequent first: one version, unless an upgrade is under way or has stopped. */
  readonly versions: readonly ServersOfVersion[];
  /** True when the Terraform state on this machine knows the cluster, so that `./ecp up` here is what changes it. */
  readonly deployedHere: boolean;
  /** True when somebody stopped all servers on purpose. */
  readonly paused: boolean;
  /** True when there is a server, nothing is gone, every one is Normal or fenced, nothing drifted, no certificate has expired, and the entry point and what watches the cluster work. */
  readonly ok: boolean;
}

/** What somebody has found of a cluster a moment ago. */
export interface JustFound {
  readonly containers?: FoundContainers;
  readonly drift?: FoundDrift;
}

/**
 * Asks every server of the cluster; who deployed it does not matter.
 *
 * @param byProbes Asks only those whose last probe has not told enough. What a server knows beside state and certificate is left out.
 * @param just What was found a moment ago. @default - it is looked for
 */
export async function reportCluster(cluster: string, byProbes = false, just: JustFound = {}): Promise<ClusterReport> {
  const found = just.containers ?? (await containersOf(cluster));
  const { containers, silent } = found;
  const all = serversAmong(containers);
  const told = (server: Server): ProbeOutput | undefined =>
    byProbes ? readProbeOutput(server.facts, deliveryOf(server, containers)) : undefined;
  const [{ drift, deployedHere, swarmNodes, hosts, outOfSight = [] }, answers] = await Promise.all([
    just.drift ?? findDrift(cluster, found),
    reportServers(all, told),
  ]);
  // What an earlier task of such a server has left on another node is not the server.
  const seen = answers.filter(({ server }) => !outOfSight.includes(server.name));
  const servers = seen.map(({ server }) => server);
  const drifted = new Set(drift.map(each => each.server));
  const present = [...servers, ...furtherParts(containers)];
  const missing = [...drifted].filter(name => !present.some(part => part.name === name));
  if (missing.length === 0 && servers.length === 0) await requireServers(cluster);
  const reports = withDrift(seen, drift);
  const report = toClusterReport(
    cluster,
    reports,
    new Date(),
    missing,
    deployedHere,
    nodesOf(cluster, silent, { swarmNodes, hosts }),
  );
  // Of a server without a container only the swarm knows why.
  const unseen = swarmNodes ? drift.filter(({ server }) => missing.includes(server)) : [];
  const entryPoint = await reportEntryPoint(containers, reports, drift);
  const monitoring = reportMonitoring(containers, drift);
  const further = [...(entryPoint ? [entryPoint] : []), ...monitoring];
  return {
    ...report,
    ...(entryPoint ? { entryPoint } : {}),
    ...(monitoring.length > 0 ? { monitoring } : {}),
    ok: report.ok && further.every(each => each.reason === '' && each.drift.length === 0),
    whyMissing: Object.fromEntries(unseen.map(({ server, what }) => [server, what])),
    warnings: [
      ...report.warnings,
      ...(deployedHere ? [] : await takenOver(cluster, report.engine)),
      ...backupWarnings(containers, reports),
      ...entryPointWarnings(entryPoint, reports),
    ],
  };
}

function furtherParts(containers: FoundContainers['containers']): Part[] {
  const servers = serversAmong(containers).map(({ name }) => name);
  return partsAmong(containers).filter(({ name }) => !servers.includes(name));
}

/** What the answers of the servers mean for the cluster. */
export function toClusterReport(
  cluster: string,
  servers: readonly ServerReport[],
  at: Date,
  missing: readonly string[] = [],
  deployedHere = true,
  nodes: readonly NodeReport[] = [],
): ClusterReport {
  const expiry = expiryOf(servers, at, deployedHere);
  const versions = versionsOf(servers.map(({ server }) => server));
  const paused = missing.length === 0 && isPaused(servers.map(({ server }) => server));
  const pausedWords = paused ? [`the cluster is paused, with its data kept; ./ecp resume starts it`] : [];
  return {
    cluster,
    engine: servers[0]?.server.facts.Config.Labels[LABELS.engine] ?? 'unknown',
    at,
    servers,
    missing,
    deployedHere,
    nodes,
    versions,
    paused,
    warnings: [
      ...pausedWords,
      ...spreadWords(
        servers.map(({ server }) => server),
        versions,
        deployedHere,
      ),
      ...new Set(servers.flatMap(warningsOf)),
      ...mirrorWarnings(servers),
      ...fencedElsewhere(servers),
      ...expiry.warnings,
      ...nodes.flatMap(nodeWarnings),
    ],
    ok:
      missing.length === 0 &&
      !expiry.expired &&
      servers.length > 0 &&
      servers.every(server => isAsWanted(server.state) && server.drift.length === 0),
  };
}

/** A sentence on servers of several versions. */
function spreadWords(
  servers: readonly Server[],
  versions: readonly ServersOfVersion[],
  deployedHere: boolean,
): string[] {
  if (!isSpread(servers)) return [];
  const list = versions.map(({ version, servers: on }) => `${version} on ${inWords(on)}`).join('; ');
  return [`servers run different versions: ${list}${deployedHere ? '; ./ecp up goes on with the change' : ''}`];
}

/** Of a cluster that was deployed from here once, and is another state's now. */
async function takenOver(cluster: string, engine: string): Promise<string[]> {
  const stateFile = stateFileOf(process.env, cluster, engine);
  const whose = deployedOnce(stateFile) ? await whoseElse(cluster, stateFile, await presentOf(cluster)) : undefined;
  return whose === undefined ? [] : [whose];
}

/** Options of `awaitNormal`. */
export interface AwaitOptions {
  /** @default - waiting is never pointless */
  readonly isPointless?: (waiting: readonly ServerReport[]) => boolean;
  /** As for `reportCluster`. @default false */
  readonly byProbes?: boolean;
  /** For the first look. @default - nothing */
  readonly just?: JustFound;
}

/**
 * Asks until every server is Normal, the time is up or waiting is pointless, and returns the last answer; `progress` hears who is
 * waited for.
 */
export async function awaitNormal(
  cluster: string,
  timeoutSec: number,
  progress: (waiting: string) => void,
  { isPointless = () => false, byProbes = false, just }: AwaitOptions = {},
): Promise<ClusterReport> {
  const { isSwarm } = placesOf(cluster);
  const end = Date.now() + timeoutSec * 1000;
  for (let known = just; ; known = undefined) {
    const latest = await reportCluster(cluster, byProbes, known);
    const waiting = latest.servers.filter(each => !isAsWanted(each.state));
    // A swarm starts tasks when it likes.
    const coming = isSwarm ? latest.missing : [];
    const isDone = waiting.length + coming.length === 0;
    const isHopeless = coming.length === 0 && isPointless(waiting);
    if (isDone || Date.now() > end || isHopeless) return latest;
    const words = waiting.map(each => `${each.server.name} ${each.state}`);
    progress([...words, ...coming.map(name => `${name} not started`)].join(', '));
    await setTimeout(500);
  }
}

/** A server that is Normal and gives a reason could not use files that were delivered to it. */
function warningsOf({ server, state, reason, status }: ServerReport): string[] {
  const fault = status?.backup?.fault ?? '';
  return [
    ...(state === FENCED
      ? [`${server.name} is fenced: the data server refuses it; ./ecp unfence ${server.name} lets it in again`]
      : []),
    ...(state === 'Normal' && reason !== '' ? [`${server.name}: ${reason}`] : []),
    ...(fault === '' ? [] : [`the last backup was not kept: ${fault}`]),
  ];
}

/** Fences of servers that do not say so themselves: they do not run, are gone, or have another subject by now. */
function fencedElsewhere(servers: readonly ServerReport[]): string[] {
  const known = servers.filter(({ state }) => state === FENCED).map(({ status }) => status?.certificate.subject);
  return [...new Set(servers.flatMap(({ status }) => status?.fenced ?? []))]
    .filter(subject => !known.includes(subject))
    .map(
      subject =>
        `the data server refuses ${subject}, which was fenced; ./ecp exec ${refusing(servers, subject)} unfence '${subject}' lets it in`,
    );
}

function refusing(servers: readonly ServerReport[], subject: string): string {
  return servers.find(({ status }) => status?.fenced?.includes(subject))?.server.name ?? DATA_SERVER_NAME;
}

/** The nodes of a cluster, as the swarm and their engines have them; none for a cluster of one Docker host. */
function nodesOf(
  cluster: string,
  silent: readonly SilentNode[],
  { swarmNodes, hosts: deployed }: Pick<FoundDrift, 'swarmNodes' | 'hosts'>,
): NodeReport[] {
  const hosts = { ...deployed, ...placesOf(cluster).hosts };
  const named = placesOf(cluster).endpoints.flatMap(endpoint => endpoint?.node ?? []);
  const silenceOf = (name: string): string => silent.find(({ node }) => node === name)?.why ?? '';
  if (swarmNodes) return swarmNodes.map(node => ({ ...node, silence: silenceOf(node.name), servers: [] }));
  return named.map(name => ({
    name,
    status: silenceOf(name) === '' ? 'Ready' : 'Silent',
    availability: '',
    manager: '',
    silence: silenceOf(name),
    servers: Object.keys(hosts).filter(server => hosts[server] === name),
  }));
}

function nodeWarnings({ name, status, availability, silence }: NodeReport): string[] {
  if (status !== 'Ready' || silence !== '')
    return [
      `the node ${name} is ${status === 'Ready' ? 'silent' : status.toLowerCase()}${silence ? ` (${silence})` : ''}`,
    ];
  return availability === 'Drain'
    ? [`the node ${name} is drained; ./ecp activate ${name} lets servers run there again`]
    : [];
}

/** Exit code of a command that went on without the nodes that do not answer. */
export const NODES_MISSING = 4;

/** Exit code of a cluster that was stopped on purpose. */
export const PAUSED = 5;

/**
 * Exit code of what a report says: 0 when all is well, PAUSED when nobody wants it to run, NODES_MISSING when a node is down and nothing is
 * wrong on the others, as far as they could be asked.
 */
export function exitCodeOf(report: ClusterReport): number {
  if (report.paused && !lacksNodes(report)) return PAUSED;
  const away = outOfReach(report);
  // A swarm starts them on other nodes, but for the data server, whose data is on one.
  const isSwarm = report.nodes.some(({ availability }) => availability !== '');
  const areOthersWell =
    report.servers.length > 0 &&
    !expiryOf(report.servers, report.at, report.deployedHere).expired &&
    report.servers.every(({ state, drift }) => isAsWanted(state) && drift.length === 0) &&
    report.missing.every(name => (isSwarm ? name !== DATA_SERVER_NAME : away.includes(name)));
  if (lacksNodes(report) && areOthersWell) return NODES_MISSING;
  return report.ok ? 0 : 1;
}

/** Names of the servers of which nothing is known, since their nodes do not answer. */
export function outOfReach({ nodes }: Pick<ClusterReport, 'nodes'>): string[] {
  return nodes.filter(({ silence }) => silence !== '').flatMap(({ servers }) => servers);
}

/** True when a node is missing: commands that went on without it end with a code of their own. */
function lacksNodes({ nodes }: Pick<ClusterReport, 'nodes'>): boolean {
  return nodes.some(({ status, silence }) => status !== 'Ready' || silence !== '');
}
