import { loadSettings } from '../../app/settings';
import { nearest } from '../../contract/messages';
import { readConfigurations, type Configuration } from '../access/configuration';
import { exitCodeOf, reportCluster, type ClusterReport } from '../cluster-report';
import { replaceFile } from '../replace-file';
import { UserError } from '../terminal';
import { formatJson } from '../views/json';
import { verdictOf } from '../views/levels';
import { formatMermaid } from '../views/mermaid';
import { formatHtml } from '../views/page';
import { formatTable } from '../views/table';
import { watch } from '../watch';

/** What `--output` takes, each with what it makes of a report. */
const FORMATS = {
  table: report => `${formatTable(report)}\n`,
  json: (report, configurations) => `${formatJson(report, configurations)}\n`,
  yaml: async (report, configurations) =>
    (await import('yaml')).stringify(JSON.parse(formatJson(report, configurations))),
  mermaid: formatMermaid,
  html: formatHtml,
} satisfies Readonly<
  Record<string, (report: ClusterReport, configurations: readonly Configuration[]) => string | Promise<string>>
>;

type Format = keyof typeof FORMATS;

/** Names of the formats. */
export const STATUS_FORMATS: readonly string[] = Object.keys(FORMATS);

/** Options of `./ecp status`. */
export interface StatusOptions {
  readonly cluster?: string;
  /** Name of a format. */
  readonly output?: string;
  readonly json?: boolean;
  readonly watch?: boolean;
  readonly mermaid?: boolean;
  /** File that gets the page. */
  readonly html?: string;
}

/** `./ecp status`: exit code 0 only when all is Normal and nothing drifted. */
export async function status(options: StatusOptions): Promise<number> {
  const ways = (['output', 'json', 'watch', 'mermaid', 'html'] as const).filter(
    way => options[way] !== undefined && options[way] !== false,
  );
  if (ways.length > 1 && !(options.watch && options.json && ways.length === 2))
    throw new UserError(`${ways.map(way => `'--${way}'`).join(' and ')} cannot go together; choose one of them`, 2);
  const format = formatOf(options);
  const cluster = options.cluster ?? loadSettings(process.env).cluster;
  if (options.watch) return watchUntilInterrupted(cluster, options.json ?? false);
  const report = await reportCluster(cluster);
  const text = await FORMATS[format](report, format === 'table' ? [] : await readConfigurations(report.servers));
  if (options.html === undefined) {
    process.stdout.write(text);
  } else {
    replaceFile('--html', options.html, text);
    console.log(`wrote ${options.html}: ${verdictOf(report)}`);
  }
  return exitCodeOf(report);
}

function formatOf({ output = 'table', json, mermaid, html }: StatusOptions): Format {
  if (json) return 'json';
  if (mermaid) return 'mermaid';
  if (html !== undefined) return 'html';
  if (Object.hasOwn(FORMATS, output)) return output as Format;
  const meant = nearest(output, STATUS_FORMATS);
  throw new UserError(
    `'--output' must be one of ${STATUS_FORMATS.join(', ')}, got '${output}'${meant ? ` (did you mean '${meant}'?)` : ''}`,
    2,
  );
}

/** Ctrl-C and its like end it; so does the end of who reads it, such as `head`. */
async function watchUntilInterrupted(cluster: string, json: boolean): Promise<number> {
  const end = new AbortController();
  const stop = (): void => end.abort();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop);
  process.stdout.once('error', stop);
  return watch(() => reportCluster(cluster), process.stdout, end.signal, { json });
}
