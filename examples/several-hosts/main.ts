import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { TlsProvider } from '@cdktf/provider-tls/lib/provider';
import { App, TerraformStack } from 'cdktf';
import { EcpCluster, RehearsalImage, useSetUp, type EcpSuperserverPort } from 'cdktf-iris-ecp';
import type { Construct } from 'constructs';

export interface SeveralHostsStackProps {
  /** @default "wide" */
  readonly clusterName?: string;
  /** Address of each server's Docker host, such as `ssh://ops@east.example.org`; the data server's by `data-server`. */
  readonly hosts: Readonly<Record<string, string>>;
  /** Folder with `ca.pem`, `cert.pem` and `key.pem` for hosts that Docker's TLS protects. @default - none needs it */
  readonly certPath?: string;
  /** Host and port where application servers reach the data server. @default - an overlay network of a swarm */
  readonly publish?: EcpSuperserverPort;
  /** Registry that this machine pushes the image to, and the hosts pull from. @default - every host builds the image */
  readonly registry?: string;
  /** Debian image for the rehearsal engine. @default "debian:bookworm-slim" */
  readonly baseImage?: string;
}

/** One cluster whose servers run on several Docker hosts. */
export class SeveralHostsStack extends TerraformStack {
  constructor(scope: Construct, id: string, props: SeveralHostsStackProps) {
    super(scope, id);
    useSetUp(this);
    const { hosts: addresses, certPath, registry, publish, baseImage } = props;
    new TlsProvider(this, 'tls');
    const providers = Object.entries(addresses).map(
      ([name, host]) => [name, new DockerProvider(this, `docker-${name}`, { alias: name, host, certPath })] as const,
    );
    const hosts = Object.fromEntries(providers);
    if (registry !== undefined) this.addBuilder(registry);
    new EcpCluster(this, 'cluster', {
      clusterName: props.clusterName ?? 'wide',
      hosts,
      appServers: Object.keys(addresses).filter(name => name !== 'data-server'),
      image: new RehearsalImage(this, 'image', {
        baseImage,
        registry,
        provider: registry === undefined ? hosts['data-server'] : undefined,
      }),
      dataServerOptions: { publish },
    });
  }

  /** This machine's own Docker host, which builds. A registry on 127.0.0.1 has neither TLS nor a login. */
  private addBuilder(registry: string): void {
    const address = registry.split('/')[0]!;
    const isLocal = address.startsWith('127.0.0.1:');
    new DockerProvider(this, 'docker', {
      registryAuth: isLocal ? [{ address: `http://${address}`, authDisabled: true }] : undefined,
    });
  }
}

if (require.main === module) {
  const app = new App();
  new SeveralHostsStack(app, 'several-hosts', {
    hosts: {
      'data-server': 'ssh://ops@data.example.org',
      'app-server-1': 'ssh://ops@east.example.org',
      'app-server-2': 'ssh://ops@west.example.org',
    },
  });
  app.synth();
}
