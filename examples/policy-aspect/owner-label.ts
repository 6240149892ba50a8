import { Container, type ContainerLabels } from '@cdktf/provider-docker/lib/container';
import type { IAspect } from 'cdktf';
import type { IConstruct } from 'constructs';

/** A policy that adds: every container carries the label `owner`. */
export class OwnerLabel implements IAspect {
  constructor(private readonly owner: string) {}

  public visit(node: IConstruct): void {
    if (!(node instanceof Container)) return;
    const labels = (node.labelsInput ?? []) as ContainerLabels[];
    node.putLabels([...labels, { label: 'owner', value: this.owner }]);
  }
}
