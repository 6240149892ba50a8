import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Notebook, Request } from '../measurement';
import { PROJECT } from '../../app/folders';
import { CLUSTER, clearBenchCluster, makeBenchCluster } from '../operations/bench-cluster';
import { ecpTool } from '../operations/ecp-tool';
import { perform } from '../operations/perform';
import { execute } from '../operations/step';
import { fill } from './fill';
import { longestPauseMs } from './pause';
import { clearVolumes, inVolumes, megabytesOf, VOLUMES } from './volumes';

/** Data of 1 GB takes minutes of each. */
const LIMIT_SEC = 1800;

/** What one copy of the data costs: beside a writer, once more without a change, and back into a volume. */
interface Rival {
  readonly subject: string;
  /** Where its copies are. */
  readonly folder: string;
  readonly copy: () => Promise<unknown>;
  readonly restore: () => Promise<unknown>;
}

/** Measures backups beside `docker run … tar` of the same volume and restic alone, which both read a database that is written. */
export async function measureBackup(request: Request, notebook: Notebook): Promise<void> {
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(LIMIT_SEC * 1000)]);
  const passwordFile = join(request.directory, 'backup-password');
  writeFileSync(passwordFile, 'a password of benchmarks\n', { mode: 0o600 });
  const bench = makeBenchCluster(request.directory, 'backup', 1, {
    ECP_BACKUP_REPOSITORY: `volume:${VOLUMES.repository}`,
    ECP_BACKUP_PASSWORD_FILE: passwordFile,
    // A minute that never comes.
    ECP_BACKUP_SCHEDULE: '0 0 31 2 *',
  });
  const ecp = (...args: string[]): Promise<string> =>
    execute({ program: join(PROJECT, 'ecp'), args, env: bench.environment(1), cwd: PROJECT }, signal);
  const rivals: readonly Rival[] = [
    {
      subject: './ecp backup',
      folder: '/repository',
      copy: () => ecp('backup'),
      restore: () => ecp('restore', '--yes'),
    },
    {
      subject: 'docker run … tar',
      folder: '/tar',
      copy: () => inVolumes('rm -f /tar/*.tar; tar -C /durable -cf /tar/copy.tar . || (($? == 1))', signal),
      restore: () => inVolumes('tar -C /restored -xf /tar/copy.tar; sync', signal),
    },
    {
      subject: 'restic alone',
      folder: '/restic',
      copy: () =>
        inVolumes('[[ -e /restic/config ]] || restic init; restic backup /durable >/dev/null || (($? == 3))', signal),
      restore: () => inVolumes('restic restore latest --target /restored >/dev/null; sync', signal),
    },
  ];
  try {
    await clearBenchCluster();
    await clearVolumes(signal);
    notebook.progress('deploy a cluster with backups');
    await perform(ecpTool(bench), 'deploy', bench, 1, request.signal);
    let filled = 0;
    for (const size of request.sizes) {
      notebook.progress(`${size} MB`);
      await fill(`${CLUSTER}-app-server-1`, size - filled, signal);
      filled = size;
      // The journals of what was just written would be most of the first backup.
      await ecp('backup');
      for (let run = 1; run <= request.runs; run++)
        for (const rival of rivals) await measureRival(rival, { size, run, signal, notebook });
    }
  } finally {
    notebook.progress('remove the cluster');
    await clearBenchCluster();
    await clearVolumes(AbortSignal.timeout(60_000));
  }
}

interface Round {
  readonly size: number;
  readonly run: number;
  readonly signal: AbortSignal;
  readonly notebook: Notebook;
}

async function measureRival({ subject, folder, copy, restore }: Rival, round: Round): Promise<void> {
  const { size, run, signal, notebook } = round;
  const record = (action: string, quantity: string, value: number): void =>
    notebook.record({ subject, action, servers: size, quantity, run, value });
  notebook.progress(`${subject}, ${size} MB, run ${run}`);
  await inVolumes(`find ${folder} -mindepth 1 -delete`, signal);
  const pauseMs = await longestPauseMs(`${CLUSTER}-app-server-1`, signal, async () => {
    record('first', 'wallSec', await secondsOf(copy));
  });
  record('first', 'pauseMs', pauseMs);
  const kept = await megabytesOf(folder, signal);
  record('first', 'keptMb', kept);
  // What the writer beside the first has left is in this one.
  await copy();
  const before = await megabytesOf(folder, signal);
  record('unchanged', 'wallSec', await secondsOf(copy));
  const added = subject.includes('tar') ? before : (await megabytesOf(folder, signal)) - before;
  record('unchanged', 'addedMb', added);
  await inVolumes('find /restored -mindepth 1 -delete', signal);
  record('restore', 'wallSec', await secondsOf(restore));
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}
