import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { TerraformStack } from 'cdktf';
import { EcpCluster, EcpPki, RehearsalImage, useSetUp } from 'cdktf-iris-ecp';
import type { Construct } from 'constructs';
import { join } from 'node:path';

export interface ExternalFilesStackProps {
  /** Folder with `ca.pem` and for each server `<server>.pem` and `<server>.key`. */
  readonly folder: string;
  /** @default "external" */
  readonly clusterName?: string;
  /** Port of the data server's page; the application server's is the next one. @default 8500 */
  readonly webPort?: number;
  /** Debian image for the rehearsal engine. @default "debian:bookworm-slim" */
  readonly baseImage?: string;
}

/** A cluster whose keys and certificates are made elsewhere. Terraform knows the files' paths and hashes, and no key. */
export class ExternalFilesStack extends TerraformStack {
  constructor(scope: Construct, id: string, props: ExternalFilesStackProps) {
    super(scope, id);
    // No tls provider: nothing is made here.
    new DockerProvider(this, 'docker');
    useSetUp(this);

    const filesOf = (name: string) => ({
      certificateFile: join(props.folder, `${name}.pem`),
      privateKeyFile: join(props.folder, `${name}.key`),
      caBundleFile: join(props.folder, 'ca.pem'),
    });
    const pki = EcpPki.fromExistingCertificates(this, 'pki', {
      certificates: { 'data-server': filesOf('data-server'), 'app-server-1': filesOf('app-server-1') },
    });
    const webPort = props.webPort ?? 8500;
    new EcpCluster(this, 'cluster', {
      clusterName: props.clusterName ?? 'external',
      appServers: ['app-server-1'],
      dataServerOptions: { webPort },
      appServerWebPortBase: webPort,
      image: new RehearsalImage(this, 'image', { baseImage: props.baseImage }),
      pki,
    });
  }
}
