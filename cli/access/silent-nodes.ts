import { visible } from '../terminal';
import type { ProcessResult } from '../process';
import type { Endpoint } from './endpoints';

/** A node whose engine did not answer, and why. */
export interface SilentNode {
  readonly node: string;
  /** In words that follow "the node X does not answer". */
  readonly why: string;
}

/** An engine elsewhere that says nothing for so long counts as down: work on the others goes on. */
export const NODE_SEC = 10;

/** Without a memory an engine that hangs would cost every look its deadline. */
const ASK_AGAIN_MS = 60_000;

const remembered = new Map<string, { readonly why: string; readonly until: number }>();

const keyOf = ({ environment }: Endpoint): string => environment.DOCKER_HOST ?? '';

/** Why a node did not answer a moment ago; undefined when it did, or when it is time to ask it again. */
export function rememberedSilence(endpoint: Endpoint): string | undefined {
  const silence = remembered.get(keyOf(endpoint));
  return silence !== undefined && silence.until > Date.now() ? silence.why : undefined;
}

/** Takes down that a node did not answer, so that it is left alone for a minute. */
export function rememberSilence(endpoint: Endpoint, why: string): void {
  remembered.set(keyOf(endpoint), { why, until: Date.now() + ASK_AGAIN_MS });
}

/** Docker's words for an engine that cannot be had, without the request that it was about. */
export function whySilent({ code, stderr }: Pick<ProcessResult, 'code' | 'stderr'>): string {
  if (code === 124) return `it said nothing for ${NODE_SEC} s`;
  const [, address, words] = /dial tcp ([\d.:[\]a-f]+): (?:connect: )?([^\n]+)/.exec(stderr) ?? [];
  if (address !== undefined && words !== undefined) return `${words} at ${address}`;
  return stderr.trim().split('\n').pop() || `exit code ${code}`;
}

/** Nodes that do not answer, each with its reason, in words. */
export function silentInWords(silent: readonly SilentNode[]): string {
  return silent.map(({ node, why }) => `the node ${node} does not answer (${visible(why)})`).join('; ');
}
