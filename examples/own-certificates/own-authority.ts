import { CertRequest } from '@cdktf/provider-tls/lib/cert-request';
import { LocallySignedCert } from '@cdktf/provider-tls/lib/locally-signed-cert';
import { PrivateKey } from '@cdktf/provider-tls/lib/private-key';
import type { EcpCertificate, EcpCertificateOptions, IEcpPki } from 'cdktf-iris-ecp';
import { Construct } from 'constructs';

export interface OwnAuthorityProps {
  /** Certificate of the authority in PEM, with a line break at its end. */
  readonly certificatePem: string;
  /** Private key of the authority in PEM. It goes into the Terraform state. */
  readonly privateKeyPem: string;
}

/** Signs servers' certificates by an authority that was there before. It should serve this cluster alone: it is the trust boundary. */
export class OwnAuthority extends Construct implements IEcpPki {
  constructor(
    scope: Construct,
    id: string,
    private readonly props: OwnAuthorityProps,
  ) {
    super(scope, id);
  }

  /** A key and a certificate with the subject `CN=<name>` and nothing else, which is what servers are admitted by. */
  public issueCertificate(name: string, { role, dnsNames = [name] }: EcpCertificateOptions): EcpCertificate {
    const scope = new Construct(this, name);
    const { privateKeyPem } = new PrivateKey(scope, 'key', { algorithm: 'RSA', rsaBits: 2048 });
    const request = new CertRequest(scope, 'request', {
      privateKeyPem,
      subject: [{ commonName: name }],
      dnsNames: [...dnsNames],
    });
    const certificate = new LocallySignedCert(scope, 'certificate', {
      certRequestPem: request.certRequestPem,
      caCertPem: this.props.certificatePem,
      caPrivateKeyPem: this.props.privateKeyPem,
      validityPeriodHours: 90 * 24,
      earlyRenewalHours: 30 * 24,
      setSubjectKeyId: true,
      allowedUses: ['digital_signature', role === 'data-server' ? 'server_auth' : 'client_auth'],
    });
    return {
      subject: `CN=${name}`,
      certificatePem: certificate.certPem,
      privateKeyPem,
      caBundlePem: this.props.certificatePem,
    };
  }
}
