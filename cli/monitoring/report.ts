import { ALERTMANAGER, PROMETHEUS } from '../../contract/monitoring';
import type { ContainerFacts } from '../access/docker';
import type { Part } from '../access/servers';
import { monitoringAmong } from '../access/monitoring';
import type { Drift } from '../drift/drift';

/** Prometheus or Alertmanager of a cluster. */
export interface WatcherReport {
  readonly name: string;
  readonly container: string;
  /** Its page, from the Docker host. */
  readonly webUrl?: string;
  /** Why it watches nothing; empty while it works. */
  readonly reason: string;
  /** What differs from what was deployed. */
  readonly drift: readonly string[];
}

/** What watches a cluster, as Docker knows it; nothing where nothing does, or where all of it is gone. */
export function reportMonitoring(containers: readonly ContainerFacts[], drift: readonly Drift[]): WatcherReport[] {
  return monitoringAmong(containers).map(part => ({
    name: part.name,
    container: part.container,
    ...webUrlOf(part),
    reason: reasonOf(part.facts.State),
    drift: drift.filter(({ server }) => server === part.name).map(({ what }) => what),
  }));
}

function reasonOf({ Running, Paused, Status, ExitCode, Health }: ContainerFacts['State']): string {
  if (Paused) return 'the container is paused';
  if (!Running || Status === 'restarting') return `the container is not running (${Status}, exit code ${ExitCode})`;
  return Health?.Status === 'unhealthy' ? 'it does not answer' : '';
}

function webUrlOf({ facts }: Part): Pick<WatcherReport, 'webUrl'> {
  const { Ports: ports } = facts.NetworkSettings;
  const [web] = [PROMETHEUS, ALERTMANAGER].flatMap(({ port }) => ports[`${port}/tcp`] ?? []);
  return web ? { webUrl: `http://${web.HostIp}:${web.HostPort}/` } : {};
}
