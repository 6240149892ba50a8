import { Token } from 'cdktf';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { EcpCertificate } from '../ecp-pki';

/** Whether a peer finds a way from a certificate to an authority that it trusts; true where synth does not know the texts. */
export function isTrusted(certificate: EcpCertificate, peer: EcpCertificate): boolean {
  const own = read(
    'certificateFile' in certificate ? { file: certificate.certificateFile } : certificate.certificatePem,
  );
  const trusted = read('caBundleFile' in peer ? { file: peer.caBundleFile } : peer.caBundlePem);
  const [leaf, ...chain] = own ?? [];
  if (!leaf || !trusted) return true;
  const isIn = (list: readonly X509Certificate[], one: X509Certificate): boolean =>
    list.some(({ fingerprint256 }) => fingerprint256 === one.fingerprint256);
  const seen: X509Certificate[] = [];
  for (let at: X509Certificate | undefined = leaf; at && !isIn(seen, at);) {
    if (isIn(trusted, at)) return true;
    seen.push(at);
    const signed: X509Certificate = at;
    at = [...trusted, ...chain].find(issuer => signed.checkIssued(issuer) && signed.verify(issuer.publicKey));
  }
  return false;
}

/** The certificates of a text, or nothing where it is not known or cannot be read: that is refused where it is delivered. */
function read(from: string | { readonly file: string }): X509Certificate[] | undefined {
  try {
    const text = typeof from === 'string' ? from : readFileSync(from.file, 'utf8');
    if (Token.isUnresolved(text) || text.includes('${')) return undefined;
    const found = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    return found.map(pem => new X509Certificate(pem));
  } catch {
    return undefined;
  }
}
