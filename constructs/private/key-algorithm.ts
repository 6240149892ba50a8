import { Token } from 'cdktf';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { EcpCertificate } from '../ecp-pki';
import { requireKnown } from './validate';

/** Algorithm of a certificate's key: as said, or read where it is known at synth; RSA otherwise. */
export function keyAlgorithmOf(certificate: EcpCertificate): 'RSA' | 'ECDSA' {
  requireKnown('keyAlgorithm', certificate.keyAlgorithm);
  if (certificate.keyAlgorithm !== undefined) return certificate.keyAlgorithm;
  const pem = 'certificateFile' in certificate ? read(certificate.certificateFile) : certificate.certificatePem;
  if (pem === undefined || Token.isUnresolved(pem)) return 'RSA';
  try {
    return new X509Certificate(pem).publicKey.asymmetricKeyType === 'ec' ? 'ECDSA' : 'RSA';
  } catch {
    // Whether it is a certificate is checked where it is delivered.
    return 'RSA';
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
