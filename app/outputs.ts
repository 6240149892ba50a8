import { TerraformOutput, type TerraformStack } from 'cdktf';
import type { EcpCluster } from '../constructs';

/** What a deploy tells: the names of the cluster and its containers. */
export function defineOutputs(stack: TerraformStack, cluster: EcpCluster): void {
  new TerraformOutput(stack, 'cluster', {
    staticId: true,
    description: 'Names of the cluster and its containers',
    value: {
      name: cluster.clusterName,
      engine: cluster.image.engine,
      dataServer: cluster.dataServer.container.name,
      appServers: cluster.appServers.map(server => server.container.name),
      dataVolume: cluster.dataServer.dataVolumeName,
    },
  });
}
