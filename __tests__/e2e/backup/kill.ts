import { spawn } from 'node:child_process';
import { run } from '../../../cli/process';
import { killAndStart } from '../support/faults';
import type { BackupBed } from './context';

/** When a backup is in a phase, as its container can see. A class in a pattern keeps grep from finding itself. */
const PHASES = {
  freeze: 'grep -sq "^freeze" /backup/request /backup/serving',
  copy: '[[ -d /backup/staging && ! -e /backup/staging/manifest.json ]]',
  upload: "grep -zsqx 'bac[k]up' /proc/[0-9]*/cmdline",
  thaw: 'grep -sq "^thaw .*kept" /backup/request /backup/serving',
  prune: "grep -zsqx 'forge[t]' /proc/[0-9]*/cmdline",
} as const;

export type Phase = keyof typeof PHASES;

/** Whose process is killed: `client` is the operator's `./ecp backup`. */
export type Victim = 'backup' | 'data server' | 'client';

const VICTIMS: readonly Victim[] = ['backup', 'data server', 'client'];

/** The nth of all phases with all victims; the first three differ in both. */
export function killAt(n: number): readonly [Phase, Victim] {
  const phases = Object.keys(PHASES) as Phase[];
  return [phases[(2 * n + 2) % phases.length]!, VICTIMS[n % VICTIMS.length]!];
}

/** Starts a backup and kills with -9 as soon as it is in the phase. @returns what was hit */
export async function killInPhase(bed: BackupBed, phase: Phase, victim: Victim): Promise<string> {
  // What ./ecp backup waits for.
  const client = spawn('docker', ['exec', bed.backup, 'ecp-backup', 'run'], { stdio: 'ignore' });
  const ended = new Promise<void>(resolve => client.on('close', () => resolve()));
  const script = `for ((n = 0; n < 1500; n++)); do ! { ${PHASES[phase]}; } || exit 0; sleep 0.01; done; exit 1`;
  const seen = await run('docker', ['exec', bed.backup, 'bash', '-c', script], { timeoutSec: 60 });
  if (victim === 'client') client.kill('SIGKILL');
  else await killAndStart(victim === 'backup' ? bed.backup : bed.dataServer);
  await ended;
  return `${victim} in ${phase}${seen.code === 0 ? '' : ' (missed)'}`;
}
