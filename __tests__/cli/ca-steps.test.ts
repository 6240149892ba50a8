import type { CaNumbers } from '../../app/authority-numbers';
import { requireTelling, trustOf } from '../../cli/rotation/await-files';
import {
  breakingJump,
  describeStep,
  isSteady,
  nextStep,
  owesKeys,
  stepNumber,
  type ServerTrust,
} from '../../cli/rotation/ca-steps';

const numbers = (signingCa: number, ...trustedCas: number[]) => ({ signingCa, trustedCas });

describe('nextStep', () => {
  test.each([
    ['begins with trust in a new authority', numbers(1, 1), numbers(1, 1, 2)],
    ['counts on from any number', numbers(7, 7), numbers(7, 7, 8)],
    ['signs with the one that all trust now', numbers(1, 1, 2), numbers(2, 1, 2)],
    ['gives up the old one in the end', numbers(2, 1, 2), numbers(2, 2)],
    ['takes the newest of several', numbers(1, 3, 1, 2), numbers(3, 3, 1, 2)],
    ['gives up all old ones', numbers(3, 1, 2, 3), numbers(3, 3)],
  ])('%s', (_, now, next) => {
    expect(nextStep(now)).toEqual(next);
  });

  test.each([numbers(1, 1), numbers(1, 1, 2), numbers(2, 1, 2), numbers(1, 2, 1, 3)])(
    'leads from %j to one authority in at most three steps, each of which is safe',
    start => {
      // GIVEN servers of the step before
      let now: CaNumbers = start;
      for (let step = 1; step <= 3; step++) {
        const next = nextStep(now);
        // THEN whatever part of the servers has the new files already
        expect(breakingJump([server(now), server(next)], next)).toBeUndefined();
        expect(breakingJump([server(now), server(next)], now)).toBeUndefined();
        now = next;
        if (isSteady(now)) break;
      }
      expect(isSteady(now)).toBe(true);
      expect(now.signingCa).toBe(Math.max(...nextStep(start).trustedCas));
    },
  );

  test('is described in words', () => {
    expect([numbers(1, 1, 2), numbers(2, 2, 1), numbers(2, 2)].map(describeStep)).toEqual([
      'trust CA 1 and CA 2, certificates from CA 1',
      'trust CA 1 and CA 2, certificates from CA 2',
      'trust CA 2 alone, which all certificates are from',
    ]);
  });
});

test.each([
  [numbers(1, 1, 2), 1, false],
  [numbers(2, 1, 2), 2, true],
  [numbers(3, 3, 1, 2), 2, true],
  [numbers(2, 2), 3, false],
])('the deploy of %j is step %d; whether it owes keys when it was not seen to end: %s', (now, step, owes) => {
  expect(stepNumber(now)).toBe(step);
  expect(owesKeys({ ...now, unfinished: true })).toBe(owes);
  expect(owesKeys(now)).toBe(false);
});

describe('whom a server trusts', () => {
  const authority = (number: number) => ({ subject: `CN=ecp ECP CA ${number}`, notAfter: '2036-01-01T00:00:00Z' });
  const delivered = { issuer: 'CN=ecp ECP CA 2', serial: '0B', authorities: [authority(1), authority(2)] };
  const of = (issuer: string, authorities?: ReturnType<typeof authority>[]) =>
    trustOf('data-server', delivered, { subject: '', issuer, notAfter: '', authorities });

  test('is what it has in use', () => {
    expect(of('CN=ecp ECP CA 1', [authority(1)])).toEqual(server(numbers(1, 1)));
  });

  test.each([
    ['has nothing in use yet', '', []],
    ['is of an earlier release', 'CN=ecp ECP CA 1', undefined],
  ])('is what was delivered when it %s', (_, issuer, authorities) => {
    expect(of(issuer, authorities)).toEqual(server(numbers(2, 1, 2)));
  });

  test('cannot be waited for when its image does not tell', () => {
    const certificate = { subject: '', issuer: '', notAfter: '' };
    expect(() => requireTelling('data-server', certificate)).toThrow(
      'the image of data-server is of an earlier release and does not report which files the server uses; run ./ecp up first',
    );
    expect(() => requireTelling('data-server', { ...certificate, serial: '0B', authorities: [] })).not.toThrow();
  });
});

describe('breakingJump', () => {
  const one = server(numbers(1, 1));

  test.each([
    ['the same', [one], numbers(1, 1)],
    ['no server', [], numbers(5, 5)],
    ['a further authority', [one], numbers(1, 1, 2)],
    ['a signer that all trust', [server(numbers(1, 1, 2))], numbers(2, 1, 2)],
    ['the way back', [server(numbers(2, 1, 2))], numbers(1, 1, 2)],
    ['a certificate that is none of the cluster', [{ ...one, signedBy: undefined }], numbers(1, 1)],
  ])('lets pass: %s', (_, servers, wanted) => {
    expect(breakingJump(servers, wanted)).toBeUndefined();
  });

  test('finds a signer that one server does not trust', () => {
    const late = { ...one, server: 'app-server-2' };
    expect(breakingJump([server(numbers(1, 1, 2)), late], numbers(2, 1, 2))).toEqual({
      problem: "'signingCa' must be an authority that every server trusts already, got 2, and app-server-2 trusts 1",
      first: numbers(1, 1, 2),
    });
  });

  test('finds both at once: trust the new one first', () => {
    expect(breakingJump([one], numbers(2, 2))?.first).toEqual(numbers(1, 1, 2));
  });

  test('finds an authority that is given up too early', () => {
    const late = { ...server(numbers(1, 1, 2)), server: 'app-server-2' };
    expect(breakingJump([server(numbers(2, 1, 2)), late], numbers(2, 2))).toEqual({
      problem:
        "'trustedCas' must contain the authority of every certificate in use, got 2, and that of app-server-2 is from 1",
      first: numbers(2, 1, 2),
    });
  });
});

function server({ signingCa, trustedCas }: CaNumbers): ServerTrust {
  return { server: 'data-server', signedBy: signingCa, trusts: trustedCas };
}
