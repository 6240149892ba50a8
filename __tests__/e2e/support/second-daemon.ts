import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../../cli/process';
import { docker, mainProcess, sleep, tryDocker } from './faults';

/** Names of the images in a Terraform state. */
export function imagesInState(file: string): string[] {
  interface Resource {
    readonly type: string;
    readonly instances: readonly { readonly attributes: { readonly name: string } }[];
  }
  const { resources } = JSON.parse(readFileSync(file, 'utf8')) as { readonly resources: readonly Resource[] };
  return resources
    .filter(({ type }) => type === 'docker_image')
    .flatMap(({ instances }) => instances.map(({ attributes }) => attributes.name));
}

/**
 * A Docker daemon of the test's own, which may be restarted. It has its own data, state, socket and, since a second daemon would rewrite
 * the first one's rules of the firewall, the network namespace of a container that does nothing.
 */
export class SecondDaemon {
  public readonly environment: NodeJS.ProcessEnv;
  private readonly folder = mkdtempSync(join(tmpdir(), 'ecp-dockerd-'));
  private readonly namespace: string;
  private child?: ChildProcess;
  private ended?: Promise<unknown>;

  public constructor(
    name: string,
    private readonly label: string,
  ) {
    this.namespace = `${name}-namespace`;
    this.environment = { DOCKER_HOST: `unix://${join(this.folder, 'docker.sock')}` };
  }

  /** Why it cannot be had here, if so. */
  public static async reasonAgainst(): Promise<string | undefined> {
    if (process.getuid?.() !== 0) return 'a second Docker daemon needs root';
    const missing = ['dockerd', 'nsenter'].map(async name =>
      (await run(name, ['--version'])).code === 127 ? name : '',
    );
    const names = (await Promise.all(missing)).filter(Boolean).join(' and ');
    if (names) return `this machine has no ${names}`;
    return process.env.DOCKER_HOST ? 'the Docker daemon may be on another machine' : undefined;
  }

  /** Makes the namespace, starts the daemon and gives it images of the first one. */
  public async create(images: readonly string[]): Promise<void> {
    const sleeping = ['--entrypoint', 'sleep', images[0]!, 'infinity'];
    await docker(['run', '-d', '--name', this.namespace, '--label', this.label, '--network', 'none', ...sleeping]);
    await this.start();
    const host = this.environment.DOCKER_HOST!;
    const copy = await run('bash', [
      '-o',
      'pipefail',
      '-c',
      'host=$0; docker save "$@" | docker -H "$host" load',
      host,
      ...images,
    ]);
    if (copy.code !== 0) throw new Error(`docker save | load: ${copy.stderr}`);
  }

  public async start(): Promise<void> {
    const at = (name: string) => join(this.folder, name);
    writeFileSync(at('daemon.json'), '{}');
    const log = openSync(at('log'), 'a');
    const pid = String(await mainProcess(this.namespace));
    // The containerd of a daemon that was killed has died with it; what it left would be taken for a running one.
    rmSync(join(this.folder, 'exec', 'containerd', 'containerd.pid'), { force: true });
    const options = {
      'config-file': at('daemon.json'),
      'data-root': at('data'),
      'exec-root': at('exec'),
      pidfile: at('pid'),
      host: this.environment.DOCKER_HOST,
      'containerd-namespace': 'ecp-test',
      'containerd-plugins-namespace': 'ecp-test-plugins',
    };
    const words = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
    this.child = spawn('nsenter', ['-t', pid, '-n', 'dockerd', ...words], { stdio: ['ignore', log, log] });
    this.ended = new Promise(resolve => this.child!.once('exit', resolve));
    closeSync(log);
    for (let tries = 0; (await tryDocker(['version'], this.environment)).code !== 0; tries++) {
      if (tries > 150 || this.child.exitCode !== null) throw new Error(`dockerd does not answer:\n${this.log()}`);
      await sleep(0.2);
    }
  }

  /** nsenter has become dockerd: it is the same process. */
  public async stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    this.child?.kill(signal);
    await this.ended;
  }

  public log(): string {
    const lines = readFileSync(join(this.folder, 'log'), 'utf8').split('\n');
    return lines
      .filter(line => /level=(error|fatal|warning)/.test(line) && !line.includes('exec command'))
      .slice(-30)
      .join('\n');
  }

  public async remove(): Promise<void> {
    if (this.child && this.child.exitCode === null && this.child.signalCode === null) {
      const ids = (await tryDocker(['ps', '-aq'], this.environment)).stdout.split('\n').filter(Boolean);
      if (ids.length > 0) await tryDocker(['rm', '-f', '-v', ...ids], this.environment);
      await this.stop('SIGTERM');
    }
    await tryDocker(['rm', '-f', this.namespace]);
    // What a daemon that failed left mounted goes first.
    await run('bash', ['-c', 'grep -o " $0/[^ ]*" /proc/mounts | sort -r | xargs -r umount -l', this.folder]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
