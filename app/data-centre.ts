import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SCRATCH } from './folders';

/** A machine of a data centre: a container with a Docker engine of its own. */
export interface Machine {
  /** Name of the machine and host name of its engine: `machine-1`. */
  readonly name: string;
  /** Name of its container. */
  readonly container: string;
  readonly address: string;
  /** Where its engine listens, as `DOCKER_HOST` has it. */
  readonly host: string;
}

/** Machines on one network, with a registry, for one cluster to run on: what `./ecp up --machines` makes. */
export interface DataCentre {
  readonly cluster: string;
  readonly machines: readonly Machine[];
  /** Registry as every engine and this host name it: `127.0.0.1:PORT`. */
  readonly registry: string;
  /** Folder with `ca.pem`, `cert.pem` and `key.pem` of a client of all engines. */
  readonly certificateFolder: string;
}

/** Addresses of the machines by their names, as the setting `nodes` has them. */
export function nodesOf({ machines }: DataCentre): Readonly<Record<string, string>> {
  return Object.fromEntries(machines.map(({ name, host }) => [name, host]));
}

/** Folder of what belongs to a cluster's data centre. */
export function dataCentreFolder(cluster: string): string {
  return join(SCRATCH, 'machines', cluster);
}

/** File that says what a cluster's data centre has. It is written last. */
export function dataCentreFile(cluster: string): string {
  return join(dataCentreFolder(cluster), 'data-centre.json');
}

/** The data centre that was made for a cluster, running or not. */
export function readDataCentre(cluster: string): DataCentre | undefined {
  const file = dataCentreFile(cluster);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as DataCentre) : undefined;
}
