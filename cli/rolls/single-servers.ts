import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LABELS } from '../../contract/contract';
import type { StackResource } from '../terraform/stack-file';

/**
 * Does work while the stack's file has no order between servers: a target brings along all that it depends on, and an application server
 * depends on the data server. The order is none of a resource's attributes, so that no plan differs by it; a synth writes the file again,
 * should this process be killed.
 */
export async function withSingleServers<T>(stackDirectory: string, work: () => Promise<T>): Promise<T> {
  const file = join(stackDirectory, 'cdk.tf.json');
  const whole = readFileSync(file, 'utf8');
  replace(file, withoutOrder(whole));
  try {
    return await work();
  } finally {
    replace(file, whole);
  }
}

/** The text of a stack in which no server depends on another. */
export function withoutOrder(text: string): string {
  const stack = JSON.parse(text) as { resource: Record<string, Record<string, StackResource>> };
  const serverAt = (address: string): string | undefined => {
    const [type = '', name = ''] = address.split('.');
    const labels = stack.resource[type]?.[name]?.labels;
    return Array.isArray(labels) ? labels.find(({ label }) => label === LABELS.server)?.value : undefined;
  };
  for (const [type, named] of Object.entries(stack.resource)) {
    for (const [name, resource] of Object.entries(named)) {
      const own = serverAt(`${type}.${name}`);
      if (own === undefined || resource.depends_on === undefined) continue;
      const kept = resource.depends_on.filter(address => [own, undefined].includes(serverAt(address)));
      named[name] = { ...resource, depends_on: kept };
    }
  }
  return JSON.stringify(stack, null, 2);
}

/** A reader sees one text or the other. */
function replace(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: statSync(file).mode });
  renameSync(`${file}.new`, file);
}
