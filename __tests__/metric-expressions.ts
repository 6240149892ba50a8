import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { EcpCluster, type EcpClusterProps } from '../constructs';
import { SURROUNDINGS, emptyStack } from './synth';

/** What has methods for metrics, by what it is. */
export function measuredParts(props: EcpClusterProps = {}): Readonly<Record<string, object>> {
  const passwordFile = join(mkdtempSync(join(tmpdir(), 'ecp-metrics-')), 'password');
  writeFileSync(passwordFile, 'a password for tests\n');
  const cluster = new EcpCluster(emptyStack(), 'ecp', { image: SURROUNDINGS.image, pki: SURROUNDINGS.pki, ...props });
  const backup = cluster.addBackup({ passwordFile, repository: { volume: 'repository' } });
  return { cluster, dataServer: cluster.dataServer, appServer: cluster.appServers[0]!, backup };
}

/** Names of the methods of a part that give an expression without being told a series. */
export function metricsOf(part: object): string[] {
  return Object.getOwnPropertyNames(Object.getPrototypeOf(part)).filter(name => /^metric[A-Z]/.test(name));
}

/** All expressions of a cluster, by part and method. */
export function metricExpressions(clusterName: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(measuredParts({ clusterName })).flatMap(([name, part]) =>
      metricsOf(part).map(method => [`${name}.${method}`, (part as Record<string, () => string>)[method]!()]),
    ),
  );
}
