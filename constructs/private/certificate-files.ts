import { Token } from 'cdktf';
import { X509Certificate, createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { FILES, type ServerRole } from '../../contract/contract';
import { Refusal } from '../../contract/refusal';
import type { EcpFile } from '../ecp-image';
import type { EcpCertificate, EcpCertificateFiles } from '../ecp-pki';
import { requireFile, requireKnown } from './validate';

/** Whose certificate it is. */
export interface CertificateOwner {
  /** Name of the server. */
  readonly name: string;
  readonly role: ServerRole;
  /** Whether it shows the certificate to members of a mirror that it connects to, too. @default false */
  readonly isMirrored?: boolean;
}

/**
 * What a delivery brings of a certificate: PEM values as texts, host files by path. What is known at synth is checked, what another
 * resource makes is not.
 *
 * @throws Error when a host file is missing, or when something is not what it should be.
 */
export function certificateFiles(certificate: EcpCertificate, owner: CertificateOwner): EcpFile[] {
  requireSubject(certificate.subject, owner);
  if ('privateKeyFile' in certificate) {
    const files = hostFiles(certificate);
    checkTogether(
      {
        ca: { prop: 'caBundleFile', at: files.caBundleFile, text: readFileSync(files.caBundleFile, 'utf8') },
        leaf: { prop: 'certificateFile', at: files.certificateFile, text: readFileSync(files.certificateFile, 'utf8') },
        key: { prop: 'privateKeyFile', at: files.privateKeyFile, text: readFileSync(files.privateKeyFile, 'utf8') },
      },
      owner,
    );
    return [
      { path: FILES.caBundle, source: files.caBundleFile },
      { path: FILES.certificate, source: files.certificateFile },
      { path: FILES.privateKey, source: files.privateKeyFile },
    ];
  }
  const { caBundlePem, certificatePem, privateKeyPem } = certificate;
  const at = `the value for '${owner.name}'`;
  checkTogether(
    {
      ca: { prop: 'caBundlePem', at, text: caBundlePem },
      leaf: { prop: 'certificatePem', at, text: certificatePem },
      key: { prop: 'privateKeyPem', at, text: privateKeyPem },
    },
    owner,
  );
  return [
    { path: FILES.caBundle, content: caBundlePem },
    { path: FILES.certificate, content: certificatePem },
    { path: FILES.privateKey, content: privateKeyPem },
  ];
}

/** A text in PEM, the prop that brings it, and where it is, for messages. */
interface Pem {
  readonly prop: string;
  readonly at: string;
  readonly text: string;
}

/** The data server admits by this subject, and IRIS compares it as a whole. */
function requireSubject(subject: string, { name }: CertificateOwner): void {
  requireKnown('subject', subject);
  if (subject === `CN=${name}`) return;
  throw new Refusal(
    `'subject' must be 'CN=${name}', by which the servers know '${name}', got '${subject}'; have the certificate issued for that name`,
  );
}

function hostFiles(certificate: EcpCertificateFiles): Omit<EcpCertificateFiles, 'subject'> {
  return {
    caBundleFile: requireFile('caBundleFile', certificate.caBundleFile, 'the trusted root certificates in PEM'),
    certificateFile: requireFile('certificateFile', certificate.certificateFile, 'a certificate in PEM'),
    privateKeyFile: requireFile('privateKeyFile', certificate.privateKeyFile, 'a private key in PEM'),
  };
}

/** What only the peers can judge, such as the authority, is left to the servers. */
function checkTogether({ ca, leaf, key }: Record<'ca' | 'leaf' | 'key', Pem>, owner: CertificateOwner): void {
  if (isKnown(ca)) readCertificate(ca);
  const certificate = isKnown(leaf) ? readCertificate(leaf) : undefined;
  const privateKey = isKnown(key) ? readPrivateKey(key) : undefined;
  if (certificate) checkNames(certificate, leaf, owner);
  if (certificate && owner.isMirrored) checkUses(certificate, leaf, owner);
  if (certificate && privateKey && !certificate.checkPrivateKey(privateKey)) {
    throw new Refusal(
      `'${key.prop}' must hold the key of the certificate in ${quoted(leaf)}, got ${quoted(key)}, which belongs to another; correct one of the two`,
    );
  }
}

function checkNames(certificate: X509Certificate, leaf: Pem, { name, role }: CertificateOwner): void {
  if (certificate.subject !== `CN=${name}`) {
    const got = certificate.subject.replaceAll('\n', ',');
    throw new Refusal(
      `'${leaf.prop}' must hold a certificate with the subject 'CN=${name}' and nothing else in it, got ${quoted(leaf)} with '${got}'; have it issued for that name`,
    );
  }
  // Application servers look for the name among these alone; nobody asks an application server for its own.
  if (role === 'app-server' || certificate.checkHost(name, { subject: 'never' }) !== undefined) return;
  throw new Refusal(
    `'${leaf.prop}' must hold a certificate with '${name}' among its subject alternative names, got ${quoted(leaf)} with '${certificate.subjectAltName ?? 'none'}'; have it issued with DNS:${name}`,
  );
}

/** Purposes by their numbers (RFC 5280, 4.2.1.12); a certificate that names none has all. */
const BOTH_USES = ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'];

/** Members and arbiter connect to each other, in both directions. */
function checkUses({ keyUsage }: X509Certificate, leaf: Pem, { name }: CertificateOwner): void {
  if ((keyUsage as readonly string[] | undefined) === undefined || BOTH_USES.every(use => keyUsage.includes(use)))
    return;
  throw new Refusal(
    `'${leaf.prop}' must hold a certificate for both TLS server and client authentication in a mirror, got ${quoted(leaf)} for '${name}', which is for one; have it issued for both`,
  );
}

/** False for what Terraform makes: a token, or an expression that somebody wrote himself. */
function isKnown({ text }: Pem): boolean {
  return !Token.isUnresolved(text) && !text.includes('${');
}

/** A path in quotes; words as they are. */
function quoted({ at, prop }: Pem): string {
  return prop.endsWith('File') ? `'${at}'` : at;
}

function readCertificate(pem: Pem): X509Certificate {
  try {
    if (/^-----BEGIN CERTIFICATE-----/m.test(pem.text)) return new X509Certificate(pem.text);
  } catch {
    // The same sentence as for a text without certificate.
  }
  throw new Refusal(
    `'${pem.prop}' must hold certificates in PEM, got ${quoted(pem)}, which holds none that can be read; correct it`,
  );
}

function readPrivateKey(pem: Pem): KeyObject {
  try {
    return createPrivateKey(pem.text);
  } catch {
    throw new Refusal(
      `'${pem.prop}' must hold a private key in PEM without passphrase, got ${quoted(pem)}, which does not; correct it`,
    );
  }
}
