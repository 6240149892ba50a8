import { Container } from '@cdktf/provider-docker/lib/container';
import { Image } from '@cdktf/provider-docker/lib/image';
import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { TlsProvider } from '@cdktf/provider-tls/lib/provider';
import { App, AssetType, TerraformAsset, TerraformStack } from 'cdktf';
import { EcpCluster, RehearsalImage, useSetUp, type EcpImage } from 'cdktf-iris-ecp';
import type { Construct } from 'constructs';
import { join } from 'node:path';

export interface WebAppStackProps {
  /** @default "notes" */
  readonly clusterName?: string;
  /** Port of the page, at 127.0.0.1 of the Docker host. @default 8080 */
  readonly pagePort?: number;
  /** Port of the data server's own page. Those of the application servers are 101 and 102 above it. @default 8700 */
  readonly webPort?: number;
  /** Debian image for the rehearsal engine. @default "debian:bookworm-slim" */
  readonly baseImage?: string;
}

/** A cluster whose application servers have a small web service, and beside it a web application that uses one of them. */
export class WebAppStack extends TerraformStack {
  constructor(scope: Construct, id: string, props: WebAppStackProps = {}) {
    super(scope, id);
    new DockerProvider(this, 'docker');
    new TlsProvider(this, 'tls');
    useSetUp(this);

    const clusterName = props.clusterName ?? 'notes';
    const webPort = props.webPort ?? 8700;
    const engine = new RehearsalImage(this, 'engine', { baseImage: props.baseImage });
    const cluster = new EcpCluster(this, 'cluster', {
      clusterName,
      // The servers do not care who built their image, as long as it keeps the container contract.
      image: this.withWebService(engine),
      dataServerOptions: { webPort },
      appServerWebPortBase: webPort + 100,
    });

    const page = this.build('notes-web', engine);
    new Container(this, 'web', {
      name: `${clusterName}-web`,
      image: page.imageId,
      env: ['NOTES_API=app-server-1:8080'],
      networksAdvanced: [{ name: cluster.network.networkId }],
      ports: [{ internal: 8080, external: props.pagePort ?? 8080, ip: '127.0.0.1' }],
      // What the library does for its own servers does a web application good too.
      user: '51773',
      readOnly: true,
      capabilities: { drop: ['ALL'] },
      securityOpts: ['no-new-privileges'],
      memory: 64,
      memorySwap: 64,
      restart: 'unless-stopped',
      destroyGraceSeconds: 10,
      dependsOn: cluster.appServers.flatMap(server => [...server.dependsOn]),
    });
  }

  /** The rehearsal engine, in an image of our own that adds a web service to it. */
  private withWebService(engine: RehearsalImage): EcpImage {
    const { capabilitiesAdd, noNewPrivileges, readOnlyRoot, tmpfs } = engine;
    const image = this.build('notes-api', engine);
    return { imageId: image.imageId, engine: 'rehearsal', capabilitiesAdd, noNewPrivileges, readOnlyRoot, tmpfs };
  }

  private build(folder: string, base: RehearsalImage): Image {
    const context = new TerraformAsset(this, `${folder}-context`, {
      path: join(__dirname, folder),
      type: AssetType.DIRECTORY,
    });
    return new Image(this, folder, {
      name: `ecp-example-${folder}:${context.assetHash.slice(0, 12)}`,
      keepLocally: true,
      buildAttribute: {
        context: context.path,
        buildArgs: { BASE_IMAGE: base.image.name },
        label: { 'ecp.base-image-id': base.imageId },
      },
    });
  }
}

if (require.main === module) {
  const app = new App();
  new WebAppStack(app, 'web-app', { baseImage: process.env.ECP_REHEARSAL_BASE_IMAGE });
  app.synth();
}
