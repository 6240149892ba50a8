import { generateKeyPairSync, sign } from 'node:crypto';

/** A certificate with its key, in PEM. */
export interface SelfSigned {
  readonly certificate: string;
  readonly key: string;
}

const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const SEQUENCE = 0x30;
const SET = 0x31;
const OCTET_STRING = 0x04;
const DNS_NAME = 0x82;
const EXTENSIONS = 0xa3;
const SUBJECT_ALT_NAME = Buffer.from('0603551d11', 'hex');
const EXTENDED_KEY_USAGE = Buffer.from('0603551d25', 'hex');
const USES = {
  server: Buffer.from('06082b06010505070301', 'hex'),
  client: Buffer.from('06082b06010505070302', 'hex'),
} as const;
const COMMON_NAME = Buffer.from('0603550403', 'hex');
const ECDSA_WITH_SHA256 = der(SEQUENCE, Buffer.from('06082a8648ce3d040302', 'hex'));

/** A certificate with the subject `CN=<name>`, alternative names and uses in TLS (all where there is none), signed by itself. Node reads certificates and makes none; unit tests need nothing but Node. */
export function selfSigned(
  name: string,
  dnsNames: readonly string[] = [name],
  uses: readonly (keyof typeof USES)[] = [],
): SelfSigned {
  const extensions = [
    ...(dnsNames.length > 0 ? [alternativeNames(dnsNames)] : []),
    ...(uses.length > 0 ? [keyUses(uses)] : []),
  ];
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const subject = der(SEQUENCE, der(SET, der(SEQUENCE, COMMON_NAME, der(UTF8_STRING, Buffer.from(name)))));
  const body = der(
    SEQUENCE,
    Buffer.from('a003020102020101', 'hex'), // version 3, serial number 1
    ECDSA_WITH_SHA256,
    subject,
    der(SEQUENCE, der(UTC_TIME, Buffer.from('200101000000Z')), der(UTC_TIME, Buffer.from('491231235959Z'))),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    ...(extensions.length > 0 ? [der(EXTENSIONS, der(SEQUENCE, ...extensions))] : []),
  );
  const signature = der(0x03, Buffer.from([0]), sign('sha256', body, privateKey));
  const lines = der(SEQUENCE, body, ECDSA_WITH_SHA256, signature)
    .toString('base64')
    .match(/.{1,64}/g)!
    .join('\n');
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function alternativeNames(names: readonly string[]): Buffer {
  const values = names.map(name => der(DNS_NAME, Buffer.from(name)));
  return der(SEQUENCE, SUBJECT_ALT_NAME, der(OCTET_STRING, der(SEQUENCE, ...values)));
}

function keyUses(uses: readonly (keyof typeof USES)[]): Buffer {
  return der(SEQUENCE, EXTENDED_KEY_USAGE, der(OCTET_STRING, der(SEQUENCE, ...uses.map(use => USES[use]))));
}

/** A value of ASN.1 in DER: tag, length, content. */
function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
