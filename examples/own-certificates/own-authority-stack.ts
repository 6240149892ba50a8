import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { TlsProvider } from '@cdktf/provider-tls/lib/provider';
import { TerraformStack, TerraformVariable } from 'cdktf';
import { EcpCluster, RehearsalImage, useSetUp } from 'cdktf-iris-ecp';
import type { Construct } from 'constructs';
import { OwnAuthority } from './own-authority';

export interface OwnAuthorityStackProps {
  /** @default "own-ca" */
  readonly clusterName?: string;
  /** Port of the data server's page; the application server's is the next one. @default 8400 */
  readonly webPort?: number;
  /** Debian image for the rehearsal engine. @default "debian:bookworm-slim" */
  readonly baseImage?: string;
}

/** A cluster whose certificates an authority of yours signs: it comes in by the variables `ca_certificate` and `ca_private_key`. */
export class OwnAuthorityStack extends TerraformStack {
  constructor(scope: Construct, id: string, props: OwnAuthorityStackProps = {}) {
    super(scope, id);
    new DockerProvider(this, 'docker');
    new TlsProvider(this, 'tls');
    useSetUp(this);

    const webPort = props.webPort ?? 8400;
    new EcpCluster(this, 'cluster', {
      clusterName: props.clusterName ?? 'own-ca',
      appServers: ['app-server-1'],
      dataServerOptions: { webPort },
      appServerWebPortBase: webPort,
      image: new RehearsalImage(this, 'image', { baseImage: props.baseImage }),
      pki: new OwnAuthority(this, 'authority', {
        certificatePem: this.variable('ca_certificate'),
        privateKeyPem: this.variable('ca_private_key'),
      }),
    });
  }

  private variable(name: string): string {
    return new TerraformVariable(this, name, { type: 'string', sensitive: true, nullable: false }).stringValue;
  }
}
