import type { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { TerraformResource, type IAspect } from 'cdktf';
import type { IConstruct } from 'constructs';

/** Puts every Docker resource below a construct on one Docker host. Constructs need not know of it. */
export class OnDockerHost implements IAspect {
  constructor(private readonly provider: DockerProvider) {}

  public visit(node: IConstruct): void {
    if (node instanceof TerraformResource && node.terraformResourceType.startsWith('docker_'))
      node.provider = this.provider;
  }
}
