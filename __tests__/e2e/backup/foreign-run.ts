import { docker } from '../support/faults';
import { dockerOk, eventually } from '../support/test-cluster';
import type { BackupBed } from './context';

/** A check of another machine that shares the repository in a volume, and takes long: it has the repository for itself. */
export class ForeignRun {
  private readonly name: string;

  private constructor(bed: BackupBed) {
    this.name = `${bed.cluster.name}-foreign`;
  }

  public static async start(bed: BackupBed, volume: string): Promise<ForeignRun> {
    const foreign = new ForeignRun(bed);
    const image = await docker(['inspect', '--format', '{{.Image}}', bed.backup]);
    const script = `exec restic --no-cache --limit-download 1 --repo /repository --password-file <(echo 'a password for tests') check --read-data`;
    const mount = ['--mount', `type=volume,source=${volume},target=/repository`];
    const options = ['--detach', '--name', foreign.name, '--hostname', 'elsewhere', '--network', 'none', ...mount];
    await dockerOk('run', ...options, '--entrypoint', 'bash', image, '-c', script);
    await eventually('the lock', 30, async () =>
      (await docker(['exec', foreign.name, 'find', '/repository/locks', '-type', 'f'])) === '' ? undefined : true,
    );
    return foreign;
  }

  /** Ends it: with SIGINT it takes its lock away, with SIGKILL the lock stays. */
  public async end(signal: 'INT' | 'KILL'): Promise<void> {
    await docker(['kill', '--signal', signal, this.name]);
    await docker(['wait', this.name]);
    await docker(['rm', '--volumes', this.name]);
  }
}
