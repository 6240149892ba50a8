import { DATA_NODE_LABEL } from '../../contract/contract';
import { docker } from '../access/docker';
import type { Endpoint } from '../access/endpoints';

const ASK_SEC = 30;

/** Names of the nodes whose label says that a cluster's data is there: it should be one. */
export async function dataNodesOf(cluster: string, manager: Endpoint): Promise<string[]> {
  const ask = (...args: string[]): Promise<string> => docker(args, ASK_SEC, { endpoint: manager });
  const ids = (await ask('node', 'ls', '--quiet')).split('\n').filter(Boolean);
  const labels = await ask('node', 'inspect', '--format', '{{.Description.Hostname}}\t{{json .Spec.Labels}}', ...ids);
  return labels
    .split('\n')
    .filter(Boolean)
    .map(line => line.split('\t'))
    .filter(([, json = '{}']) => (JSON.parse(json) as Record<string, string> | null)?.[DATA_NODE_LABEL] === cluster)
    .map(([name = '']) => name);
}
