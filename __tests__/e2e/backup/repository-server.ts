import { readFacts } from '../../../app/machine-facts';
import { run } from '../../../cli/process';
import { docker, inNetworkOf, inside } from '../support/faults';
import { pauseContainer } from '../support/pause';
import { dockerOk, must } from '../support/test-cluster';

const DISK = '/srv/backups';

/** A server that keeps repositories, on a cluster's network. Its disk is memory; what befalls such servers can befall it. */
export class RepositoryServer {
  public constructor(
    public readonly name: string,
    private readonly network: string,
  ) {}

  private get image(): string {
    return `${this.name}:test`;
  }

  /** Builds its image from a folder and starts it. */
  public async start(folder: string, options: readonly string[] = []): Promise<void> {
    const base = readFacts().rehearsalBaseImage ?? 'debian:bookworm-slim';
    await dockerOk('build', '--quiet', '--build-arg', `BASE_IMAGE=${base}`, '--tag', this.image, folder);
    const disk = ['--tmpfs', `${DISK}:size=96m,mode=0777`];
    await dockerOk('run', '--detach', '--name', this.name, '--network', this.network, ...disk, ...options, this.image);
  }

  /** In place of a server a volume that is as small, and a container that keeps it mounted. */
  public async startAsVolume(volume: string, image: string): Promise<void> {
    const size = ['--opt', 'type=tmpfs', '--opt', 'device=tmpfs', '--opt', 'o=size=96m,mode=0777'];
    await dockerOk('volume', 'create', '--driver', 'local', ...size, volume);
    const mount = ['--mount', `type=volume,source=${volume},target=${DISK}`];
    const options = ['--detach', '--name', this.name, '--network', 'none', '--user', '0', ...mount];
    await dockerOk('run', ...options, '--entrypoint', 'sleep', image, 'infinity');
  }

  /** Moves the repository out of sight, as if its disk were not mounted. */
  public async unmount(): Promise<void> {
    await inside(this.name, `mkdir ${DISK}/.away; mv ${DISK}/[a-z]* ${DISK}/.away/`);
  }

  public async mount(): Promise<void> {
    await inside(this.name, `mv ${DISK}/.away/* ${DISK}/; rmdir ${DISK}/.away`);
  }

  public address(): Promise<string> {
    return docker(['inspect', '--format', '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}', this.name]);
  }

  /** Takes all of its disk but a little. */
  public async fill(leftKiB: number): Promise<void> {
    const script = `left=$(df --output=avail -k ${DISK} | tail -n1); head -c "$((left - ${leftKiB}))K" /dev/zero >${DISK}/.filling`;
    await inside(this.name, script);
  }

  public async makeRoom(): Promise<void> {
    await docker(['exec', this.name, 'rm', `${DISK}/.filling`]);
  }

  public async leave(): Promise<void> {
    await docker(['network', 'disconnect', this.network, this.name]);
  }

  public async comeBack(): Promise<void> {
    await docker(['network', 'connect', this.network, this.name]);
  }

  public async stall(): Promise<void> {
    await pauseContainer(this.name);
  }

  public async goOn(): Promise<void> {
    await docker(['unpause', this.name]);
  }

  /** Lets so few packets in that data trickles. */
  public async slowDown(packetsPerSec: number): Promise<void> {
    await this.admit(['-m', 'limit', '--limit', `${packetsPerSec}/s`, '--limit-burst', '5', '-j', 'ACCEPT']);
    await this.admit(['-j', 'DROP']);
  }

  public async speedUp(): Promise<void> {
    must(await inNetworkOf(this.name, ['iptables', '-F', 'INPUT']), 'iptables -F INPUT');
  }

  private async admit(rule: readonly string[]): Promise<void> {
    must(await inNetworkOf(this.name, ['iptables', '-A', 'INPUT', '-p', 'tcp', ...rule]), 'iptables -A INPUT');
  }

  public async remove(): Promise<void> {
    await run('docker', ['rm', '--force', '--volumes', this.name]);
    await run('docker', ['image', 'rm', '--force', this.image]);
  }
}
