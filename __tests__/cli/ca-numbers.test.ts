import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { caNumbersFile, caNumbersIn, keepCaNumbers, readCaNumbers, settleCaNumbers } from '../../app/authority-numbers';
import { SettingsError } from '../../app/settings';
import { authorityNumber } from '../../contract/pki';
import certificates from '../fixtures/authorities.json';

let folder: string;
let stateFile: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ecp-ca-'));
  stateFile = join(folder, 'ecp-rehearsal.tfstate');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a new cluster has authority 1', () => {
  expect(readCaNumbers(stateFile)).toEqual({ signingCa: 1, trustedCas: [1] });
});

test('kept numbers are read again, and lie beside the state for its owner alone', () => {
  const numbers = { signingCa: 1, trustedCas: [1, 2], unfinished: true } as const;
  keepCaNumbers(stateFile, numbers);
  expect(readCaNumbers(stateFile)).toEqual(numbers);
  expect(readdirSync(folder)).toEqual(['ecp-rehearsal.ca.json']);
  expect(statSync(caNumbersFile(stateFile)).mode & 0o777).toBe(0o600);
});

test('settled numbers lose their mark; where none are kept none are written', () => {
  settleCaNumbers(stateFile, { signingCa: 1, trustedCas: [1] });
  expect(existsSync(caNumbersFile(stateFile))).toBe(false);
  keepCaNumbers(stateFile, { signingCa: 1, trustedCas: [1, 2], unfinished: true });
  settleCaNumbers(stateFile, { signingCa: 2, trustedCas: [2] });
  expect(readFileSync(caNumbersFile(stateFile), 'utf8')).toBe('{"signingCa":2,"trustedCas":[2]}\n');
});

test('settings count as a pair', () => {
  expect(caNumbersIn({})).toBeUndefined();
  expect(caNumbersIn({ signingCa: 3 })).toEqual({ signingCa: 3, trustedCas: [3] });
  expect(caNumbersIn({ trustedCas: [1, 2] })).toEqual({ signingCa: 1, trustedCas: [1, 2] });
});

test.each([
  '',
  '{',
  '[]',
  '{"signingCa":1}',
  '{"signingCa":2,"trustedCas":[1]}',
  '{"signingCa":"1","trustedCas":["1"]}',
])('a file that holds %j is refused with the remedy', text => {
  writeFileSync(caNumbersFile(stateFile), text);
  expect(() => readCaNumbers(stateFile)).toThrow(SettingsError);
  expect(() => readCaNumbers(stateFile)).toThrow(
    /must hold the numbers .* got .*; remove it, and they are read from the state$/,
  );
});

test.each([
  ['CN=ecp ECP CA 2', 2],
  ['CN=my-ecp ECP CA 12', 12],
  ['CN=Example Root', undefined],
  ['CN=ecp ECP CA 0', undefined],
  ['CN=ecp ECP CA 2,O=x', undefined],
])('the number of %j is %p', (subject, number) => {
  expect(authorityNumber(subject)).toBe(number);
});

describe('without the file the numbers are read from the state', () => {
  const { ca1, ca2, olderLeafFromCa1, newerLeafFromCa2 } = certificates;

  function state(roots: readonly string[], leaves: readonly string[]): void {
    const resource = (type: string, pem: string) => ({ type, instances: [{ attributes: { cert_pem: pem } }] });
    writeFileSync(
      stateFile,
      JSON.stringify({
        resources: [
          ...leaves.map(pem => resource('tls_locally_signed_cert', pem)),
          ...roots.map(pem => resource('tls_self_signed_cert', pem)),
          { type: 'docker_container', instances: [{ attributes: { id: 'x' } }] },
        ],
      }),
    );
  }

  test('all authorities that it holds, and the one that signs', () => {
    state([ca2, ca1], [olderLeafFromCa1]);
    expect(readCaNumbers(stateFile)).toEqual({ signingCa: 1, trustedCas: [1, 2] });
  });

  test('in the middle of a step the newest certificate counts', () => {
    state([ca1, ca2], [olderLeafFromCa1, newerLeafFromCa2, olderLeafFromCa1]);
    expect(readCaNumbers(stateFile)).toEqual({ signingCa: 2, trustedCas: [1, 2] });
  });

  test('one that is given up does not sign', () => {
    state([ca2], [newerLeafFromCa2, olderLeafFromCa1]);
    expect(readCaNumbers(stateFile)).toEqual({ signingCa: 2, trustedCas: [2] });
  });

  test.each(['', 'no JSON', '{}'])('nothing when it is %j', text => {
    writeFileSync(stateFile, text);
    expect(readCaNumbers(stateFile)).toEqual({ signingCa: 1, trustedCas: [1] });
  });
});
