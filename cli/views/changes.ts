import type { ServerReport } from '../access/server-report';
import { outOfReach, type ClusterReport } from '../cluster-report';
import { visible } from '../terminal';

/** A report, or the sentence why there is none. */
type Seen = ClusterReport | string;

/** A line for everything that is another since the report before; the first report is all new. */
export function changesBetween(before: Seen | undefined, now: Seen): string[] {
  const old = linesOf(before);
  const current = linesOf(now);
  const changed = [...current].filter(([about, line]) => old.get(about) !== line).map(([, line]) => line);
  const over = [...old].filter(([about]) => !current.has(about)).map(([, line]) => `no longer: ${line}`);
  return [...changed, ...over];
}

/** What there is to say, by what it is about. */
function linesOf(seen: Seen | undefined): Map<string, string> {
  if (seen === undefined) return new Map();
  if (typeof seen === 'string') return new Map([['no report', seen]]);
  return new Map([
    ...seen.servers.flatMap(each => serverLines(each)),
    ...seen.missing.map((name): [string, string] => [
      name,
      `${visible(name)} is ${outOfReach(seen).includes(name) ? 'out of reach' : 'gone'}`,
    ]),
    ...seen.warnings.map((each): [string, string] => [`warning ${each}`, `warning: ${visible(each)}`]),
  ]);
}

function serverLines({ server, state, reason, drift }: ServerReport): [string, string][] {
  const why = state === 'Normal' || reason === '' ? '' : `: ${visible(reason)}`;
  return [
    [server.name, `${server.name} ${visible(state)}${why}`],
    ...drift.map((each): [string, string] => [
      `${server.name} ${each}`,
      `${server.name} changed by hand: ${visible(each)}`,
    ]),
  ];
}
