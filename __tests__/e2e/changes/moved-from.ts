import { TerraformElement, TerraformResource } from 'cdktf';
import { Construct } from 'constructs';

/** Lets Terraform take each resource below a construct from the address that it had when the construct's id was `oldId`. */
export function movedFrom(construct: Construct, oldId: string): void {
  const parent = construct.node.scope!;
  const old = new Construct(parent, oldId);
  for (const resource of construct.node.findAll()) {
    if (!(resource instanceof TerraformResource)) continue;
    const ids = resource.node.path.slice(construct.node.path.length + 1).split('/');
    const scope = ids
      .slice(0, -1)
      .reduce<Construct>((at, id) => (at.node.tryFindChild(id) as Construct) ?? new Construct(at, id), old);
    const { friendlyUniqueId } = new TerraformElement(scope, ids.at(-1)!);
    resource.moveFromId(`${resource.terraformResourceType}.${friendlyUniqueId}`);
  }
  parent.node.tryRemoveChild(oldId);
}
