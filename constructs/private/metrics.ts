import { IRIS } from '../../contract/engines';
import { Refusal } from '../../contract/refusal';

/** What metrics are of. */
export interface Measured {
  readonly clusterName: string;
  /** Name of the engine. */
  readonly engine: string;
  /** Name of the server. @default - the series are the cluster's */
  readonly server?: string;
}

/** A selector of PromQL for a series, with the labels that tell what it is of. */
export function selectorOf(
  { clusterName, server }: Measured,
  series: string,
  labels: Readonly<Record<string, string>> = {},
): string {
  if (!/^[A-Za-z_:][\w:]*$/.test(series))
    throw new Refusal(
      `'series' must be the name of a series of Prometheus, such as 'ecp_server_normal', got '${series}'; correct it`,
    );
  const all = { cluster: clusterName, ...(server === undefined ? {} : { server }), ...labels };
  return `${series}{${Object.entries(all)
    .map(([label, value]) => `${label}=${JSON.stringify(value)}`)
    .join(',')}}`;
}

/**
 * As `selectorOf`, for a series of the servers that InterSystems IRIS does not have.
 *
 * @throws Error for IRIS: an alert on it would never fire.
 */
export function ownSelectorOf(measured: Measured, method: string, series: string): string {
  if (measured.engine === IRIS)
    throw new Refusal(
      `'${method}' must be asked of another engine than '${IRIS}', which has no such series; use metric('iris_…') with one of its own`,
    );
  return selectorOf(measured, series);
}
