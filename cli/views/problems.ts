import { outOfReach, type ClusterReport } from '../cluster-report';
import { ENTRY_POINT_NAME } from '../../contract/entry-point';
import { whatStarts } from '../access/servers';
import { isAsWanted } from '../access/fenced';
import { visible } from '../terminal';
import { inWords } from './names';

/** Something that is not as it should be, and of which servers it is true. */
export interface Problem {
  readonly kind: 'fault' | 'drift' | 'warning';
  /** Servers in words; empty for a warning, which names them itself. */
  readonly servers: string;
  readonly what: string;
}

/** Servers that say the same share one problem from this number on. */
const TOGETHER_FROM = 3;

/** Faults first, each in the order of the servers. */
export function problemsOf({
  servers,
  missing,
  whyMissing = {},
  warnings,
  nodes,
  paused,
  entryPoint,
  monitoring = [],
  deployedHere,
}: ClusterReport): Problem[] {
  // That the servers of a paused cluster do not run is no fault.
  const faults = servers
    .filter(({ state }) => !paused && !isAsWanted(state))
    .map(({ server, state, reason }) => {
      const remedy = whatStarts(server, deployedHere);
      return { name: server.name, what: `${visible(reason || state)}${remedy === undefined ? '' : `; ${remedy}`}` };
    });
  const further = [...(entryPoint ? [{ ...entryPoint, name: ENTRY_POINT_NAME }] : []), ...monitoring];
  for (const { name, reason } of further) if (reason !== '') faults.push({ name, what: visible(reason) });
  const drifts = servers.flatMap(({ server, drift }) =>
    drift.map(each => ({ name: server.name, what: visible(each) })),
  );
  for (const { name, drift } of further) drifts.push(...drift.map(each => ({ name, what: visible(each) })));
  const away = outOfReach({ nodes });
  const unknown = (name: string): string =>
    away.includes(name)
      ? 'nothing is known of it, since its node does not answer'
      : `its container is gone${deployedHere ? '; ./ecp up makes it again' : ''}`;
  const gone = missing.map(name => ({ name: visible(name), what: visible(whyMissing[name] ?? unknown(name)) }));
  return [
    ...together([...gone, ...faults]).map(each => ({ kind: 'fault' as const, ...each })),
    ...together(drifts).map(each => ({ kind: 'drift' as const, ...each })),
    ...warnings.map(each => ({ kind: 'warning' as const, servers: '', what: visible(each) })),
  ];
}

function together(
  list: readonly { readonly name: string; readonly what: string }[],
): Pick<Problem, 'servers' | 'what'>[] {
  const namesOf = new Map<string, string[]>();
  for (const { name, what } of list) namesOf.set(what, [...(namesOf.get(what) ?? []), name]);
  return [...namesOf].flatMap(([what, names]) =>
    names.length < TOGETHER_FROM ? names.map(name => ({ servers: name, what })) : [{ servers: inWords(names), what }],
  );
}
