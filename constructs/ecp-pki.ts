import { CertRequest } from '@cdktf/provider-tls/lib/cert-request';
import { LocallySignedCert } from '@cdktf/provider-tls/lib/locally-signed-cert';
import { PrivateKey } from '@cdktf/provider-tls/lib/private-key';
import { SelfSignedCert } from '@cdktf/provider-tls/lib/self-signed-cert';
import { Construct } from 'constructs';
import { KEY_ID, authorityId, authorityName } from '../contract/pki';
import { Refusal } from '../contract/refusal';
import { guardAtApply, wholeNumberRule } from './private/apply-rules';
import { ExistingCertificates } from './private/existing-certificates';
import { guardMovedAuthority } from './private/moved-authority';
import { requireKnownProps, requireName, requireWholeNumber } from './private/validate';

/** What one server shows to its peers, and which authorities it trusts: as PEM values, or as files of this machine. */
export type EcpCertificate = EcpCertificatePem | EcpCertificateFiles;

/** A certificate as PEM values, which all end with a line break. They are in the Terraform state. */
export interface EcpCertificatePem {
  /** Subject as a string of RFC 2253: `CN=<server>`, which must be that of the certificate. A PEM known at synth is checked. */
  readonly subject: string;
  /** The server's own certificate, then its chain without the root. A data server's has its name among the alternative names. */
  readonly certificatePem: string;
  /** Private key of the certificate. It is in the Terraform state in clear text. */
  readonly privateKeyPem: string;
  /** All root certificates that this server trusts, one after the other. */
  readonly caBundlePem: string;
  /**
   * Algorithm of the key.
   *
   * @default - read from a certificate that is known at synth, RSA otherwise
   */
  readonly keyAlgorithm?: 'RSA' | 'ECDSA';
}

/**
 * A certificate as PEM files of the machine that runs synth and Terraform. State and plans hold their paths and hashes, not their
 * contents. A file with another content is delivered by the next deploy.
 */
export interface EcpCertificateFiles {
  /** Subject as a string of RFC 2253: `CN=<server>`, which must be that of the certificate. */
  readonly subject: string;
  /** Path of the server's own certificate, as in `certificatePem`, then its chain without the root. */
  readonly certificateFile: string;
  /** Path of the private key of the certificate, without passphrase. */
  readonly privateKeyFile: string;
  /** Path of all root certificates that this server trusts, one after the other. */
  readonly caBundleFile: string;
  /**
   * Algorithm of the key.
   *
   * @default - read from the certificate
   */
  readonly keyAlgorithm?: 'RSA' | 'ECDSA';
}

/** What a certificate is for. */
export interface EcpCertificateOptions {
  /**
   * `data-server` is used for TLS server authentication, `app-server` for TLS client authentication, and neither for the other, unless
   * `isMirrored`.
   */
  readonly role: 'data-server' | 'app-server';
  /**
   * Uses it for TLS client authentication as well: members of a mirror and their arbiter connect to each other.
   *
   * @default false
   */
  readonly isMirrored?: boolean;
  /**
   * Host names for the subject alternative names.
   *
   * @default - the name of the server alone
   */
  readonly dnsNames?: readonly string[];
  /**
   * Addresses for the subject alternative names.
   *
   * @default - none
   */
  readonly ipAddresses?: readonly string[];
}

/** Where servers get their certificates from: an `EcpPki`, what `EcpPki.fromExistingCertificates` makes, or a class of your own. */
export interface IEcpPki {
  /** One certificate with a key of its own for the server `name`. */
  issueCertificate(name: string, options: EcpCertificateOptions): EcpCertificate;
}

/** A certificate that something else made for a server, whose name is its subject: `CN=<name>`. */
export type EcpExistingCertificate = Omit<EcpCertificatePem, 'subject'> | Omit<EcpCertificateFiles, 'subject'>;

/** Certificates that something else made. */
export interface EcpPkiAttributes {
  /** Certificates by the name of the server. */
  readonly certificates: Readonly<Record<string, EcpExistingCertificate>>;
}

/** Properties of `EcpPki`. */
export interface EcpPkiProps {
  /**
   * Name of the cluster, for the subject of the certificate authority.
   */
  readonly clusterName: string;
  /**
   * Algorithm of all keys. RSA is what the article used and what IRIS is known to take for ECP; ECDSA is on P-256. `EcpCluster` makes its
   * own PKI with the algorithm of its image.
   *
   * @default "RSA"
   * @see https://github.com/hashicorp/terraform-provider-tls/blob/main/docs/resources/private_key.md
   */
  readonly algorithm?: 'RSA' | 'ECDSA';
  /**
   * Size of RSA keys in bits.
   *
   * @default 2048
   * @see https://github.com/hashicorp/terraform-provider-tls/blob/main/docs/resources/private_key.md
   */
  readonly rsaBits?: number;
  /**
   * Validity of a server's certificate in hours.
   *
   * @default 2160 (90 days)
   * @see https://github.com/hashicorp/terraform-provider-tls/blob/main/docs/resources/locally_signed_cert.md
   */
  readonly leafValidityHours?: number;
  /**
   * A plan that runs this many hours before the end renews a server's certificate.
   *
   * @default - a third of `leafValidityHours`
   * @see https://github.com/hashicorp/terraform-provider-tls/blob/main/docs/resources/locally_signed_cert.md
   */
  readonly leafRenewalHours?: number;
  /**
   * Validity of the certificate authority in hours.
   *
   * @default 87600 (10 years)
   * @see https://github.com/hashicorp/terraform-provider-tls/blob/main/docs/resources/self_signed_cert.md
   */
  readonly caValidityHours?: number;
  /**
   * Number of the certificate authority that signs. A higher number makes a new one with a new key.
   *
   * @default 1
   */
  readonly signingCa?: number;
  /**
   * Numbers of the certificate authorities that servers trust; contains `signingCa`. Two of them overlap during a change.
   *
   * @default - `signingCa` alone
   */
  readonly trustedCas?: readonly number[];
}

const RSA_BITS = [2048, 8192, 'shorter keys are refused by current OpenSSL'] as const;

interface CertificateAuthority {
  readonly key: PrivateKey;
  readonly certificate: SelfSignedCert;
}

/**
 * A certificate authority that serves one cluster alone, and one certificate with its own key for each server.
 *
 * The authority is the trust boundary: IRIS checks the chain and the subject of an ECP peer. So it should sign nothing else.
 *
 * Resources: `tls_private_key` and `tls_self_signed_cert` for each authority; `tls_private_key`, `tls_cert_request` and
 * `tls_locally_signed_cert` for each server. Private keys are in the Terraform state in clear text.
 */
export class EcpPki extends Construct implements IEcpPki {
  /** All trusted root certificates, one after the other. */
  public readonly caBundlePem: string;
  /** The certificate of the authority that signs, for what the properties do not cover. */
  public readonly certificate: SelfSignedCert;

  private readonly algorithm: 'RSA' | 'ECDSA';
  private readonly rsaBits: number;
  private readonly leafValidityHours: number;
  private readonly leafRenewalHours: number;
  private readonly signer: CertificateAuthority;

  /**
   * Certificates that something else made, as PEM values or as files of this machine. Nothing is made, and nothing renews them here.
   *
   * @throws Error when there is none, or a name cannot be a host name.
   */
  public static fromExistingCertificates(scope: Construct, id: string, attributes: EcpPkiAttributes): IEcpPki {
    return new ExistingCertificates(scope, id, attributes);
  }

  /** @throws Error when a lifetime, a key size or the numbers of the authorities contradict each other. */
  constructor(scope: Construct, id: string, props: EcpPkiProps) {
    super(scope, id);
    requireName('clusterName', props.clusterName);
    requireKnownProps(props, 'algorithm', 'signingCa', 'trustedCas');
    // They depend on each other, and an authority's on them.
    requireKnownProps(props, 'leafValidityHours', 'leafRenewalHours', 'caValidityHours');
    this.algorithm = props.algorithm ?? 'RSA';
    this.rsaBits = props.rsaBits ?? 2048;
    this.leafValidityHours = props.leafValidityHours ?? 90 * 24;
    this.leafRenewalHours = props.leafRenewalHours ?? Math.floor(this.leafValidityHours / 3);
    const caValidityHours = props.caValidityHours ?? 10 * 365 * 24;
    const signingCa = props.signingCa ?? 1;
    const trustedCas = [...new Set(props.trustedCas ?? [signingCa])];

    this.validateLifetimes(caValidityHours);
    this.validateAuthorities(signingCa, trustedCas);

    const authorities = new Map(
      trustedCas.map(number => [number, this.createAuthority(number, props.clusterName, caValidityHours)]),
    );
    this.signer = authorities.get(signingCa)!;
    this.certificate = this.signer.certificate;
    this.node.defaultChild = this.certificate;
    this.caBundlePem = [...authorities.values()].map(authority => authority.certificate.certPem).join('');
  }

  /**
   * Makes a key and a certificate for a server. The subject is `CN=<name>` and nothing else: IRIS authorises application
   * servers by the whole subject, and one attribute leaves no doubt about order and separators.
   *
   * @throws Error when the name cannot be a host name, or when it has a certificate already.
   */
  public issueCertificate(name: string, options: EcpCertificateOptions): EcpCertificatePem {
    requireName('name', name);
    if (this.node.tryFindChild(name))
      throw new Refusal(`'name' must be new to this PKI: '${name}' has a certificate already`);
    const scope = new Construct(this, name);
    const key = this.createKey(scope, KEY_ID);
    const request = new CertRequest(scope, 'request', {
      privateKeyPem: key.privateKeyPem,
      subject: [{ commonName: name }],
      dnsNames: [...(options.dnsNames ?? [name])],
      ipAddresses: options.ipAddresses ? [...options.ipAddresses] : undefined,
    });
    const certificate = new LocallySignedCert(scope, 'Resource', {
      certRequestPem: request.certRequestPem,
      caPrivateKeyPem: this.signer.key.privateKeyPem,
      caCertPem: this.signer.certificate.certPem,
      validityPeriodHours: this.leafValidityHours,
      earlyRenewalHours: this.leafRenewalHours,
      setSubjectKeyId: true,
      allowedUses: [
        'digital_signature',
        options.role === 'data-server' ? 'server_auth' : 'client_auth',
        ...(options.isMirrored && options.role === 'data-server' ? ['client_auth'] : []),
        // InterSystems asks for it of a mirror's certificates (Security Guide, "Special Considerations for Certificates for Mirror Members").
        ...(options.isMirrored && this.algorithm === 'RSA' ? ['key_encipherment'] : []),
      ],
    });
    return {
      subject: `CN=${name}`,
      certificatePem: certificate.certPem,
      privateKeyPem: key.privateKeyPem,
      caBundlePem: this.caBundlePem,
      keyAlgorithm: this.algorithm,
    };
  }

  private createAuthority(number: number, clusterName: string, validityHours: number): CertificateAuthority {
    const scope = new Construct(this, authorityId(number));
    const key = this.createKey(scope, KEY_ID);
    const certificate = new SelfSignedCert(scope, 'Resource', {
      privateKeyPem: key.privateKeyPem,
      subject: [{ commonName: authorityName(clusterName, number) }],
      validityPeriodHours: validityHours,
      // Renewed with the same key well before the last leaf can outlive it, so that old leaves verify against the new root.
      earlyRenewalHours: this.leafValidityHours + this.leafRenewalHours,
      isCaCertificate: true,
      setSubjectKeyId: true,
      allowedUses: ['cert_signing', 'crl_signing', 'digital_signature'],
    });
    guardMovedAuthority(certificate, authorityName(clusterName, number));
    return { key, certificate };
  }

  private createKey(scope: Construct, id: string): PrivateKey {
    if (this.algorithm === 'RSA') {
      const key = new PrivateKey(scope, id, { algorithm: 'RSA', rsaBits: this.rsaBits });
      guardAtApply(key, wholeNumberRule('rsaBits', this.rsaBits, ...RSA_BITS));
      return key;
    }
    return new PrivateKey(scope, id, { algorithm: 'ECDSA', ecdsaCurve: 'P256' });
  }

  private validateLifetimes(caValidityHours: number): void {
    requireWholeNumber('rsaBits', this.rsaBits, ...RSA_BITS);
    requireWholeNumber('leafValidityHours', this.leafValidityHours, 1, 87600, 'at most ten years');
    requireWholeNumber(
      'leafRenewalHours',
      this.leafRenewalHours,
      0,
      this.leafValidityHours - 1,
      "less than 'leafValidityHours'",
    );
    requireWholeNumber(
      'caValidityHours',
      caValidityHours,
      this.leafValidityHours + this.leafRenewalHours + 1,
      438000,
      "longer than 'leafValidityHours' and 'leafRenewalHours' together, so that the authority outlives what it signed",
    );
  }

  private validateAuthorities(signingCa: number, trustedCas: readonly number[]): void {
    requireWholeNumber('signingCa', signingCa, 1, 9999, 'numbers of authorities');
    for (const number of trustedCas) requireWholeNumber('trustedCas', number, 1, 9999, 'numbers of authorities');
    if (!trustedCas.includes(signingCa)) {
      throw new Refusal(`'trustedCas' must contain 'signingCa' (${signingCa}), got [${trustedCas.join(', ')}]; add it`);
    }
  }
}
