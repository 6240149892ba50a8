import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Settings } from '../../app/settings';
import { run } from '../../cli/process';
import { writeArchive } from '../../cli/report/archive';
import { redactor, withoutSecrets } from '../../cli/report/redact';
import { isSecretName, secretsInFiles, secretsInObject, secretsInState } from '../../cli/report/secrets';

const KEY = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
  type: 'pkcs8',
  format: 'pem',
}) as string;
const BODY = KEY.split('\n')[3]!;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ecp-report-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  'password',
  'DB_PASSWORD',
  'PrivateKeyPassword',
  'AWS_SECRET_ACCESS_KEY',
  'GITHUB_TOKEN',
  'splunk-token',
  'private_key_pem',
  'auth',
  'api-key',
  'LicenseKey',
  'credentials',
])('%s names a secret', name => {
  expect(isSecretName(name)).toBe(true);
});

test.each([
  'irisPasswordFile',
  'irisLicenseKeyFile',
  'PrivateKeyFile',
  'PrivateKeyType',
  'keyAlgorithm',
  'authorities',
  'SSH_AUTH_SOCK',
  'public_key_pem',
  'passing',
])('%s names none', name => {
  expect(isSecretName(name)).toBe(false);
});

test('members with the name of a secret lose their value, whatever it is, and tell it', () => {
  const document = { Users: [{ Name: 'a', Password: 'hunter2!' }], auth: { deep: 'abcdef' }, pin: { token: 123456 } };
  expect(withoutSecrets(document)).toEqual({
    Users: [{ Name: 'a', Password: '[removed]' }],
    auth: '[removed]',
    pin: { token: '[removed]' },
  });
  expect(secretsInObject(document)).toEqual(['hunter2!', 'abcdef', '123456']);
});

test('a state tells its keys, in base64 too, line by line', () => {
  const file = join(folder, 'state');
  const attributes = {
    private_key_pem: KEY,
    upload: [{ content_base64: Buffer.from(`x\n${KEY}`).toString('base64') }],
  };
  writeFileSync(
    file,
    JSON.stringify({ version: 4, resources: [{ type: 't', name: 'n', instances: [{ attributes }] }] }),
  );
  const redact = redactor(secretsInState(file));
  for (const text of [KEY, BODY, attributes.upload[0]!.content_base64, JSON.stringify(KEY), `log: ${BODY} said`]) {
    expect(redact(text)).not.toContain(BODY.slice(0, 20));
    expect(redact(text)).toContain('[removed]');
  }
  expect(redact(attributes.upload[0]!.content_base64)).toBe('[removed]');
});

test('files that settings name tell the password and the licence key', () => {
  const [password, licence] = [join(folder, 'password'), join(folder, 'iris.key')];
  writeFileSync(password, 'correct horse\n');
  writeFileSync(licence, '[License]\nLicenseKey=ABCDE12345\n');
  const settings = { irisPasswordFile: password, irisLicenseKeyFile: licence } as Settings;
  const redact = redactor(secretsInFiles(settings));
  expect(redact('said correct horse, and ABCDE12345')).toBe('said [removed], and [removed]');
});

test.each([
  ['password=hunter2 rest', 'password=[removed] rest'],
  ['{"Password": "hun\\"ter2", "a": 1}', '{"Password": "[removed]", "a": 1}'],
  [`token = 'hunter 2', a`, `token = '[removed]', a`],
  ['{"why": "password=\\"hunter2\\", a"}', '{"why": "password=\\"[removed]\\", a"}'],
  ['"{\\"api_key\\": \\"hunter2\\"}"', '"{\\"api_key\\": \\"[removed]\\"}"'],
  ['{"token": null, "a": 1}', '{"token": null, "a": 1}'],
  ['DB_PASSWORD: hunter2', 'DB_PASSWORD: [removed]'],
  ['Authorization: Bearer abcdefgh.ijk', 'Authorization: Bearer [removed]'],
  ['https://me:hunter2@example.org/x', 'https://[removed]@example.org/x'],
  ['ssh://ops@example.org', 'ssh://ops@example.org'],
  ['the password is not valid', 'the password is not valid'],
  [`2026 ${KEY.replaceAll('\n', '\n2026 ')} after`, '2026 [removed]\n2026  after'],
  [`2026 ${KEY.split('\n').slice(0, 5).join('\n2026 ')}`, '2026 [removed]'],
])('what looks like a secret is removed from a log: case %#', (text, expected) => {
  expect(redactor([])(text)).toBe(expected);
});

test('a secret is removed however it is written down, and the longer one first', () => {
  const redact = redactor(['p&"word', 'p&"word-2']);
  for (const text of ['p&"word-2', 'p&\\"word', 'p%26%22word', Buffer.from('p&"word').toString('base64')])
    expect(redact(`<${text}>`)).toBe('<[removed]>');
});

test('an archive is for its owner alone, also in place of a file that others could read', async () => {
  const path = join(folder, 'report.tar.gz');
  writeFileSync(path, 'x', { mode: 0o644 });
  await writeArchive(path, 'ecp-report', new Map([['logs/a.log', 'said\n']]));
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect((await run('tar', ['-xzOf', path, 'ecp-report/logs/a.log'])).stdout).toBe('said\n');
  await expect(writeArchive(folder, 'ecp-report', new Map([['a', '']]))).rejects.toThrow(
    `'FILE' must name a file that can be written, got '${folder}' (it is a folder); name another`,
  );
});
