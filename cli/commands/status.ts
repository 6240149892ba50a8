import { loadSettings } from '../../app/settings';
import { reportCluster } from '../cluster-report';
import { readConfigurations } from '../configuration';
import { UserError } from '../terminal';
import { formatHtml } from '../views/html';
import { formatJson } from '../views/json';
import { verdictOf } from '../views/levels';
import { formatMermaid } from '../views/mermaid';
import { formatTable } from '../views/table';
import { watch } from '../watch';
import { writeWhole } from '../write-whole';

/** Options of `./ecp status`. */
export interface StatusOptions {
  readonly cluster?: string;
  readonly json?: boolean;
  readonly watch?: boolean;
  readonly mermaid?: boolean;
  /** File that gets the page. */
  readonly html?: string;
}

/** `./ecp status`: exit code 0 only when all is Normal and nothing drifted. */
export async function status(options: StatusOptions): Promise<number> {
  const ways = (['json', 'watch', 'mermaid', 'html'] as const).filter(
    each => ![undefined, false].includes(options[each] as boolean),
  );
  if (ways.length > 1) {
    throw new UserError(`${ways.map(each => `'--${each}'`).join(' and ')} cannot go together; choose one of them`, 2);
  }
  const cluster = options.cluster ?? loadSettings(process.env).cluster;
  if (options.watch) return watchUntilInterrupted(cluster);
  const report = await reportCluster(cluster);
  if (ways.length === 0) {
    console.log(formatTable(report));
    return report.ok ? 0 : 1;
  }
  const configurations = await readConfigurations(report.servers);
  if (options.json) console.log(formatJson(report, configurations));
  if (options.mermaid) process.stdout.write(formatMermaid(report, configurations));
  if (options.html !== undefined) {
    writeWhole('--html', options.html, formatHtml(report, configurations));
    console.log(`wrote ${options.html}: ${verdictOf(report)}`);
  }
  return report.ok ? 0 : 1;
}

/** Ctrl-C and its like end it; so does the end of who reads it, such as `head`. */
async function watchUntilInterrupted(cluster: string): Promise<number> {
  const end = new AbortController();
  const stop = (): void => end.abort();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, stop);
  process.stdout.once('error', stop);
  return watch(() => reportCluster(cluster), process.stdout, end.signal);
}
