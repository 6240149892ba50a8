import { X509Certificate, createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { EcpFile } from '../ecp-image';
import type { EcpCertificate, EcpCertificateFiles } from '../ecp-pki';
import { FILES } from './contract';
import { requireFile } from './validate';

/**
 * What a delivery brings of a certificate: PEM values as texts, host files by path.
 *
 * @throws Error when a host file is missing, or is not what it should be.
 */
export function certificateFiles(certificate: EcpCertificate): EcpFile[] {
  if ('privateKeyFile' in certificate) {
    const files = checkedFiles(certificate);
    return [
      { path: FILES.caBundle, source: files.caBundleFile },
      { path: FILES.certificate, source: files.certificateFile },
      { path: FILES.privateKey, source: files.privateKeyFile },
    ];
  }
  return [
    { path: FILES.caBundle, content: certificate.caBundlePem },
    { path: FILES.certificate, content: certificate.certificatePem },
    { path: FILES.privateKey, content: certificate.privateKeyPem },
  ];
}

/** Absolute paths of files that fit together. What only the peers can judge, such as the authority, is left to the servers. */
function checkedFiles(certificate: EcpCertificateFiles): Omit<EcpCertificateFiles, 'subject'> {
  const caBundleFile = requireFile('caBundleFile', certificate.caBundleFile, 'the trusted root certificates in PEM');
  const certificateFile = requireFile('certificateFile', certificate.certificateFile, 'a certificate in PEM');
  const privateKeyFile = requireFile('privateKeyFile', certificate.privateKeyFile, 'a private key in PEM');
  readCertificate('caBundleFile', caBundleFile);
  const leaf = readCertificate('certificateFile', certificateFile);
  const key = readPrivateKey(privateKeyFile);
  if (leaf.subject !== certificate.subject) {
    const got = leaf.subject.replaceAll('\n', ',');
    throw new Error(
      `'certificateFile' must hold a certificate with the subject '${certificate.subject}' and nothing else in it, got '${certificateFile}' with '${got}'; have it issued for that name`,
    );
  }
  if (!leaf.checkPrivateKey(key)) {
    throw new Error(
      `'privateKeyFile' must hold the key of the certificate in '${certificateFile}', got '${privateKeyFile}', which belongs to another; correct one of the two`,
    );
  }
  return { caBundleFile, certificateFile, privateKeyFile };
}

function readCertificate(prop: string, file: string): X509Certificate {
  const text = readFileSync(file, 'utf8');
  try {
    if (/^-----BEGIN CERTIFICATE-----/m.test(text)) return new X509Certificate(text);
  } catch {
    // The same sentence as for a file without certificate.
  }
  throw new Error(
    `'${prop}' must hold certificates in PEM, got '${file}', which holds none that can be read; correct it`,
  );
}

function readPrivateKey(file: string): KeyObject {
  try {
    return createPrivateKey(readFileSync(file));
  } catch {
    throw new Error(
      `'privateKeyFile' must hold a private key in PEM without passphrase, got '${file}', which does not; correct it`,
    );
  }
}
