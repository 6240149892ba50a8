import { TerraformElement, TerraformResource, TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import { Refusal } from '../contract/refusal';
import { requireKnown } from './private/validate';

/**
 * Lets Terraform take every resource of a construct from where the construct was before you renamed it or moved it within its stack, so that
 * nothing is recreated: one `moved` block each. Call it when the construct is complete, and take the call out after the next apply.
 *
 * @param construct - Where it is now
 * @param oldPath - Ids from the stack down to the construct, such as `cluster` or `platform/cluster`
 * @throws Error when the path is malformed, is where the construct is, or has something else now.
 *
 * @example
 * const cluster = new EcpCluster(stack, 'reports');
 * movedFrom(cluster, 'cluster');
 */
export function movedFrom(construct: Construct, oldPath: string): void {
  const stack = TerraformStack.of(construct);
  requireKnown('oldPath', oldPath);
  const ids = oldPath.split('/');
  if (ids.some(id => id === ''))
    throw new Refusal(`'oldPath' must be ids joined by '/', such as 'platform/cluster', got '${oldPath}'; correct it`);
  const path = construct.node.path.slice(stack.node.path.length + 1);
  if (path === oldPath)
    throw new Refusal(`'oldPath' must be where the construct was before, got '${oldPath}', where it is; correct it`);
  for (const resource of construct.node.findAll()) {
    if (!TerraformResource.isTerraformResource(resource)) continue;
    const below = resource.node.path.slice(construct.node.path.length + 1);
    const oldId = logicalIdAt(stack, below === '' ? ids : [...ids, ...below.split('/')]);
    if (oldId !== resource.friendlyUniqueId) resource.moveFromId(`${resource.terraformResourceType}.${oldId}`);
  }
}

/** What the stack calls an element at the path, asked of one that is there for this moment alone. */
function logicalIdAt(stack: TerraformStack, ids: readonly string[]): string {
  let at: Construct = stack;
  let made: { readonly parent: Construct; readonly id: string } | undefined;
  const [last, ...above] = [...ids].reverse() as [string, ...string[]];
  for (const id of above.reverse()) {
    const child = at.node.tryFindChild(id) as Construct | undefined;
    if (!child) made ??= { parent: at, id };
    at = child ?? new Construct(at, id);
  }
  if (at.node.tryFindChild(last))
    throw new Refusal(
      `'oldPath' must be a place that is free now, got one where '${at.node.path}/${last}' is; move that away, or leave the call out`,
    );
  made ??= { parent: at, id: last };
  const { friendlyUniqueId } = new TerraformElement(at, last);
  made.parent.node.tryRemoveChild(made.id);
  return friendlyUniqueId;
}
