import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodeStatus } from '../../../cli/access/node-status';
import { docker, exec, waitFor, type RunOptions } from './docker';
import type { Identity } from './pki';

export interface Files {
  readonly config: object;
  readonly ca: string;
  readonly identity: Identity;
  readonly authorizedClients?: string[];
  /** Files that an engine brings, by name. */
  readonly extra?: Readonly<Record<string, string>>;
}

export type ServerRole = 'data-server' | 'app-server' | 'arbiter';

/** What all servers of a test share. */
export interface ContractCluster {
  readonly image: string;
  /** Name of the network; also the value of the label `ecp.cluster` and the prefix of all names. */
  readonly cluster: string;
  /** Options of `docker run` that the engine needs beside those of all, or instead of a read-only root and `no-new-privileges`. */
  readonly engineOptions?: (role: ServerRole) => readonly string[];
}

/** One server, run by plain docker with the hardening that the constructs apply. */
export class Server {
  public readonly container: string;
  private readonly filesVolume: string;

  public constructor(
    private readonly cluster: ContractCluster,
    public readonly name: string,
    private readonly role: ServerRole,
    private readonly dataVolume = `${cluster.cluster}-data`,
    private readonly hostname = name,
  ) {
    this.container = `${cluster.cluster}-${name}`;
    this.filesVolume = `${this.container}-files`;
  }

  /** Puts files into the volume as a one-shot container of the constructs does: a new generation, then one rename. */
  public async deliver(files: Files): Promise<void> {
    const dir = mkdtempSync(join(tmpdir(), 'ecp-files-'));
    const write = (path: string, content: string) => writeFileSync(join(dir, path), content);
    mkdirSync(join(dir, 'pki'));
    write('config.json', JSON.stringify(files.config));
    write('authorized-clients', (files.authorizedClients ?? []).map(subject => `${subject}\n`).join(''));
    write('pki/ca.pem', files.ca);
    write('pki/cert.pem', files.identity.cert);
    write('pki/key.pem', files.identity.key);
    const extra = Object.keys(files.extra ?? {});
    for (const name of extra) write(name, files.extra![name]!);
    const script = `set -Eeuo pipefail; cd /tmp/new; to=/volume/$(cat /proc/sys/kernel/random/uuid); mkdir -p "$to/pki"
      for file in config.json authorized-clients pki/ca.pem pki/cert.pem ${extra.join(' ')}; do install -m 0444 "$file" "$to/$file"; done
      install -o 51773 -m 0400 pki/key.pem "$to/pki/key.pem"
      for file in config.json authorized-clients pki ${extra.join(' ')}; do ln -sfn "current/$file" "/volume/$file"; done
      ln -s "\${to##*/}" /volume/next; mv -T /volume/next /volume/current`;
    const shot = `${this.container}-deliver`;
    await docker([
      'create',
      '--name',
      shot,
      ...this.label(),
      '--network',
      'none',
      '--user',
      '0',
      '-v',
      `${await this.volume(this.filesVolume)}:/volume`,
      '--entrypoint',
      'bash',
      this.cluster.image,
      '-c',
      script,
    ]);
    await docker(['cp', `${dir}/.`, `${shot}:/tmp/new`]);
    rmSync(dir, { recursive: true });
    await docker(['start', '-a', shot]);
    await docker(['rm', '-v', shot]);
  }

  /** Creates and starts the container; `configSha256` is the hash of the delivered document unless told otherwise. */
  public async start(config: object, configSha256 = sha256(JSON.stringify(config))): Promise<void> {
    const data = this.role === 'data-server' ? ['-v', `${await this.volume(this.dataVolume)}:/durable`] : [];
    await docker([
      ...['run', '-d', '--name', this.container, '--hostname', this.hostname, ...this.label()],
      ...[
        '--network',
        this.cluster.cluster,
        '--network-alias',
        this.name,
        '--restart',
        'unless-stopped',
        '--stop-timeout',
        '60',
      ],
      ...(this.cluster.engineOptions?.(this.role) ?? ['--read-only', '--security-opt', 'no-new-privileges']),
      ...['--cap-drop', 'ALL', '--pids-limit', '512', '--memory', '256m'],
      ...['--tmpfs', '/tmp:mode=1777', '--tmpfs', '/run/ecp:uid=51773,gid=51773,mode=0700'],
      ...['-v', `${this.filesVolume}:/ecp/files:ro`, ...data],
      ...['-e', `ECP_ROLE=${this.role}`, '-e', `ECP_CONFIG_SHA256=${configSha256}`],
      ...['--health-cmd', 'ecp-node healthcheck', '--health-interval', '1s', '--health-timeout', '125s'],
      ...['--health-retries', '2', '--health-start-period', '60s', this.cluster.image],
    ]);
  }

  public node(verb: string[], options: RunOptions = {}) {
    return exec(this.container, ['ecp-node', ...verb], { timeoutSec: 20, mayFail: true, ...options });
  }

  public async status(): Promise<NodeStatus> {
    const { stdout } = await this.node(['status'], { mayFail: false });
    return JSON.parse(Buffer.from(stdout, 'latin1').toString('utf8')) as NodeStatus;
  }

  public async health(): Promise<string> {
    return (await docker(['inspect', '-f', '{{.State.Health.Status}}', this.container])).stdout.trim();
  }

  public waitForState(state: string, timeoutSec: number): Promise<void> {
    return waitFor(`${this.name} is ${state}`, timeoutSec, async () => {
      const answer = await this.node(['status']);
      if (answer.code !== 0) return answer.stderr;
      const status = JSON.parse(answer.stdout) as NodeStatus;
      return status.state === state || `${status.state}: ${status.reason}`;
    });
  }

  public waitForHealth(health: string, timeoutSec: number): Promise<void> {
    return waitFor(`${this.name} is ${health}`, timeoutSec, async () => {
      const seen = await this.health();
      return seen === health || seen;
    });
  }

  public async remove(): Promise<void> {
    await docker(['rm', '-f', '-v', this.container]);
  }

  private label(): string[] {
    return ['--label', `ecp.cluster=${this.cluster.cluster}`];
  }

  private async volume(name: string): Promise<string> {
    await docker(['volume', 'create', ...this.label(), name]);
    return name;
  }
}

export const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** A server that lives for one test. */
export async function withServer(
  server: Server,
  files: Files,
  body: () => Promise<void>,
  hash?: string,
): Promise<void> {
  try {
    await server.deliver(files);
    await server.start(files.config, hash);
    await body();
  } finally {
    await server.remove();
  }
}
