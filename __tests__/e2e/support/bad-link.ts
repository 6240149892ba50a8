import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { docker, inNetworkOf } from './faults';

const LOSS = '0.1';
const ONE_WAY_MS = 100;
const ECP_PORT = 1972;

/**
 * 10 % packet loss and 200 ms round trip between a server and its clients. Kernels of small machines have no netem, so
 * packets are dropped by iptables in each container's network namespace, in and out, and the delay comes from a proxy in this process,
 * at the address that the host has in the cluster's network, to which the namespace sends the port.
 */
export class BadLink {
  private readonly undo: (() => Promise<void>)[] = [];
  private readonly sockets = new Set<Socket>();
  private proxy?: Server;
  /** Connections that went through the proxy. */
  public connections = 0;

  /** @param port What the link is for: the packets of others are dropped too, but not delayed. */
  public constructor(private readonly port = ECP_PORT) {}

  /** Why it cannot be made here, if so. */
  public static async reasonAgainst(container: string): Promise<string | undefined> {
    if (process.getuid?.() !== 0) return 'dropping packets of a container needs root';
    const { code } = await inNetworkOf(container, ['iptables', '-m', 'statistic', '-h']);
    return code === 0 ? undefined : 'no iptables with the match "statistic" on this machine';
  }

  public async start(network: string, server: string, clients: readonly string[]): Promise<void> {
    const [gateway = ''] = [await docker(['network', 'inspect', '-f', '{{(index .IPAM.Config 0).Gateway}}', network])];
    const address = await docker([
      'inspect',
      '-f',
      `{{(index .NetworkSettings.Networks "${network}").IPAddress}}`,
      server,
    ]);
    const port = await this.listen(gateway, address);
    for (const container of clients) {
      for (const [chain, side] of [
        ['INPUT', '-i'],
        ['OUTPUT', '-o'],
      ] as const) {
        await this.rule(container, [
          chain,
          '!',
          side,
          'lo',
          '-p',
          'tcp',
          '-m',
          'statistic',
          '--mode',
          'random',
          '--probability',
          LOSS,
          '-j',
          'DROP',
        ]);
      }
      await this.rule(container, [
        'OUTPUT',
        '-t',
        'nat',
        '-p',
        'tcp',
        '-d',
        address,
        '--dport',
        String(this.port),
        '-j',
        'DNAT',
        '--to-destination',
        `${gateway}:${port}`,
      ]);
      // Connections from before know nothing of the proxy: they are reset.
      await this.rule(container, [
        'OUTPUT',
        '-p',
        'tcp',
        '-d',
        address,
        '--dport',
        String(this.port),
        '-j',
        'REJECT',
        '--reject-with',
        'tcp-reset',
      ]);
    }
  }

  public async end(): Promise<void> {
    for (const undo of this.undo.splice(0).reverse()) await undo();
    for (const socket of this.sockets) socket.destroy();
    this.proxy?.close();
  }

  private async rule(container: string, [chain = '', ...rest]: string[]): Promise<void> {
    const { code } = await inNetworkOf(container, ['iptables', '-A', chain, ...rest]);
    if (code !== 0) throw new Error(`iptables -A ${chain} ${rest.join(' ')} ended with code ${code}`);
    this.undo.push(async () => void (await inNetworkOf(container, ['iptables', '-D', chain, ...rest])));
  }

  private listen(host: string, target: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.proxy = createServer(client => {
        this.connections++;
        const server = connect({ host: target, port: this.port });
        this.forward(client, server);
        this.forward(server, client);
      });
      this.proxy.on('error', reject);
      this.proxy.listen(0, host, () => resolve((this.proxy!.address() as AddressInfo).port));
    });
  }

  /** Timers of one length fire in their order, so the bytes stay in theirs. */
  private forward(from: Socket, to: Socket): void {
    this.sockets.add(from);
    from.setNoDelay(true);
    from.on('data', bytes => setTimeout(() => to.destroyed || to.write(bytes), ONE_WAY_MS));
    from.on('error', () => undefined);
    from.on('close', () => {
      this.sockets.delete(from);
      setTimeout(() => to.destroy(), ONE_WAY_MS);
    });
  }
}
