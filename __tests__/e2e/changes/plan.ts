import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { init } from '../../../cli/terraform/terraform';
import { must, terraform, type TestCluster } from '../support/test-cluster';

/** One resource in a plan, as `terraform show -json` tells it. */
export interface ResourceChange {
  readonly address: string;
  readonly previous_address?: string;
  readonly type: string;
  readonly change: {
    readonly actions: readonly string[];
    readonly before: Readonly<Record<string, unknown>> | null;
    readonly after: Readonly<Record<string, unknown>> | null;
  };
}

/** What a plan does with a resource, in the words of the table. */
export type Action = 'added' | 'changed' | 'replaced' | 'destroyed';

/** Prepares the stack's folder, which holds a new stack. */
export async function prepare(cluster: TestCluster): Promise<void> {
  await init({ terraform: process.env.TERRAFORM_BINARY_NAME ?? 'terraform', directory: cluster.stackDirectory });
}

/** Plans into the file `plan` and returns every resource that the plan does something with. */
export async function plan(cluster: TestCluster, options: readonly string[] = []): Promise<ResourceChange[]> {
  const args = ['plan', '-out=plan', '-input=false', '-no-color', '-detailed-exitcode', ...options];
  const result = await terraform(cluster, args);
  if (result.code === 0) return [];
  if (result.code !== 2) must(result, `terraform ${args.join(' ')}`);
  const document = JSON.parse(await terraformOk(cluster, ['show', '-json', 'plan'])) as {
    readonly resource_changes?: readonly ResourceChange[];
  };
  return (document.resource_changes ?? []).filter(
    each => actionOf(each) !== undefined || each.previous_address !== undefined,
  );
}

/** Applies the plan in the file `plan`. */
export async function applyPlan(cluster: TestCluster): Promise<void> {
  await terraformOk(cluster, ['apply', '-input=false', '-no-color', 'plan']);
}

/** What is planned for a resource; `undefined` for one that stays as it is. */
export function actionOf({ address, change }: ResourceChange): Action | undefined {
  const actions = [...change.actions].sort().join(' ');
  switch (actions) {
    case 'no-op':
      return undefined;
    case 'create':
      return 'added';
    case 'update':
      return 'changed';
    case 'create delete':
      return 'replaced';
    case 'delete':
      return 'destroyed';
    default:
      throw new Error(`${address} has the unknown actions ${actions}`);
  }
}

/** Addresses of all resources in the stack that was written last. */
export function addresses(cluster: TestCluster): string[] {
  const { resource } = JSON.parse(readFileSync(join(cluster.stackDirectory, 'cdk.tf.json'), 'utf8')) as {
    readonly resource: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
  return Object.entries(resource).flatMap(([type, each]) => Object.keys(each).map(id => `${type}.${id}`));
}

async function terraformOk(cluster: TestCluster, args: readonly string[]): Promise<string> {
  return must(await terraform(cluster, args), `terraform ${args.join(' ')}`);
}
