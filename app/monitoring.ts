import type { EcpMonitoringOptions } from '../constructs';
import type { Settings } from './settings';

/** How the settings want the cluster watched; nothing without a port of Prometheus. */
export function monitoringOptions(settings: Settings): EcpMonitoringOptions | undefined {
  const { prometheusPort, alertmanagerPort, alertmanagerConfigFile } = settings;
  if (prometheusPort === undefined) return undefined;
  const { scrapeIntervalSec, alertForSec, alertWindowSec, rehearsalBaseImage: baseImage, registry } = settings;
  return {
    prometheusPort,
    alertmanagerPort,
    alertmanagerConfigFile,
    scrapeIntervalSec,
    alertForSec,
    alertWindowSec,
    baseImage,
    registry,
  };
}
