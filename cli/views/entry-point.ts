import type { EntryPointReport } from '../entry-point/report';
import { visible } from '../terminal';
import { inWords } from './names';

/** Where the entry point is found, in words. */
export function entryPointAddresses({ webUrl, superserver }: EntryPointReport): string[] {
  return [
    ...(webUrl === undefined ? [] : [webUrl]),
    ...(superserver === undefined ? [] : [`superserver ${superserver}`]),
  ];
}

/** One line on the entry point: where it is found and what it does with the servers. */
export function entryPointLine(entryPoint: EntryPointReport): string {
  const named = (state: string): string[] =>
    entryPoint.servers.filter(each => each.state === state).map(({ name }) => visible(name));
  const others = ['down', 'draining', 'drained'].flatMap(state =>
    named(state).length > 0 ? [`${state}: ${inWords(named(state))}`] : [],
  );
  const serving = named('serving');
  const where = entryPointAddresses(entryPoint).join(', ') || 'in the network alone';
  const who = serving.length > 0 ? `serves ${inWords(serving)}` : 'serves nobody';
  return [`Entry point: ${where} ${who}`, ...others].join('; ');
}
