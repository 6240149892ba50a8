import type { Container } from '@cdktf/provider-docker/lib/container';
import type { Service } from '@cdktf/provider-docker/lib/service';
import { TerraformResource, type IAspect } from 'cdktf';
import type { IConstruct } from 'constructs';
import { requireLabels } from './private/container-options';

/** Properties of `EcpLabelsAspect`. */
export interface EcpLabelsAspectProps {
  /** Labels, as `labels` of a server. */
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Labels every `docker_container` and `docker_service` below a construct. A label that a resource has already stays. A new one replaces a
 * container, as `labels` does.
 *
 * @example
 * Aspects.of(stack).add(new EcpLabelsAspect({ labels: { 'org.example.team': 'data' } }));
 */
export class EcpLabelsAspect implements IAspect {
  private readonly labels: Readonly<Record<string, string>>;

  /** @throws Error when a label is none that Docker takes, or begins with `ecp.`. */
  constructor({ labels }: EcpLabelsAspectProps) {
    requireLabels(labels);
    this.labels = labels;
  }

  /** Called by cdktf for each construct. */
  public visit(node: IConstruct): void {
    if (!TerraformResource.isTerraformResource(node)) return;
    if (!['docker_container', 'docker_service'].includes(node.terraformResourceType)) return;
    const resource = node as Container | Service;
    const before = (resource.labelsInput ?? []) as { readonly label: string; readonly value: string }[];
    const added = Object.entries(this.labels)
      .filter(([key]) => !before.some(({ label }) => label === key))
      .map(([label, value]) => ({ label, value }));
    if (added.length > 0) resource.putLabels([...before, ...added]);
  }
}
