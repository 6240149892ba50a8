import type { Sample } from '../../bench/measurement';

/** Samples of one value: that of run 1, of run 2, and so on. */
export function runs(what: Omit<Sample, 'run' | 'value'>, ...values: number[]): Sample[] {
  return values.map((value, index) => ({ ...what, run: index + 1, value }));
}

export function deploys(subject: string, servers: number, ...values: number[]): Sample[] {
  return runs({ part: 'operations', subject, action: 'deploy', servers, quantity: 'wallSec' }, ...values);
}

export function speeds(subject: string, action: string, servers: number, ...values: number[]): Sample[] {
  return runs({ part: 'engine', subject, action, servers, quantity: 'perSec' }, ...values);
}
