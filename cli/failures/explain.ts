import { LABELS } from '../../contract/contract';
import { ENTRY_POINT_NAME } from '../../contract/entry-point';
import { MONITORING_NAME } from '../../contract/monitoring';
import { dataVolumeName } from '../../contract/names';
import { logsOf } from '../access/container';
import type { ContainerFacts } from '../access/docker';
import { askStatus } from '../access/node';
import { readNodeStatus } from '../access/node-status';
import { dataVolumeOf, findContainers, type Server } from '../access/servers';
import { onStderr, visibleLines } from '../terminal';
import { readStack } from '../terraform/stack-file';
import type { Diagnostic } from '../terraform/diagnostics';
import { remedyFor } from './server-remedies';

/** What a person needs to know of one error of a deploy. */
export interface Explanation {
  /** Server or thing that failed, and the step that it failed in. */
  readonly where: string;
  readonly what: string;
  readonly logs: readonly string[];
  readonly remedy: string;
}

/** Messages of the provider and of Docker, and what to do about each. The first that matches is taken. */
const KNOWN: readonly {
  readonly pattern: RegExp;
  readonly what: (match: RegExpExecArray) => string;
  readonly remedy: string | ((match: RegExpExecArray, ofCluster: readonly ContainerFacts[]) => string);
}[] = [
  {
    pattern:
      /Bind for ([\d.]+:\d+) failed: port is already allocated|listen tcp4? ([\d.]+:\d+): bind: address already in use/,
    what: match => `the port ${match[1] ?? match[2]} is taken`,
    remedy: 'free it, or set ECP_DATA_SERVER_WEB_PORT or ECP_APP_SERVER_WEB_PORT_BASE',
  },
  {
    pattern: /Pool overlaps with other one on this address space/,
    what: () => 'the subnet overlaps with that of another Docker network',
    remedy: 'set ECP_SUBNET to a free one or leave it unset; docker network ls shows the others',
  },
  {
    pattern: /could not find an available, non-overlapping IPv4 address pool/,
    what: () => 'Docker has no free subnet left',
    remedy: 'remove unused networks (docker network prune) or set ECP_SUBNET',
  },
  {
    pattern: /Conflict\. The container name "\/?([^"]+)" is already in use/,
    what: match => `a container named ${match[1]} exists that this state does not know`,
    remedy: ([, name], ofCluster) =>
      ofCluster.some(each => each.Name === `/${name}`)
        ? 'run ./ecp up again, which removes what a killed apply left, or choose another name with ECP_CLUSTER'
        : `if nobody needs it, docker rm --force ${name}; or choose another name with ECP_CLUSTER`,
  },
  {
    pattern:
      /unable to pull image ([^:/ ]+)(\/[^ ]+): .*?(unauthorized|access denied|denied:|no basic auth credentials|authentication required|access to the resource is denied)/s,
    what: match => `the registry ${match[1]} does not give ${match[1]}${match[2]} without a login (${match[3]})`,
    remedy: 'docker login to that registry (docs/iris.md says with which name and token), then run ./ecp up again',
  },
  {
    pattern: /unable to pull image ([^ ]+): .*?(manifest unknown|manifest for .* not found|not found: manifest)/s,
    what: match => `the registry has no image ${match[1]}`,
    remedy: 'correct the tag: ECP_IRIS_IMAGE, ECP_WEB_GATEWAY_IMAGE or ECP_REHEARSAL_BASE_IMAGE',
  },
  {
    pattern:
      /unable to pull image ([^ ]+): .*?(no such host|i\/o timeout|connection refused|TLS handshake timeout|EOF)/s,
    what: match => `the Docker daemon cannot reach the registry of ${match[1]} (${match[2]})`,
    remedy: 'let it, or bring the image with docker save and docker load: an image that is there is not pulled',
  },
  {
    // Terraform's paths are as seen from the stack's folder.
    pattern: /stat(?:e|efile)\b[^]*no space left on device|Failed to persist state to backend/,
    what: () => 'the Terraform state could not be written: its disk is full',
    remedy:
      "make room in the folder of the state (.state, or what ECP_STATE_DIR names) and run the same command again; what Terraform knew is in errored.tfstate in the stack's folder, from where ./ecp takes it back",
  },
  {
    pattern: /([^\n]*)no space left on device/,
    what: match => `the disk is full: ${match[1]}no space left on device`,
    remedy: 'free space where the line says; docker system df shows what Docker holds',
  },
  {
    pattern: /timeout while waiting for state to become 'removed'/,
    what: () => 'the network is still in use',
    remedy: 'disconnect or remove the containers that docker network inspect shows on it, then run ./ecp down again',
  },
  {
    pattern: /^the node (\S+) does not answer \((.*)\)$/,
    what: match => `the node ${match[1]} stopped answering (${match[2]}), so the deploy was interrupted`,
    remedy: 'run the same command again, and it goes on without the node',
  },
  {
    pattern: /Cannot connect to the Docker daemon|error during connect/,
    what: () => 'the Docker daemon does not answer',
    remedy: 'start it; ./ecp up --check shows what else is missing',
  },
];

/** Puts what Terraform said of a failed deploy into words: which server, which step, the last log lines, what to do. */
export async function explain(
  diagnostics: readonly Diagnostic[],
  directory: string,
  cluster: string,
): Promise<Explanation[]> {
  const containers = await findContainers(cluster).catch(() => []);
  const errors = diagnostics.filter(diagnostic => diagnostic.severity === 'error');
  return Promise.all(errors.map(error => explainOne(error, directory, containers)));
}

async function explainOne(
  error: Diagnostic,
  directory: string,
  containers: readonly ContainerFacts[],
): Promise<Explanation> {
  const text = `${error.summary}\n${error.detail}`.trim();
  const resource = error.address ? describeResource(directory, error.address) : undefined;
  const where = resource?.words ?? 'terraform';
  for (const { pattern, what, remedy } of KNOWN) {
    const match = pattern.exec(text);
    if (match) {
      const words = typeof remedy === 'string' ? remedy : remedy(match, containers);
      return { where, what: what(match), logs: [], remedy: words };
    }
  }
  const container = containers.find(each => each.Name === `/${resource?.containerName}`);
  if (container && text.includes('healthy state')) return explainUnhealthy(where, 'not Normal in time', container);
  const logs = container ? await lastLogLines(container) : [];
  return { where, what: text, logs, remedy: 'fix what the message names, then run the same command again' };
}

/** Servers that are no longer waited for: the provider's own words would only say that it was interrupted. */
export async function explainGivenUp(
  addresses: readonly string[],
  directory: string,
  cluster: string,
): Promise<Explanation[]> {
  const containers = await findContainers(cluster).catch(() => []);
  return Promise.all(
    addresses.map(address => {
      const { words, containerName } = describeResource(directory, address);
      const container = containers.find(each => each.Name === `/${containerName}`);
      const lead = 'stopped waiting: this will not recover by itself';
      if (container) return explainUnhealthy(words, lead, container);
      return { where: words, what: lead, logs: [], remedy: 'run ./ecp up again' };
    }),
  );
}

/** The provider only says that a container was not healthy in time; the server itself knows why. */
export async function explainUnhealthy(where: string, lead: string, container: ContainerFacts): Promise<Explanation> {
  const { State: state, RestartCount: restarts } = container;
  const answer = await askStatus(container);
  let reason = `the container is ${state.Status}${restarts > 0 ? ` and has ended ${restarts} times` : ''}`;
  if (!state.Running) reason += ` (exit code ${state.ExitCode})`;
  if (state.OOMKilled) reason += ', killed for lack of memory';
  let what = `${lead}: ${reason}`;
  const status = readNodeStatus(answer.stdout);
  if (status) {
    reason = status.reason;
    what = `${lead}: ${status.state}${reason ? `, ${reason}` : ''}`;
  } else {
    const probe = state.Health?.Log?.at(-1)?.Output.trim();
    if (probe) what += `; its health check says: ${probe}`;
  }
  const name = container.Name.replace(/^\//, '');
  const dataVolume = dataVolumeOf(container) ?? dataVolumeName(container.Config.Labels[LABELS.cluster] ?? '');
  const remedy = remedyFor(reason, dataVolume);
  return {
    where,
    what,
    logs: await lastLogLines(container),
    remedy: `${remedy}, then run ./ecp up again; more: docker logs ${name}, docker exec ${name} ecp-node status`,
  };
}

async function lastLogLines(container: ContainerFacts): Promise<string[]> {
  const result = await logsOf(container, { tail: 12, timeoutSec: 15 });
  return `${result.stdout}${result.stderr}`.split('\n').filter(Boolean).slice(-12);
}

function describeResource(directory: string, address: string): { words: string; containerName?: string } {
  const [type = '', name = ''] = address.split('.');
  const resource = readStack(directory).resource[type]?.[name];
  if (!resource) return { words: address };
  const path = resource['//'].metadata.path.split('/').slice(1);
  const last = path.at(-1) ?? '';
  const server = path.find(part => part !== last && part !== 'ecp') ?? last;
  const isGateway = path.includes('web-gateway');
  const isServer = !isGateway && !path.includes(ENTRY_POINT_NAME) && !path.includes(MONITORING_NAME);
  const steps: Record<string, string> = {
    'docker_container Resource': isServer ? 'start and wait for Normal' : 'start',
    'docker_container delivery': 'deliver its files',
    'docker_image Resource': isGateway ? 'fetch its image' : 'build the image',
    'docker_image base': 'fetch the base image',
    'docker_network Resource': 'make the network',
  };
  return { words: `${server}, step: ${steps[`${type} ${last}`] ?? `${type} ${last}`}`, containerName: resource.name };
}

/** Explains a failed deploy on standard error. */
export async function printExplanations(
  diagnostics: readonly Diagnostic[],
  directory: string,
  cluster: string,
  gaveUpOn: readonly string[] = [],
): Promise<void> {
  // What an interrupt makes Terraform and the provider say is no news.
  const others = diagnostics.filter(({ address, summary }) =>
    gaveUpOn.length === 0
      ? true
      : address !== undefined && !gaveUpOn.includes(address) && !/healthy state|cancell?ed/.test(summary),
  );
  const explanations = await Promise.all([
    explainGivenUp(gaveUpOn, directory, cluster),
    explain(others, directory, cluster),
  ]);
  // One cause may stop several things.
  for (const text of new Set(explanations.flat().map(formatExplanation))) console.error(text);
}

/** Explains on standard error why a server that Terraform did not wait for is not Normal. */
export async function printUnhealthy({ name, facts }: Server): Promise<void> {
  console.error(formatExplanation(await explainUnhealthy(`${name}, step: become Normal`, 'not Normal', facts)));
}

/** An explanation as lines for standard error. */
export function formatExplanation({ where, what, logs, remedy }: Explanation): string {
  const { red, dim } = onStderr;
  // What a container or a registry says may hold sequences that act on a terminal.
  const said = visibleLines(what).join('\n');
  const lines = logs.flatMap(line => visibleLines(line)).map(line => dim(`  | ${line}`));
  return [`${red('✗')} ${where}`, `  ${said}`, ...lines, `  remedy: ${remedy}`].join('\n');
}
