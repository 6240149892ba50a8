import { randomBytes } from 'node:crypto';
import { LABELS } from '../../contract/contract';
import { docker, tryDocker } from '../access/docker';
import type { Endpoint } from '../access/endpoints';
import type { ProcessResult } from '../process';
import { UserError } from '../terminal';
import type { Overlay } from './new-overlay';
import { removeNetwork } from './remove-network';

/** A node of a probe; without an endpoint it is this process' own engine. */
export interface ProbeNode {
  readonly name: string;
  readonly endpoint?: Endpoint;
}

/** What a probe is made of. */
export interface Probe {
  readonly cluster: string;
  readonly overlay: Overlay;
  /** An image that every node has, with bash and openssl in it. */
  readonly image: string;
  readonly manager: ProbeNode;
  /** The data server's node, which listens. */
  readonly listener: ProbeNode;
  /** Nodes that connect to it. */
  readonly others: readonly ProbeNode[];
  /** Seconds after which a node counts as cut off: joining an overlay took up to 40 s (measured). @default 60 */
  readonly deadlineSec?: number;
}

/** A node that could not connect, and Docker's words where its container did not even start. */
export interface CutNode {
  readonly node: string;
  readonly why: string;
}

/** Role, by its label, of all that belongs to a probe. */
const ROLE = 'probe';

const HOST = 'ecp-probe';
const PORT = 45999;

/** To join the overlay, and to start. */
const START_SEC = 300;

const REMOVE_SEC = 15;

/** Sends lines back reversed, and goes by itself should this process be killed. */
const LISTEN = `exec timeout ${2 * START_SEC} openssl s_server -quiet -accept ${PORT} -nocert -psk 00 -rev`;

/** Sends a line that fills several packets, since a small one gets through where the path's packets are too small; `CLOSE` ends the connection. */
const CONNECT = `line="$(printf '%04000d' 0)"
while ((SECONDS < $0)); do
  answer="$(printf '%s\\nCLOSE\\n' "$line" | timeout 5 openssl s_client -quiet -psk 00 -connect ${HOST}:${PORT} 2>/dev/null)" || true
  if [[ "$answer" == *"$line"* ]]; then exit 0; fi
  sleep 0.1
done
exit 1`;

/**
 * Connects from nodes to the data server's over an overlay of its own with the settings of the cluster's: Docker calls an overlay over which
 * nothing passes as good as any. Nothing is left of it.
 *
 * @returns nodes that got no answer before the deadline
 * @throws UserError with Docker's words when nothing can listen.
 */
export async function probeOverlay(probe: Probe): Promise<CutNode[]> {
  const { overlay, manager, listener, others, deadlineSec = 60 } = probe;
  const nodes = [listener, ...others];
  const network = `${probe.cluster}-probe-${randomBytes(3).toString('hex')}`;
  try {
    const options = Object.entries(overlay.options).flatMap(([name, value]) => ['--opt', `${name}=${value}`]);
    if (overlay.internal) options.push('--internal');
    const create = ['network', 'create', '--driver', 'overlay', '--attachable', ...options, ...labelsOf(probe)];
    await docker([...create, network], 60, manager);
    const run = (index: number, options: readonly string[], ...command: string[]): Promise<ProcessResult> => {
      const common = ['--name', `${network}-${index}`, '--network', network, ...labelsOf(probe)];
      const args = ['run', '--rm', ...common, '--entrypoint', '/bin/bash', ...options, probe.image, '-c', ...command];
      return tryDocker(args, { timeoutSec: START_SEC + deadlineSec, endpoint: nodes[index]!.endpoint });
    };
    const [listening, ...connected] = await Promise.all([
      run(0, ['--detach', '--network-alias', HOST], LISTEN),
      ...others.map((_, index) => run(index + 1, [], CONNECT, String(deadlineSec))),
    ]);
    if (listening.code !== 0)
      throw new UserError(`the overlay cannot be probed from ${listener.name}: ${lastLine(listening.stderr)}`);
    return connected.flatMap(({ code, stderr }, index) =>
      code === 0 ? [] : [{ node: others[index]!.name, why: code === 1 ? '' : lastLine(stderr) }],
    );
  } finally {
    // Those that connected have gone by themselves.
    const remove = ({ endpoint }: ProbeNode, index: number): Promise<ProcessResult> =>
      tryDocker(['rm', '--force', `${network}-${index}`], { timeoutSec: 60, endpoint });
    await Promise.all([...nodes.map(remove), removeLeftNetworks(probe, network)]);
    // One that stays is removed by the next probe.
    await removeNetwork({ id: network, name: network }, manager.endpoint, REMOVE_SEC);
  }
}

function labelsOf({ cluster }: Probe): string[] {
  return ['--label', `${LABELS.cluster}=${cluster}`, '--label', `${LABELS.role}=${ROLE}`];
}

function filtersOf(probe: Probe): string[] {
  return labelsOf(probe).flatMap(word => (word === '--label' ? ['--filter'] : [`label=${word}`]));
}

/** Of a probe that was killed; its containers have gone by themselves. */
async function removeLeftNetworks(probe: Probe, own: string): Promise<void> {
  const { stdout } = await tryDocker(['network', 'ls', '--format', '{{.Name}}', ...filtersOf(probe)], {
    timeoutSec: 30,
    endpoint: probe.manager.endpoint,
  });
  for (const name of stdout.split('\n').filter(each => each !== '' && each !== own))
    await tryDocker(['network', 'rm', name], { timeoutSec: 30, endpoint: probe.manager.endpoint });
}

/** What Docker says last, which is why it failed. */
export function lastLine(text: string): string {
  return text.trim().split('\n').pop() || 'no answer';
}
