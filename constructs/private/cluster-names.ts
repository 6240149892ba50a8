import { TerraformStack, type TerraformProvider } from 'cdktf';
import type { Construct } from 'constructs';
import { Refusal } from '../../contract/refusal';

/** By stack: paths of clusters by the host of the data server and their name. */
const TAKEN = new WeakMap<TerraformStack, Map<string, string>>();

/**
 * Two clusters of one name on one host would share all names in Docker, and an apply would fail halfway.
 *
 * @throws Refusal when the stack has a cluster of that name there
 */
export function requireOwnClusterName(
  scope: Construct,
  clusterName: string,
  host: TerraformProvider | undefined,
): void {
  const stack = TerraformStack.of(scope);
  const clusters = TAKEN.get(stack) ?? new Map<string, string>();
  TAKEN.set(stack, clusters);
  const key = `${host?.fqn ?? 'docker'} ${clusterName}`;
  const other = clusters.get(key);
  if (other !== undefined)
    throw new Refusal(
      `'clusterName' of '${scope.node.path}' must be another than that of '${other}', which is on the same host, got '${clusterName}'; name one of the two`,
    );
  clusters.set(key, scope.node.path);
}
