import { findClusters, type FoundCluster } from '../access/clusters';
import { table } from '../columns';
import { bold, dim, green, red, visible, yellow } from '../terminal';

/** Lists the clusters of the Docker host, whoever deployed them. */
export async function ls({ json }: { readonly json: boolean }): Promise<number> {
  const clusters = await findClusters();
  if (json) console.log(JSON.stringify(clusters, null, 2));
  else if (clusters.length === 0) console.log(`No cluster is on this Docker host; ${bold('./ecp up')} makes one.`);
  else console.log(table(['CLUSTER', 'ENGINE', 'SERVERS', 'DATA', 'DEPLOYED FROM'], clusters.map(cells)));
  return 0;
}

function cells({ name, engine, servers, healthy, data, deployedFrom }: FoundCluster): string[] {
  const words = servers === 0 ? 'none' : `${healthy} of ${servers} healthy`;
  const paint = servers === 0 ? yellow : healthy === servers ? green : red;
  return [
    visible(name),
    visible(engine) || '-',
    paint(words),
    data.map(visible).join(', ') || '-',
    deployedFrom === '' ? dim('not known') : visible(deployedFrom),
  ];
}
