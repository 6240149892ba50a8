import { Token } from 'cdktf';
import { Refusal } from '../../contract/refusal';

/** @throws Error when a limit of processors is none that Docker takes. */
export function requireProcessors({ cpus, cpuSet }: { readonly cpus?: number; readonly cpuSet?: string }): void {
  if (cpus !== undefined && !Token.isUnresolved(cpus) && !(Number.isFinite(cpus) && cpus >= 0.01 && cpus <= 4096))
    throw new Refusal(`'cpus' must be a number of processors from 0.01 to 4096, got ${cpus}; correct it`);
  if (cpuSet === undefined || Token.isUnresolved(cpuSet)) return;
  const ranges = cpuSet.split(',').map(range => /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(range));
  if (ranges.every(range => range !== null && Number(range[2] ?? range[1]) >= Number(range[1]))) return;
  throw new Refusal(`'cpuSet' must list processors such as '0-3' or '0,2', got '${cpuSet}'; correct it`);
}
