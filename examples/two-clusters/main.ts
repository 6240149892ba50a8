import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { TlsProvider } from '@cdktf/provider-tls/lib/provider';
import { App, TerraformStack } from 'cdktf';
import { EcpCluster, RehearsalImage, useSetUp } from 'cdktf-iris-ecp';
import type { Construct } from 'constructs';

export interface TwoClustersStackProps {
  /** Names of the two clusters. @default ["blue", "green"] */
  readonly clusterNames?: readonly [string, string];
  /** Web ports of the first cluster start here, those of the second 100 above. @default 8200 */
  readonly webPortBase?: number;
  /** Debian image for the rehearsal engine. @default "debian:bookworm-slim" */
  readonly baseImage?: string;
}

/** Two clusters that share the image and nothing else: each has an authority, a network, a data volume and names of its own. */
export class TwoClustersStack extends TerraformStack {
  constructor(scope: Construct, id: string, props: TwoClustersStackProps = {}) {
    super(scope, id);
    new DockerProvider(this, 'docker');
    new TlsProvider(this, 'tls');
    useSetUp(this);

    const image = new RehearsalImage(this, 'image', { baseImage: props.baseImage });
    for (const [index, clusterName] of (props.clusterNames ?? ['blue', 'green']).entries()) {
      const webPort = (props.webPortBase ?? 8200) + index * 100;
      new EcpCluster(this, clusterName, {
        clusterName,
        image,
        appServers: ['app-server-1'],
        dataServerOptions: { webPort },
        appServerWebPortBase: webPort,
      });
    }
  }
}

if (require.main === module) {
  const app = new App();
  new TwoClustersStack(app, 'two-clusters', { baseImage: process.env.ECP_REHEARSAL_BASE_IMAGE });
  app.synth();
}
