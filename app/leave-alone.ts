import { Container } from '@cdktf/provider-docker/lib/container';
import type { TerraformStack } from 'cdktf';
import type { Limit } from './machine-facts';

/** Limits that the daemon does not apply would be asked for again in each plan. */
export function leaveAlone(stack: TerraformStack, limits: readonly Limit[]): void {
  if (limits.length === 0) return;
  for (const container of stack.node.findAll().filter(each => each instanceof Container)) {
    const ignored = (container.lifecycle?.ignoreChanges ?? []) as readonly string[];
    container.addOverride('lifecycle.ignore_changes', [...new Set([...ignored, ...limits])]);
  }
}
