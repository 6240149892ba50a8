import { DataDockerNetwork } from '@cdktf/provider-docker/lib/data-docker-network';
import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { TerraformStack } from 'cdktf';
import { EcpAppServer, EcpDataServer, EcpNetwork, EcpPki, RehearsalImage, useSetUp } from 'cdktf-iris-ecp';
import type { Construct } from 'constructs';
import { join } from 'node:path';

export interface JoiningStackProps {
  /** Name of this application server, which the data server admits. @default "reports" */
  readonly name?: string;
  /** First part of the names in Docker. Not the existing cluster's name, whose `./ecp up` would remove what it does not know. @default "guests" */
  readonly clusterName?: string;
  /** Name of the existing network. @default "central" */
  readonly networkName?: string;
  /** Folder with `cert.pem`, `key.pem` and `ca.pem`. */
  readonly certificateFolder: string;
  /** Debian image for the rehearsal engine. @default "debian:bookworm-slim" */
  readonly baseImage?: string;
}

/** An application server of another team, in a stack and a state of its own. What exists already is made by nobody here. */
export class JoiningStack extends TerraformStack {
  constructor(scope: Construct, id: string, props: JoiningStackProps) {
    super(scope, id);
    new DockerProvider(this, 'docker');
    useSetUp(this);

    const existing = new DataDockerNetwork(this, 'existing', { name: props.networkName ?? 'central' });
    const name = props.name ?? 'reports';
    const network = EcpNetwork.fromExistingNetwork(this, 'network', { networkId: existing.id });
    const dataServer = EcpDataServer.fromExistingDataServer(this, 'data-server', { host: 'data-server' });
    const pki = EcpPki.fromExistingCertificates(this, 'pki', {
      certificates: {
        [name]: {
          certificateFile: join(props.certificateFolder, 'cert.pem'),
          privateKeyFile: join(props.certificateFolder, 'key.pem'),
          caBundleFile: join(props.certificateFolder, 'ca.pem'),
        },
      },
    });
    new EcpAppServer(this, 'server', {
      clusterName: props.clusterName ?? 'guests',
      name,
      image: new RehearsalImage(this, 'image', { baseImage: props.baseImage }),
      network,
      dataServer,
      pki,
    });
  }
}
