import { Testing, Token } from 'cdktf';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { EcpAppServer, EcpDataServer, type EcpCertificatePem, type IEcpPki } from '../constructs';
import { selfSigned } from './self-signed';
import { SURROUNDINGS, container, deliveredFiles, emptyStack } from './synth';

const server = selfSigned('data-server');
const other = selfSigned('app-server-1');
const FILES = { 'ca.pem': selfSigned('authority').certificate, 'cert.pem': server.certificate, 'key.pem': server.key };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ecp-certificate-files-'));
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);
});
afterEach(() => rmSync(folder, { recursive: true }));

const pkiOf = (directory = folder, subject = 'CN=data-server'): IEcpPki => ({
  issueCertificate: () => ({
    subject,
    certificateFile: join(directory, 'cert.pem'),
    privateKeyFile: join(directory, 'key.pem'),
    caBundleFile: join(directory, 'ca.pem'),
  }),
});

function stackOf(pki = pkiOf()) {
  const stack = emptyStack();
  new EcpDataServer(stack, 'server', { ...SURROUNDINGS, pki });
  return stack;
}

test('certificate files are delivered by path and hash instead of as PEM values', () => {
  const stack = stackOf();
  const upload = container(stack, 'ecp-data-server-files').upload!;
  const targets = { 'ca.pem': 'pki/ca.pem', 'cert.pem': 'pki/cert.pem', 'key.pem': 'pki/key.pem' };
  for (const [name, target] of Object.entries(targets))
    expect(upload).toContainEqual({
      file: `/delivery/files/${target}`,
      source: join(folder, name),
      source_hash: createHash('sha256')
        .update(FILES[name as keyof typeof FILES])
        .digest('hex'),
      permissions: '0400',
    });
  expect(Testing.synth(stack)).not.toContain('-----BEGIN');
});

test('a relative certificate path is resolved against the working directory', () => {
  const upload = container(stackOf(pkiOf(relative(process.cwd(), folder))), 'ecp-data-server-files').upload!;
  expect(upload).toContainEqual(expect.objectContaining({ source: join(folder, 'key.pem') }));
});

test('changed file content changes the upload, not the resource', () => {
  const before = JSON.parse(Testing.synth(stackOf())) as { resource: Record<string, object> };
  const renewed = selfSigned('data-server');
  writeFileSync(join(folder, 'cert.pem'), renewed.certificate);
  writeFileSync(join(folder, 'key.pem'), renewed.key);
  const after = JSON.parse(Testing.synth(stackOf())) as typeof before;
  expect(after).not.toEqual(before);
  const addresses = ({ resource }: typeof before) =>
    Object.entries(resource).map(([type, each]) => [type, Object.keys(each)]);
  expect(addresses(after)).toEqual(addresses(before));
});

test.each([
  [
    'key.pem',
    undefined,
    /^'privateKeyFile' must be the path of a private key in PEM, got '.*key\.pem', which does not exist; correct the path$/,
  ],
  ['cert.pem', undefined, /^'certificateFile' must be the path of a certificate in PEM, got .*, which does not exist/],
  ['ca.pem', '', /^'caBundleFile' must be the path of the trusted root certificates in PEM, got .*, which is empty/],
  [
    'ca.pem',
    'nothing',
    /^'caBundleFile' must hold certificates in PEM, got '.*ca\.pem', which holds none that can be read; correct it$/,
  ],
  ['cert.pem', server.key, /^'certificateFile' must hold certificates in PEM/],
  [
    'cert.pem',
    '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
    /^'certificateFile' must hold certificates in PEM/,
  ],
  [
    'key.pem',
    server.certificate,
    /^'privateKeyFile' must hold a private key in PEM without passphrase, got '.*key\.pem', which does not; correct it$/,
  ],
  [
    'key.pem',
    other.key,
    /^'privateKeyFile' must hold the key of the certificate in '.*cert\.pem', got '.*key\.pem', which belongs to another; correct one of the two$/,
  ],
  [
    'cert.pem',
    other.certificate,
    /^'certificateFile' must hold a certificate with the subject 'CN=data-server' and nothing else in it, got '.*cert\.pem' with 'CN=app-server-1'; have it issued for that name$/,
  ],
])('%s with %j is one sentence', (name, text, sentence) => {
  if (text === undefined) rmSync(join(folder, name));
  else writeFileSync(join(folder, name), text);
  expect(() => stackOf()).toThrow(sentence);
});

test("a data server's certificate must name it among its alternative names: application servers look nowhere else", () => {
  for (const [dnsNames, got] of [
    [[], 'none'],
    [['elsewhere', 'ecp-data-server'], 'DNS:elsewhere, DNS:ecp-data-server'],
  ] as const) {
    const { certificate, key } = selfSigned('data-server', dnsNames);
    writeFileSync(join(folder, 'cert.pem'), certificate);
    writeFileSync(join(folder, 'key.pem'), key);
    expect(() => stackOf()).toThrow(
      new Error(
        `'certificateFile' must hold a certificate with 'data-server' among its subject alternative names, got '${join(folder, 'cert.pem')}' with '${got}'; have it issued with DNS:data-server`,
      ),
    );
  }
});

describe.each(['data-server', 'app-server-1'])('a certificate as PEM values for %s', name => {
  const own = selfSigned(name);
  const authority = FILES['ca.pem'];

  function stackOfPem(change: Partial<EcpCertificatePem> = {}) {
    const pki: IEcpPki = {
      issueCertificate: each => ({
        subject: `CN=${each}`,
        certificatePem: own.certificate,
        privateKeyPem: own.key,
        caBundlePem: authority,
        ...change,
      }),
    };
    const stack = emptyStack();
    if (name === 'data-server') new EcpDataServer(stack, 'server', { ...SURROUNDINGS, pki });
    else
      new EcpAppServer(stack, 'server', { ...SURROUNDINGS, name, pki, dataServer: { name: 'd', host: 'd', port: 1 } });
    return stack;
  }

  test('is taken when it fits', () => {
    expect(deliveredFiles(stackOfPem(), `ecp-${name}`)['pki/cert.pem']).toBe(own.certificate);
  });

  test('is refused when it was issued for another name', () => {
    expect(() => stackOfPem({ subject: 'CN=x' })).toThrow(
      new Error(
        `'subject' must be 'CN=${name}', by which the servers know '${name}', got 'CN=x'; have the certificate issued for that name`,
      ),
    );
    const { certificate: certificatePem, key: privateKeyPem } = selfSigned('x');
    expect(() => stackOfPem({ certificatePem, privateKeyPem })).toThrow(
      new Error(
        `'certificatePem' must hold a certificate with the subject 'CN=${name}' and nothing else in it, got the value for '${name}' with 'CN=x'; have it issued for that name`,
      ),
    );
  });

  test.each<[string, Partial<EcpCertificatePem>, string]>([
    [
      "another's key",
      { privateKeyPem: other.key },
      "'privateKeyPem' must hold the key of the certificate in the value",
    ],
    [
      'no key',
      { privateKeyPem: 'x' },
      "'privateKeyPem' must hold a private key in PEM without passphrase, got the value",
    ],
    ['no certificate', { certificatePem: 'x' }, "'certificatePem' must hold certificates in PEM, got the value"],
    ['no authority', { caBundlePem: '' }, "'caBundlePem' must hold certificates in PEM, got the value"],
  ])('is refused with %s', (_, change, sentence) => {
    expect(() => stackOfPem(change)).toThrow(sentence);
  });

  test('that another resource creates is not checked at synth', () => {
    const later = Token.asString({ resolve: () => '${vault.pem}' });
    for (const value of [later, '${vault.pem}'])
      expect(() => stackOfPem({ certificatePem: value, privateKeyPem: value, caBundlePem: value })).not.toThrow();
  });
});
