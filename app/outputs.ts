import { TerraformOutput, type TerraformResource, type TerraformStack } from 'cdktf';
import type { EcpCluster } from '../constructs';

/** What a deploy tells: the names of the cluster and its containers. */
export function defineOutputs(stack: TerraformStack, cluster: EcpCluster): void {
  new TerraformOutput(stack, 'cluster', {
    staticId: true,
    description: 'Names of the cluster and its containers',
    value: {
      name: cluster.clusterName,
      engine: cluster.image.engine,
      dataServer: nameOf(cluster.dataServer),
      appServers: cluster.appServers.map(nameOf),
      dataVolume: cluster.dataServer.dataVolumeName,
      ...(cluster.outputs.mirror
        ? {
            mirror: {
              name: cluster.outputs.mirror.name,
              members: cluster.dataServers.map(nameOf),
              dataVolumes: cluster.dataServers.map(({ dataVolumeName }) => dataVolumeName),
              ...(cluster.arbiter ? { arbiter: nameOf(cluster.arbiter) } : {}),
            },
          }
        : {}),
    },
  });
}

/** Name of a server's container, or of its service. */
function nameOf({ resource }: { readonly resource: TerraformResource }): string {
  return resource.getStringAttribute('name');
}
