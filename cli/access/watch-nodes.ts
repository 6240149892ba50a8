import { tryDocker } from './docker';
import { placesOf, type Endpoint } from './endpoints';
import type { LeftOut } from './left-out';
import { NODE_SEC, rememberSilence, silentInWords, whySilent, type SilentNode } from './silent-nodes';

const ASK_EVERY_MS = 5000;

/** A moment's trouble does not end a deploy; a question that met its deadline has waited long enough. */
const REFUSALS_IN_A_ROW = 2;

/** A look at the nodes of a deploy while it runs. */
export interface NodeWatch {
  /** Aborts when a node has stopped answering: Terraform has no deadline for one that hangs. */
  readonly lost: AbortSignal;
  /** Why it did, in words; undefined when all answered. */
  readonly words: () => string | undefined;
  readonly end: () => void;
}

/** Does work while the nodes are watched that it goes on with, however it ends. */
export async function whileWatched<T>(
  cluster: string,
  leftOut: LeftOut,
  work: (nodes: NodeWatch) => Promise<T>,
): Promise<T> {
  const nodes = watchNodes(cluster, leftOut);
  try {
    return await work(nodes);
  } finally {
    nodes.end();
  }
}

/** Asks the nodes that a deploy goes on with, again and again. */
export function watchNodes(cluster: string, { silent }: LeftOut): NodeWatch {
  const { isSwarm, endpoints } = placesOf(cluster);
  const named = isSwarm ? [] : endpoints.flatMap(endpoint => endpoint ?? []);
  const watched = named.filter(({ node }) => !silent.some(each => each.node === node));
  const [lost, ended] = [new AbortController(), new AbortController()];
  let found: SilentNode | undefined;
  const tickers = watched.map(endpoint =>
    watchNode(endpoint, ended.signal, why => {
      found ??= { node: endpoint.node, why };
      rememberSilence(endpoint, why);
      lost.abort();
    }),
  );
  return {
    lost: lost.signal,
    words: () => (found ? silentInWords([found]) : undefined),
    end: () => {
      for (const ticker of tickers) clearInterval(ticker);
      ended.abort();
    },
  };
}

function watchNode(endpoint: Endpoint, signal: AbortSignal, onSilence: (why: string) => void): NodeJS.Timeout {
  let refusals = 0;
  let isLost = false;
  let asking = false;
  const ask = async (): Promise<void> => {
    if (asking || isLost) return;
    asking = true;
    const question = ['version', '--format', '{{.Server.Version}}'];
    const answer = await tryDocker(question, { timeoutSec: NODE_SEC, endpoint, signal });
    asking = false;
    refusals = answer.code === 0 ? 0 : refusals + 1;
    isLost = answer.code === 124 || refusals >= REFUSALS_IN_A_ROW;
    if (isLost && !signal.aborted) onSilence(whySilent(answer));
  };
  return setInterval(() => void ask(), ASK_EVERY_MS).unref();
}
