import { LABELS } from '../../contract/contract';
import { MONITORING_NAME, PROMETHEUS } from '../../contract/monitoring';
import type { ContainerFacts } from './docker';
import type { Part } from './servers';

/** What watches a cluster, running or not: Prometheus first, then Alertmanager. */
export function monitoringAmong(containers: readonly ContainerFacts[]): Part[] {
  const found = containers
    .filter(({ Config: { Labels: labels } }) => labels[LABELS.role] === MONITORING_NAME)
    .map(facts => ({
      name: facts.Config.Labels[LABELS.server] ?? '',
      container: facts.Name.replace(/^\//, ''),
      facts,
    }));
  return found.sort((one, other) => Number(other.name === PROMETHEUS.name) - Number(one.name === PROMETHEUS.name));
}
