import { Container } from '@cdktf/provider-docker/lib/container';
import type { TerraformStack } from 'cdktf';
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

/** Limits that the daemon does not apply would be asked for again in each plan. */
export function leaveAlone(stack: TerraformStack, limits: readonly Limit[]): void {
  if (limits.length === 0) return;
  for (const container of stack.node.findAll().filter(each => each instanceof Container)) {
    const ignored = (container.lifecycle?.ignoreChanges ?? []) as readonly string[];
    container.addOverride('lifecycle.ignore_changes', [...new Set([...ignored, ...limits])]);
  }
}
