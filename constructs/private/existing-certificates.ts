import { Construct } from 'constructs';
import { Refusal } from '../../contract/refusal';
import type { EcpCertificate, EcpPkiAttributes, IEcpPki } from '../ecp-pki';
import { requireName } from './validate';

/** Certificates that are not made here. A server checks its own, as it does with any. */
export class ExistingCertificates extends Construct implements IEcpPki {
  private readonly certificates: EcpPkiAttributes['certificates'];

  constructor(scope: Construct, id: string, { certificates }: EcpPkiAttributes) {
    super(scope, id);
    const names = Object.keys(certificates);
    if (names.length === 0) throw new Refusal(`'certificates' must name a server, got none; add one`);
    for (const name of names) requireName('certificates', name);
    this.certificates = certificates;
  }

  public issueCertificate(name: string): EcpCertificate {
    const certificate = Object.hasOwn(this.certificates, name) ? this.certificates[name] : undefined;
    if (certificate) return { ...certificate, subject: `CN=${name}` };
    throw new Refusal(
      `'certificates' must have one for each server, got none for '${name}' (there are ${Object.keys(this.certificates).join(', ')}); add it`,
    );
  }
}
