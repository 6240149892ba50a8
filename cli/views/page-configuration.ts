import { hashesOf, type Configuration } from '../access/configuration';
import type { ServerReport } from '../access/server-report';
import type { ClusterReport } from '../cluster-report';
import { labelledTable } from './html-table';
import { markup, type Content } from './markup';
import { inWords } from './names';
import type { Summary } from './summary';

/** How many there are, and whether a document could be read. */
export function mappingsSummary(configurations: readonly Configuration[]): Summary {
  if (configurations.some(({ problem }) => problem !== undefined))
    return { words: 'a document could not be read', level: 'bad' };
  const names = new Set(configurations.flatMap(({ databases }) => databases.map(({ name }) => name)));
  const mapped = new Set(configurations.flatMap(({ mappings }) => mappings.map(({ global }) => global)));
  return { words: `${counted(names.size, 'database')}, ${counted(mapped.size, 'mapped global')}`, level: 'good' };
}

/** Whether all documents are as they were deployed. */
export function configurationSummary({ servers }: ClusterReport): Summary {
  const known = servers.map(hashesOf).filter(({ actual }) => actual !== undefined);
  return known.every(({ expected, actual }) => expected === actual)
    ? { words: known.length === 0 ? 'not known' : 'as deployed', level: 'good' }
    : { words: 'differs from what was deployed', level: 'bad' };
}

/** The documents' databases, mappings and data servers: names, directories and addresses, nothing else. */
export function mappingsSection(configurations: readonly Configuration[]): Content {
  const databases = configurations.flatMap(({ servers, databases }) =>
    databases.map(({ name, directory, server }) => [inWords(servers), name, directory, server ?? 'here']),
  );
  const mappings = configurations.flatMap(({ servers, mappings }) =>
    mappings.map(({ namespace, global, database }) => [
      inWords(servers),
      namespace,
      markup`<code>^${global}</code>`,
      database,
    ]),
  );
  const targets = configurations.flatMap(({ servers, ecpServers }) =>
    ecpServers.map(each => [
      inWords(servers),
      each.name,
      `${each.address}:${each.port}`,
      each.tls ? 'TLS' : '! without TLS',
    ]),
  );
  const problems = configurations.filter(({ problem }) => problem !== undefined);
  return [
    labelledTable('Databases', ['Server', 'Database', 'Directory', 'Lies on'], databases),
    mappings.length > 0
      ? labelledTable('Globals that are mapped', ['Server', 'Namespace', 'Global', 'Database'], mappings)
      : undefined,
    targets.length > 0
      ? labelledTable(
          'Data servers, as application servers address them',
          ['Server', 'Data server', 'Address', 'Connection'],
          targets,
        )
      : undefined,
    problems.map(
      ({ servers, problem }) =>
        markup`<p class="bad">! The document of ${inWords(servers)} could not be read: ${problem}.</p>`,
    ),
  ];
}

/** Whether each server has the document that was deployed, and what its engine does not act on. */
export function configurationSection({ servers }: ClusterReport): Content {
  const rows = groupBy(servers, each => JSON.stringify(hashesOf(each))).map(same => {
    const { expected, actual } = hashesOf(same[0]!);
    return [
      namesOf(same),
      hashCell(expected),
      actual === undefined ? 'not known, it does not answer' : hashCell(actual),
      actual === undefined
        ? '-'
        : actual === expected
          ? markup`<span class="good">✓ as deployed</span>`
          : markup`<span class="bad">✗ differs</span>`,
    ];
  });
  const columns = ['Server', 'Expected (SHA-256)', 'Actual', 'Result'];
  const ignoring = servers.filter(({ status }) => (status?.ignored.length ?? 0) > 0);
  return [
    labelledTable('config.json as it was deployed, and as it is in the server now', columns, rows),
    ignoring.length === 0
      ? undefined
      : labelledTable(
          'Properties that the engine does not act on',
          ['Server', 'Property'],
          groupBy(ignoring, ({ status }) => JSON.stringify(status!.ignored)).map(same => [
            namesOf(same),
            markup`<ul>${same[0]!.status!.ignored.map(each => markup`<li><code>${each}</code></li>`)}</ul>`,
          ]),
        ),
  ];
}

function groupBy(servers: readonly ServerReport[], keyOf: (each: ServerReport) => string): ServerReport[][] {
  const groups = new Map<string, ServerReport[]>();
  for (const each of servers) groups.set(keyOf(each), [...(groups.get(keyOf(each)) ?? []), each]);
  return [...groups.values()];
}

function namesOf(servers: readonly ServerReport[]): string {
  return inWords(servers.map(({ server }) => server.name));
}

function hashCell(hash: string): Content {
  return hash === '' ? '-' : markup`<code>${hash.slice(0, 16)}…</code>`;
}

function counted(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
