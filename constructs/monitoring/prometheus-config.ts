import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FILES_DIRECTORY, WEB_PORT } from '../../contract/contract';
import { IRIS, REHEARSAL } from '../../contract/engines';
import { ALERTMANAGER, MONITORING_FILES } from '../../contract/monitoring';
import { containerName, WEB_SUFFIX } from '../../contract/names';
import { PACKAGE_FOLDER } from '../private/package-folder';

/** How a cluster is watched. */
export interface PrometheusSpec {
  readonly clusterName: string;
  readonly engine: string;
  readonly hasWebGateways: boolean;
  readonly scrapeIntervalSec: number;
}

/** Port of a web gateway in its container. */
const WEB_GATEWAY_PORT = 80;

/** Configuration of Prometheus, which reads JSON as YAML. */
export function prometheusConfig({ clusterName, engine, scrapeIntervalSec }: PrometheusSpec): string {
  const targets = [{ files: [`${FILES_DIRECTORY}/${MONITORING_FILES.targets}`], refresh_interval: '5s' }];
  const interval = `${scrapeIntervalSec}s`;
  const servers = {
    job_name: 'ecp',
    metrics_path: engine === IRIS ? '/api/monitor/metrics' : '/metrics/ecp',
    // The labels that a server gives itself are those that its target has.
    honor_labels: true,
    file_sd_configs: targets,
  };
  return JSON.stringify(
    {
      global: {
        scrape_interval: interval,
        scrape_timeout: `${Math.min(scrapeIntervalSec, 5)}s`,
        evaluation_interval: interval,
      },
      rule_files: [`${FILES_DIRECTORY}/${MONITORING_FILES.rules}`],
      alerting: {
        alertmanagers: [
          {
            static_configs: [{ targets: [`${containerName(clusterName, ALERTMANAGER.name)}:${ALERTMANAGER.port}`] }],
          },
        ],
      },
      scrape_configs: [
        servers,
        ...(engine === REHEARSAL ? [{ job_name: 'ecp-haproxy', file_sd_configs: targets }] : []),
      ],
    },
    undefined,
    2,
  );
}

/** A server as Prometheus is to find it. */
export interface WatchedServer {
  /** Its name in the cluster. */
  readonly name: string;
  /** What it is there. */
  readonly role: 'data-server' | 'app-server';
}

/** The servers as Prometheus takes them (file_sd_configs). Container names: another cluster in the same network has servers of the same names. */
export function prometheusTargets(servers: readonly WatchedServer[], spec: PrometheusSpec): string {
  const { clusterName, engine, hasWebGateways } = spec;
  const targets = servers.map(({ name, role }) => {
    const host = containerName(clusterName, name);
    return {
      targets: [hasWebGateways ? `${host}${WEB_SUFFIX}:${WEB_GATEWAY_PORT}` : `${host}:${WEB_PORT}`],
      labels: { cluster: clusterName, server: name, role, engine },
    };
  });
  return JSON.stringify(targets, undefined, 2);
}

/** The rules that the package has, or those with other times: `for` of each alert, and the range that some of them look at. */
export function prometheusRules({
  forSec,
  windowSec,
}: {
  readonly forSec?: number;
  readonly windowSec?: number;
}): string {
  const text = readFileSync(join(PACKAGE_FOLDER, 'images', 'monitoring', MONITORING_FILES.rules), 'utf8');
  const held = forSec === undefined ? text : text.replace(/^( +for:) \S+$/gm, `$1 ${forSec}s`);
  return windowSec === undefined ? held : held.replaceAll('[15m]', `[${windowSec}s]`);
}
