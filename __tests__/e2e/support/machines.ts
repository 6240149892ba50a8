import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { TlsProvider } from '@cdktf/provider-tls/lib/provider';
import { App, LocalBackend, TerraformStack } from 'cdktf';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodeStatus } from '../../../cli/access/node-status';
import { linkProviders } from '../../../app/link-providers';
import type { DataCentre, Machine } from '../../../app/data-centre';
import { makeDataCentre, removeDataCentre } from '../../../cli/machines/data-centre';
import { run } from '../../../cli/process';
import { requireProviderVersions, type EcpPkiProps } from '../../../constructs';
import { DeployedStack } from './example-projects';
import { BASE_IMAGE } from './packed-project';
import { eventually, must } from './test-cluster';

/** A running container, and the machine that it runs on. */
export interface Place {
  readonly machine: Machine;
  readonly container: string;
}

/** Who signs certificates, and whom servers trust. */
export type Authorities = Required<Pick<EcpPkiProps, 'signingCa' | 'trustedCas'>>;

/** The three steps from one authority to another. */
const CHANGE_OF_AUTHORITY: readonly Authorities[] = [
  { signingCa: 1, trustedCas: [1, 2] },
  { signingCa: 2, trustedCas: [1, 2] },
  { signingCa: 2, trustedCas: [2] },
];

/** Machines of their own for a cluster, and the stack that runs it there. */
export class Machines {
  private readonly folder: string;

  private constructor(
    public readonly centre: DataCentre,
    /** The cluster that runs on them. */
    public readonly cluster: string,
  ) {
    this.folder = mkdtempSync(join(tmpdir(), `${centre.cluster}-`));
  }

  /** @param cluster Another name than the machines have makes them a swarm that `./ecp` knows from settings alone. */
  public static async start(name: string, count: number, managers = 1, cluster = name): Promise<Machines> {
    const options = { machines: count, managers, baseImage: BASE_IMAGE };
    return new Machines(await makeDataCentre(name, options, () => undefined), cluster);
  }

  public get machines(): readonly Machine[] {
    return this.centre.machines;
  }

  /** Variables with which Docker's program reaches the engine of a machine. */
  public environment({ host }: Machine): Record<string, string> {
    return { DOCKER_HOST: host, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: this.centre.certificateFolder };
  }

  /** Runs a docker command on a machine. */
  public async docker(machine: Machine, ...args: string[]): Promise<string> {
    const result = await run('docker', args, { env: this.environment(machine), timeoutSec: 60 });
    return must(result, `docker ${args.join(' ')} on ${machine.name}`).trim();
  }

  /** Drops what a machine and the others send each other: everything, or to these ports of TCP. Reached from here it stays. */
  public async cutOff(machine: Machine, ports?: readonly number[]): Promise<void> {
    for (const { address } of this.machines.filter(({ name }) => name !== machine.name)) {
      const matches = ports ? ports.map(port => ['-p', 'tcp', '--dport', String(port)]) : [[]];
      for (const match of matches) await this.rule(machine, ['OUTPUT', '-d', address, ...match]);
      if (!ports) await this.rule(machine, ['INPUT', '-s', address]);
    }
  }

  /** Ends a `cutOff`. */
  public async heal(machine: Machine): Promise<void> {
    for (const chain of ['INPUT', 'OUTPUT'])
      must(await run('docker', ['exec', machine.container, 'iptables', '-F', chain], { timeoutSec: 20 }), 'iptables');
  }

  private async rule(machine: Machine, match: readonly string[]): Promise<void> {
    const args = ['exec', machine.container, 'iptables', '-I', ...match, '-j', 'DROP'];
    must(await run('docker', args, { timeoutSec: 20 }), `iptables on ${machine.name}`);
  }

  /** Where a server of the cluster runs, but for one machine; machines that do not answer are passed over. */
  public async find(server: string, but?: Machine): Promise<Place | undefined> {
    const { cluster } = this;
    // What is beside a server carries its name, and no engine.
    const filters = [
      `label=ecp.cluster=${cluster}`,
      `label=ecp.server=${server}`,
      'label=ecp.engine',
      'status=running',
    ];
    const args = ['ps', '--quiet', '--no-trunc', ...filters.flatMap(filter => ['--filter', filter])];
    const found = await Promise.all(
      this.machines
        .filter(machine => machine.name !== but?.name)
        .map(async (machine): Promise<Place[]> => {
          const { stdout } = await run('docker', args, { env: this.environment(machine), timeoutSec: 5 });
          return stdout
            .split('\n')
            .filter(Boolean)
            .map(container => ({ machine, container }));
        }),
    );
    return found.flat()[0];
  }

  /** Runs `ecp-node` in a server, wherever it runs. */
  public async node(server: string, args: readonly string[], input = ''): Promise<string> {
    const place = await this.find(server);
    if (!place) throw new Error(`${server} runs nowhere`);
    const command = ['exec', '-i', place.container, 'ecp-node', ...args];
    const result = await run('docker', command, { env: this.environment(place.machine), input, timeoutSec: 60 });
    return must(result, `ecp-node ${args.join(' ')} on ${server}`);
  }

  /** Waits until servers are Normal. */
  public async allNormal(timeoutSec: number, servers: readonly string[]): Promise<void> {
    let seen: string[] = [];
    await eventually(
      'every server Normal',
      timeoutSec,
      async () => {
        seen = await Promise.all(servers.map(server => this.stateOf(server)));
        return seen.every(state => state === 'Normal') ? true : undefined;
      },
      () => seen.join('; '),
    );
  }

  /** Goes from one authority to another, each step when all servers have the files of the one before. */
  public async changeAuthority(
    servers: readonly string[],
    apply: (authorities: Authorities) => Promise<unknown>,
  ): Promise<void> {
    for (const authorities of CHANGE_OF_AUTHORITY) {
      await apply(authorities);
      await this.filesInUse(servers, authorities);
    }
  }

  /** Waits until servers trust these authorities, and have certificates from that one. */
  private async filesInUse(servers: readonly string[], { signingCa, trustedCas }: Authorities): Promise<void> {
    const wanted = JSON.stringify([signingCa, trustedCas]);
    const numberOf = (name: string): number => Number(name.split(' ').pop());
    const seen = async (server: string): Promise<string> => {
      const { certificate } = JSON.parse(await this.node(server, ['status'])) as NodeStatus;
      const trusted = certificate.authorities?.map(({ subject }) => numberOf(subject)) ?? [];
      return JSON.stringify([numberOf(certificate.issuer), trusted.sort()]);
    };
    await eventually(`${wanted} in use`, 60, async () =>
      (await Promise.all(servers.map(seen))).every(each => each === wanted) ? true : undefined,
    );
  }

  /** State of a server, or why it has none. */
  public async stateOf(server: string): Promise<string> {
    try {
      return (JSON.parse(await this.node(server, ['status'])) as { state: string }).state;
    } catch (error) {
      return (error as Error).message;
    }
  }

  /** Writes a stack for these machines; `define` gets a provider for each of them and one for the host that builds. */
  public synthesize(define: (stack: TerraformStack, providers: readonly DockerProvider[]) => void): DeployedStack {
    const { cluster, registry, certificateFolder } = this.centre;
    const app = new App({ outdir: this.folder });
    const stack = new TerraformStack(app, cluster);
    new LocalBackend(stack, { path: join(this.folder, 'terraform.tfstate') });
    new TlsProvider(stack, 'tls');
    new DockerProvider(stack, 'docker', { registryAuth: [{ address: `http://${registry}`, authDisabled: true }] });
    const providers = this.machines.map(
      ({ name, host }) =>
        new DockerProvider(stack, `docker-${name}`, { alias: name, host, certPath: certificateFolder }),
    );
    define(stack, providers);
    requireProviderVersions(stack);
    app.synth();
    const directory = join(this.folder, 'stacks', cluster);
    linkProviders(directory);
    return new DeployedStack(directory, {});
  }

  /** What the servers' containers and services say, for a test that failed. */
  public async printLogs(): Promise<void> {
    for (const machine of this.machines) {
      const env = this.environment(machine);
      const list = await run('docker', ['ps', '--all', '--format', '{{.Names}} {{.Status}}'], { env, timeoutSec: 10 });
      console.error(`--- ${machine.name}\n${list.stdout}${list.stderr}`);
      for (const name of list.stdout.split('\n').flatMap(line => line.split(' ')[0] || [])) {
        const logs = await run('docker', ['logs', '--tail', '30', name], { env, timeoutSec: 10 });
        console.error(`--- ${machine.name} ${name}\n${logs.stdout}${logs.stderr}`);
      }
    }
    const [manager] = this.machines;
    if (!manager) return;
    const services = await run('docker', ['service', 'ls'], { env: this.environment(manager), timeoutSec: 10 });
    console.error(services.stdout);
  }

  public async remove(): Promise<void> {
    await removeDataCentre(this.centre.cluster);
    rmSync(this.folder, { recursive: true, force: true });
  }
}
