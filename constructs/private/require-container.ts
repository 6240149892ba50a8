import { Container } from '@cdktf/provider-docker/lib/container';
import type { TerraformResource } from 'cdktf';

/** @throws Error when the resource of a server is none of the Docker provider's containers. */
export function requireContainer(resource: TerraformResource): Container {
  if (resource.terraformResourceType === Container.tfResourceType) return resource as Container;
  throw new Error(
    `'container' must be asked of a server on a DockerHost, got a ${resource.terraformResourceType}; use 'resource'`,
  );
}
