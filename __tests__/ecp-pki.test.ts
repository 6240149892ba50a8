import { EcpPki, type EcpPkiProps } from '../constructs';
import { emptyStack, resolve, resource, resources } from './synth';

const NAME_RULE =
  "must be 1 to 63 characters of a-z, 0-9 and '-', with a letter or digit at both ends (it becomes a host name)";

function pkiOf(props: Partial<EcpPkiProps> = {}) {
  const stack = emptyStack();
  const pki = new EcpPki(stack, 'pki', { clusterName: 'ecp', ...props });
  return { stack, pki };
}

describe('the certificate authority', () => {
  test('has an RSA key of 2048 bits and lasts ten years by default', () => {
    // WHEN
    const { stack } = pkiOf();

    // THEN
    expect(resource(stack, 'tls_private_key')).toEqual({ algorithm: 'RSA', rsa_bits: 2048 });
    expect(resource(stack, 'tls_self_signed_cert')).toEqual({
      private_key_pem: '${tls_private_key.pki_ca-1_key_E1B9D146.private_key_pem}',
      subject: [{ common_name: 'ecp ECP CA 1' }],
      validity_period_hours: 87600,
      early_renewal_hours: 2160 + 720,
      is_ca_certificate: true,
      set_subject_key_id: true,
      allowed_uses: ['cert_signing', 'crl_signing', 'digital_signature'],
    });
  });

  test('accepts all of its properties', () => {
    // WHEN
    const { stack, pki } = pkiOf({
      clusterName: 'blue',
      algorithm: 'ECDSA',
      leafValidityHours: 24,
      leafRenewalHours: 6,
      caValidityHours: 48,
      signingCa: 2,
      trustedCas: [1, 2],
    });
    pki.issueCertificate('data-server', { role: 'data-server', dnsNames: ['data-server', 'blue-data-server'] });

    // THEN
    const keys = Object.values(resources(stack, 'tls_private_key'));
    expect(keys).toEqual(Array.from({ length: 3 }, () => ({ algorithm: 'ECDSA', ecdsa_curve: 'P256' })));
    const authorities = Object.values(resources(stack, 'tls_self_signed_cert'));
    expect(authorities).toMatchObject([
      { subject: [{ common_name: 'blue ECP CA 1' }], validity_period_hours: 48, early_renewal_hours: 30 },
      { subject: [{ common_name: 'blue ECP CA 2' }], validity_period_hours: 48, early_renewal_hours: 30 },
    ]);
    expect(resource(stack, 'tls_locally_signed_cert')).toMatchObject({
      validity_period_hours: 24,
      early_renewal_hours: 6,
    });
    expect(resource(stack, 'tls_cert_request')).toMatchObject({ dns_names: ['data-server', 'blue-data-server'] });
  });

  test('has RSA keys of the given size, and so have the servers', () => {
    // WHEN
    const { stack, pki } = pkiOf({ rsaBits: 4096 });
    pki.issueCertificate('data-server', { role: 'data-server' });

    // THEN
    const key = { algorithm: 'RSA', rsa_bits: 4096 };
    expect(Object.values(resources(stack, 'tls_private_key'))).toEqual([key, key]);
  });

  test('is renewed before the last certificate that it signed can outlive it', () => {
    // WHEN
    const { stack } = pkiOf({ leafValidityHours: 100, leafRenewalHours: 10 });

    // THEN
    expect(resource(stack, 'tls_self_signed_cert').early_renewal_hours).toBe(110);
  });

  test.each([1, 2])('number %i signs while servers trust two', signingCa => {
    // GIVEN
    const { stack, pki } = pkiOf({ signingCa, trustedCas: [1, 2] });

    // WHEN
    const certificate = pki.issueCertificate('data-server', { role: 'data-server' });

    // THEN
    const authorities = Object.keys(resources(stack, 'tls_self_signed_cert'));
    const bundle = authorities.map(address => `\${tls_self_signed_cert.${address}.cert_pem}`);
    expect(resolve(stack, certificate.caBundlePem)).toBe(bundle.join(''));
    expect(resolve(stack, pki.caBundlePem)).toBe(bundle.join(''));
    const key = new RegExp(`^\\$\\{tls_private_key\\.pki_ca-${signingCa}_key_\\w+\\.private_key_pem\\}$`);
    expect(resource(stack, 'tls_locally_signed_cert')).toMatchObject({
      ca_cert_pem: bundle[signingCa - 1],
      ca_private_key_pem: expect.stringMatching(key),
    });
  });

  test('keeps its address when another authority is added and when that one signs', () => {
    // GIVEN
    const alone = resources(pkiOf().stack, 'tls_self_signed_cert');

    // WHEN
    const both = resources(pkiOf({ signingCa: 2, trustedCas: [2, 1] }).stack, 'tls_self_signed_cert');

    // THEN
    expect(both).toMatchObject(alone);
    expect(Object.keys(both)).toHaveLength(2);
  });

  test('is created once if its number is given twice', () => {
    expect(Object.keys(resources(pkiOf({ trustedCas: [1, 1] }).stack, 'tls_self_signed_cert'))).toHaveLength(1);
  });
});

describe('a certificate', () => {
  test.each([
    ['data-server', 'server_auth'],
    ['app-server', 'client_auth'],
  ] as const)('of role %s is good for %s alone', (role, use) => {
    // GIVEN
    const { stack, pki } = pkiOf();

    // WHEN
    pki.issueCertificate('server', { role });

    // THEN
    expect(resource(stack, 'tls_locally_signed_cert')).toMatchObject({
      allowed_uses: ['digital_signature', use],
      set_subject_key_id: true,
      validity_period_hours: 2160,
      early_renewal_hours: 720,
    });
  });

  test('has the name of the server as its whole subject and only host name', () => {
    // GIVEN
    const { stack, pki } = pkiOf();

    // WHEN
    const certificate = pki.issueCertificate('app-server-1', { role: 'app-server' });

    // THEN
    expect(certificate.subject).toBe('CN=app-server-1');
    expect(resource(stack, 'tls_cert_request')).toMatchObject({
      subject: [{ common_name: 'app-server-1' }],
      dns_names: ['app-server-1'],
    });
  });

  test('has a key of its own', () => {
    // GIVEN
    const { stack, pki } = pkiOf();

    // WHEN
    const [first, second] = ['app-server-1', 'app-server-2'].map(name =>
      pki.issueCertificate(name, { role: 'app-server' }),
    );

    // THEN
    expect(resolve(stack, first!.privateKeyPem)).toBe(
      '${tls_private_key.pki_app-server-1_key_D9FC22D6.private_key_pem}',
    );
    expect(resolve(stack, first!.certificatePem)).toBe('${tls_locally_signed_cert.pki_app-server-1_09D0C1A5.cert_pem}');
    expect(resolve(stack, second!.privateKeyPem)).not.toBe(resolve(stack, first!.privateKeyPem));
    expect(Object.values(resources(stack, 'tls_cert_request')).map(request => request.private_key_pem)).toEqual(
      [first, second].map(certificate => resolve(stack, certificate!.privateKeyPem)),
    );
  });

  test.each([
    [90 * 24, 720],
    [100, 33],
    [1, 0],
  ])('that is valid for %i hours is renewed in the last %i by default', (leafValidityHours, renewal) => {
    // GIVEN
    const { stack, pki } = pkiOf({ leafValidityHours });

    // WHEN
    pki.issueCertificate('app-server-1', { role: 'app-server' });

    // THEN
    expect(resource(stack, 'tls_locally_signed_cert').early_renewal_hours).toBe(renewal);
  });
});

describe('a PKI refuses', () => {
  const whole = (range: string, why: string, got: number) =>
    `must be a whole number from ${range} (${why}), got ${got}`;
  const rsa = (got: number) => `'rsaBits' ${whole('2048 to 8192', 'shorter keys are refused by current OpenSSL', got)}`;
  const leaf = (got: number) => `'leafValidityHours' ${whole('1 to 87600', 'at most ten years', got)}`;
  const renewal = (got: number) => `'leafRenewalHours' ${whole('0 to 99', "less than 'leafValidityHours'", got)}`;
  const ca = (got: number) =>
    `'caValidityHours' ${whole('2881 to 438000', "longer than 'leafValidityHours' and 'leafRenewalHours' together, so that the authority outlives what it signed", got)}`;
  const number = (prop: string, got: number) => `'${prop}' ${whole('1 to 9999', 'numbers of authorities', got)}`;

  test.each<[Partial<EcpPkiProps>, string]>([
    [{ clusterName: 'My Cluster' }, `'clusterName' ${NAME_RULE}, got 'My Cluster'`],
    [{ rsaBits: 2047 }, rsa(2047)],
    [{ rsaBits: 8193 }, rsa(8193)],
    [{ rsaBits: 2048.5 }, rsa(2048.5)],
    [{ leafValidityHours: 0 }, leaf(0)],
    [{ leafValidityHours: 87601 }, leaf(87601)],
    [{ leafValidityHours: 100, leafRenewalHours: -1 }, renewal(-1)],
    [{ leafValidityHours: 100, leafRenewalHours: 100 }, renewal(100)],
    [{ caValidityHours: 2880 }, ca(2880)],
    [{ caValidityHours: 438001 }, ca(438001)],
    [{ signingCa: 0 }, number('signingCa', 0)],
    [{ signingCa: 10000 }, number('signingCa', 10000)],
    [{ trustedCas: [1, 0] }, number('trustedCas', 0)],
    [{ trustedCas: [1, 10000] }, number('trustedCas', 10000)],
    [{ trustedCas: [2, 3] }, "'trustedCas' must contain 'signingCa' (1), got [2, 3]; add it"],
    [{ trustedCas: [] }, "'trustedCas' must contain 'signingCa' (1), got []; add it"],
  ])('%j', (props, message) => {
    expect(() => pkiOf(props)).toThrow(new Error(message));
  });

  test('a second certificate of the same name', () => {
    // GIVEN
    const { pki } = pkiOf();
    pki.issueCertificate('app-server-1', { role: 'app-server' });

    // THEN
    expect(() => pki.issueCertificate('app-server-1', { role: 'app-server' })).toThrow(
      new Error("'name' must be new to this PKI: 'app-server-1' has a certificate already"),
    );
  });

  test.each(['', 'App', 'a_b', '-a', 'a-', 'a.b', 'a'.repeat(64)])('the name %j', name => {
    expect(() => pkiOf().pki.issueCertificate(name, { role: 'app-server' })).toThrow(
      new Error(`'name' ${NAME_RULE}, got '${name}'`),
    );
  });

  test.each(['a', '1', 'a-b', 'a'.repeat(63)])('but not the name %j', name => {
    expect(pkiOf().pki.issueCertificate(name, { role: 'app-server' }).subject).toBe(`CN=${name}`);
  });
});
