import { readFacts, rememberFacts, type Limit, type Unlimited } from '../../app/machine-facts';
import { unlimitedAt } from '../../app/unlimited';
import type { ContainerFacts } from '../access/docker';
import type { StackResource } from '../terraform/stack-file';
import { askDaemon, type DaemonFacts } from './daemon-facts';

const WORDS: Readonly<Record<Limit, string>> = {
  memory: 'memory',
  memory_swap: 'swap',
  cpu_shares: 'processor weight',
};

/** What is known of the daemon now, whether or not it was remembered. */
export function unlimitedOf(host: string, daemon: DaemonFacts): Limit[] {
  const before = readFacts().unlimited?.[host];
  return [...new Set([...saidBy(daemon), ...(before?.daemon === daemon.identity ? before.seen : [])])];
}

/** Remembers what the daemon says of itself, and forgets what was seen of another one. */
export function rememberSaid(host: string, daemon: DaemonFacts): void {
  const before = readFacts().unlimited?.[host];
  const known = before?.daemon === daemon.identity ? before.seen : [];
  remember(host, { daemon: daemon.identity, said: saidBy(daemon), seen: known });
}

/** What `docker info` says that this daemon does not limit. */
export function saidBy({ limits }: DaemonFacts): Limit[] {
  const said: Limit[] = [];
  if (!limits.memory) said.push('memory');
  if (!limits.memory || !limits.swap) said.push('memory_swap');
  if (!limits.cpuShares) said.push('cpu_shares');
  return said;
}

/**
 * Remembers the limits that none of the containers has although the stack asks for them and an apply has just ended well.
 *
 * @returns whether there are new ones
 */
export async function rememberSeen(
  host: string,
  asked: readonly StackResource[],
  containers: readonly ContainerFacts[],
): Promise<boolean> {
  const before = readFacts().unlimited?.[host];
  const pairs = asked.flatMap(resource => {
    const container = containers.find(({ Name: name }) => name === `/${resource.name}`);
    return container && resource.must_run !== false ? [{ resource, host: container.HostConfig }] : [];
  });
  const lacks: Readonly<Record<Limit, (host: ContainerFacts['HostConfig']) => boolean>> = {
    memory: ({ Memory: memory }) => memory === 0,
    memory_swap: ({ MemorySwap: swap }) => swap === -1 || swap === 0,
    cpu_shares: ({ CpuShares: shares }) => shares === 0,
  };
  const isLacking = (limit: Limit): boolean => {
    const limited = pairs.filter(({ resource }) => (resource[limit] ?? 0) > 0);
    return limited.length > 0 && limited.every(pair => lacks[limit](pair.host));
  };
  const known = unlimitedAt(host);
  const fresh = (Object.keys(lacks) as Limit[]).filter(limit => !known.includes(limit) && isLacking(limit));
  if (fresh.length === 0) return false;
  const daemon = await askDaemon();
  remember(host, { daemon: daemon.identity, said: saidBy(daemon), seen: [...(before?.seen ?? []), ...fresh] });
  return true;
}

/** One sentence about them, or nothing when the daemon applies all. */
export function unlimitedSentence(limits: readonly Limit[]): string | undefined {
  if (limits.length === 0) return undefined;
  const words = limits.map(limit => WORDS[limit]).join(', ');
  return `the Docker daemon does not limit: ${words}; the servers run without, which is no drift (docs/machine.md)`;
}

/** An ordinary daemon leaves no trace. */
function remember(host: string, unlimited: Unlimited): void {
  const { [host]: before, ...others } = readFacts().unlimited ?? {};
  if (unlimited.said.length + unlimited.seen.length > 0) rememberFacts({ unlimited: { ...others, [host]: unlimited } });
  else if (before) rememberFacts({ unlimited: Object.keys(others).length > 0 ? others : undefined });
}
