import { Network } from '@cdktf/provider-docker/lib/network';
import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { TlsProvider } from '@cdktf/provider-tls/lib/provider';
import { App, Aspects, TerraformStack } from 'cdktf';
import {
  EcpAppServer,
  EcpDataServer,
  EcpNetwork,
  EcpPki,
  RehearsalImage,
  requireProviderVersions,
} from 'cdktf-iris-ecp';
import { Construct } from 'constructs';
import { OnDockerHost } from './on-docker-host';

export interface SeveralHostsStackProps {
  /** @default "wide" */
  readonly clusterName?: string;
  /** Docker host of the data server, a manager of the swarm. */
  readonly dataServerHost: string;
  /** Docker hosts of the application servers, by the names of those; each is a node of the same swarm. */
  readonly appServerHosts: Readonly<Record<string, string>>;
  /** Debian image for the rehearsal engine. @default "debian:bookworm-slim" */
  readonly baseImage?: string;
}

/** One cluster whose servers run on several Docker hosts, on an overlay network that spans them. */
export class SeveralHostsStack extends TerraformStack {
  constructor(scope: Construct, id: string, props: SeveralHostsStackProps) {
    super(scope, id);
    const clusterName = props.clusterName ?? 'wide';
    const { baseImage } = props;
    new TlsProvider(this, 'tls');
    const pki = new EcpPki(this, 'pki', { clusterName });

    const manager = this.dockerHost('data', props.dataServerHost);
    const overlay = new Network(manager, 'network', {
      name: clusterName,
      driver: 'overlay',
      // Lets containers join that are no services of the swarm.
      attachable: true,
    });
    // The swarm gives an overlay network the same id on every host.
    const network = EcpNetwork.fromExistingNetwork(this, 'network', { networkId: overlay.id });
    const dataServer = new EcpDataServer(manager, 'data-server', {
      clusterName,
      pki,
      network,
      image: new RehearsalImage(manager, 'image', { baseImage }),
      additionalClients: Object.keys(props.appServerHosts),
    });
    for (const [name, address] of Object.entries(props.appServerHosts)) {
      const host = this.dockerHost(name, address);
      // Every host builds its own image: an image's id is known to one Docker host only.
      const image = new RehearsalImage(host, 'image', { baseImage });
      new EcpAppServer(host, 'server', { clusterName, name, pki, network, image, dataServer });
    }
    requireProviderVersions(this);
  }

  /** A construct below which everything runs on one Docker host. */
  private dockerHost(name: string, host: string): Construct {
    const provider = new DockerProvider(this, `docker-${name}`, { alias: name, host });
    const scope = new Construct(this, name);
    Aspects.of(scope).add(new OnDockerHost(provider));
    return scope;
  }
}

if (require.main === module) {
  const app = new App();
  new SeveralHostsStack(app, 'several-hosts', {
    dataServerHost: 'ssh://ops@data.example.org',
    appServerHosts: { 'app-server-1': 'ssh://ops@east.example.org', 'app-server-2': 'ssh://ops@west.example.org' },
  });
  app.synth();
}
