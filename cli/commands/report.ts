import { loadSettings } from '../../app/settings';
import { fromCaller } from '../from-caller';
import { writeArchive } from '../report/archive';
import { collectReport, LOG_LINES } from '../report/contents';
import { UserError, onStderr, step } from '../terminal';

/** Options of `./ecp report`. */
export interface ReportOptions {
  readonly cluster?: string;
  /** The archive's name, if one was given. */
  readonly files: readonly string[];
}

/** Writes one archive for a bug report, without a key or a password. */
export async function report({ cluster: named, files }: ReportOptions): Promise<number> {
  if (files.length > 1)
    throw new UserError(`'report' writes one FILE, got ${files.join(' ')}; leave the others out`, 2);
  const own = loadSettings(process.env).cluster;
  const cluster = named ?? own;
  const stamp = new Date().toISOString().replace(/\.\d+|[-:]/g, '');
  const folder = `ecp-report-${cluster}-${stamp}`;
  const path = files[0] ?? `${folder}.tar.gz`;
  const { texts, missing } = await step(`Look at cluster '${cluster}'`, () =>
    collectReport({ cluster, isOwn: cluster === own }),
  );
  await writeArchive(fromCaller(path), folder, texts);
  for (const each of missing) console.error(onStderr.yellow(`not in it: ${each}`));
  console.log(
    `wrote ${path}: versions, status, settings, plan, config documents, the last ${LOG_LINES} log lines of each server`,
  );
  console.log(
    'Keys and passwords were removed. What else is yours, such as host names, is in it: look before you send it.',
  );
  return 0;
}
