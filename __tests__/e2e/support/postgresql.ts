import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, type RunOptions } from '../../../cli/process';
import { postgresqlFolder } from '../../../dev/test-tools';
import { must } from './test-cluster';

/** A PostgreSQL server of a test's own on 127.0.0.1, which asks everyone for a password. */
export class Postgresql {
  private readonly folder = mkdtempSync(join(tmpdir(), 'ecp-postgresql-'));
  private readonly data = join(this.folder, 'data');

  constructor(
    public readonly port: number,
    private readonly password: string,
  ) {}

  async start(): Promise<void> {
    const passwordFile = join(this.folder, 'password');
    writeFileSync(passwordFile, this.password);
    chmodSync(this.folder, 0o755);
    // PostgreSQL refuses to run as root; Debian's package makes a user for it.
    if (process.getuid?.() === 0) must(await run('chown', ['-R', 'postgres', this.folder]), 'chown');
    const initdb = ['--pgdata', this.data, '--username', 'admin', '--auth', 'scram-sha-256', '--pwfile', passwordFile];
    await this.tool('initdb', [...initdb, '--no-sync', '--locale', 'C']);
    const settings = `-p ${this.port} -h 127.0.0.1 -k '' -F`;
    await this.tool('pg_ctl', ['-D', this.data, '-w', '-l', join(this.folder, 'log'), '-o', settings, 'start']);
  }

  async stop(): Promise<void> {
    await this.tool('pg_ctl', ['-D', this.data, '-w', '-m', 'immediate', 'stop']).catch(() => undefined);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Runs SQL; answers are lines. */
  async sql(text: string, as = { user: 'admin', password: this.password, database: 'postgres' }): Promise<string> {
    const args = ['-X', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-h', '127.0.0.1', '-p', String(this.port)];
    const env = { PGPASSWORD: as.password, LC_ALL: 'C' };
    const options: RunOptions = { env, input: text, timeoutSec: 60 };
    return must(
      await run(join(postgresqlFolder()!, 'psql'), [...args, '-U', as.user, as.database], options),
      'psql',
    ).trim();
  }

  private async tool(name: string, args: readonly string[]): Promise<void> {
    const asOther = process.getuid?.() === 0 ? ['runuser', '-u', 'postgres', '--'] : [];
    const [program = '', ...all] = [...asOther, join(postgresqlFolder()!, name), ...args];
    must(await run(program, all, { cwd: this.folder, timeoutSec: 120 }), name);
  }
}
