import { DockerProvider } from '@cdktf/provider-docker/lib/provider';
import { TlsProvider } from '@cdktf/provider-tls/lib/provider';
import { TerraformOutput, TerraformStack } from 'cdktf';
import { EcpDataServer, EcpNetwork, EcpPki, RehearsalImage, useSetUp } from 'cdktf-iris-ecp';
import type { Construct } from 'constructs';

export interface ExistingStackProps {
  /** @default "central" */
  readonly clusterName?: string;
  /** Application servers of others that may connect, each with a certificate in the outputs. @default ["reports"] */
  readonly guests?: readonly string[];
  /** Debian image for the rehearsal engine. @default "debian:bookworm-slim" */
  readonly baseImage?: string;
}

/** What a team runs already: a network, a data server and the authority. It hands out certificates, never the authority's key. */
export class ExistingStack extends TerraformStack {
  constructor(scope: Construct, id: string, props: ExistingStackProps = {}) {
    super(scope, id);
    new DockerProvider(this, 'docker');
    new TlsProvider(this, 'tls');
    useSetUp(this);

    const clusterName = props.clusterName ?? 'central';
    const guests = props.guests ?? ['reports'];
    const pki = new EcpPki(this, 'pki', { clusterName });
    new EcpDataServer(this, 'data-server', {
      clusterName,
      pki,
      network: new EcpNetwork(this, 'network', { clusterName }),
      image: new RehearsalImage(this, 'image', { baseImage: props.baseImage }),
      additionalClients: guests,
    });
    for (const name of guests) {
      const certificate = pki.issueCertificate(name, { role: 'app-server' });
      new TerraformOutput(this, name, {
        staticId: true,
        sensitive: true,
        value: {
          'cert.pem': certificate.certificatePem,
          'key.pem': certificate.privateKeyPem,
          'ca.pem': certificate.caBundlePem,
        },
      });
    }
  }
}
