import { readFacts, type MachineFacts } from './machine-facts';

/** A limit of a container, as Terraform calls it. */
export type Limit = 'memory' | 'memory_swap' | 'cpu_shares';

/** Limits that a daemon does not apply, such as rootless Docker without delegated controllers, or a kernel that does not count swap. */
export interface Unlimited {
  /** Which daemon it was; another version or other settings may apply more. */
  readonly daemon: string;
  /** Those that `docker info` names. */
  readonly said: readonly Limit[];
  /** Those that containers lacked although they had just been applied. */
  readonly seen: readonly Limit[];
}

/** What the set-up found out about the daemon at this address. A plan leaves these limits alone, and they are no drift. */
export function unlimitedAt(host: string, facts: MachineFacts = readFacts()): Limit[] {
  const { said = [], seen = [] } = facts.unlimited?.[host] ?? {};
  return [...new Set([...said, ...seen])];
}
