import { readDataCentre, type DataCentre } from '../../app/data-centre';
import type { Settings } from '../../app/settings';
import { UserError, step } from '../terminal';
import { makeDataCentre } from './data-centre';

/**
 * Makes or starts the machines of a cluster that runs in a data centre on this host.
 *
 * @returns whether there are any
 */
export async function bringMachines(
  { cluster }: Settings,
  baseImage: string,
  asked: string | undefined,
): Promise<boolean> {
  const present = readDataCentre(cluster);
  if (asked === undefined && !present) return false;
  const machines = asked === undefined ? present!.machines.length : requireMachines(cluster, asked, present);
  await step(`Start ${machines} machines`, progress => makeDataCentre(cluster, { machines, baseImage }, progress));
  return true;
}

function requireMachines(cluster: string, asked: string, present: DataCentre | undefined): number {
  if (!/^[1-9]$/.test(asked))
    throw new UserError(`'--machines' must be a whole number from 1 to 9, got '${asked}'; try --machines 3`, 2);
  if (!present || present.machines.length === Number(asked)) return Number(asked);
  throw new UserError(
    `'--machines' must stay at ${present.machines.length}, the number of the cluster '${cluster}', got ${asked}; ./ecp down --volumes removes them with the data`,
    2,
  );
}
