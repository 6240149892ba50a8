import type { ServerReport } from '../../cli/access/server-report';
import { expiryOf } from '../../cli/expiry';
import { recorded } from './recorded-reports';

const AT = new Date('2026-06-01T12:00:00Z');
const days = (number: number): string => new Date(AT.getTime() + number * 86_400_000).toISOString();
const ISSUER = 'CN=ecp ECP CA 1';

/** The servers of a recorded report with certificates of other ends, in days from now. */
function servers(notBefore: number, notAfter: number, caNotAfter = 3000): ServerReport[] {
  return recorded('healthy').report.servers.map(report => ({
    ...report,
    status: {
      ...report.status!,
      certificate: {
        ...{ subject: 'CN=x', issuer: ISSUER, serial: '01', notBefore: days(notBefore), notAfter: days(notAfter) },
        authorities: [{ subject: ISSUER, notAfter: days(caNotAfter) }],
      },
    },
  }));
}

test.each([
  ['new', -1, 89],
  ['in its last third, where a plan will renew it', -65, 25],
  ['of a day, in the middle', -0.5, 0.5],
])('says nothing of a certificate that is %s', (_, from, until) => {
  expect(expiryOf(servers(from, until), AT, true)).toEqual({ warnings: [], expired: false });
});

test.each([
  ['ends in 13 days', -76.5, 13.5],
  ['ends in 30 hours', -88, 1.25],
  ['ends in less than 2 hours', -1, 0.05],
])('names the server, what is left and the remedy: %s', (words, from, until) => {
  const { warnings, expired } = expiryOf(servers(from, until).slice(0, 2), AT, true);
  expect(warnings).toEqual(
    ['data-server', 'app-server-1'].map(
      name =>
        `${name}: its certificate ${words}; ./ecp up renews it in the last third of its life, ./ecp rotate ${name} at once`,
    ),
  );
  expect(expired).toBe(false);
});

test('a certificate that has ended is a fault', () => {
  const { warnings, expired } = expiryOf(servers(-91, -1).slice(0, 1), AT, true);
  expect(warnings[0]).toMatch(/^data-server: its certificate has expired at 2026-05-31T12:00:00.000Z; /);
  expect(expired).toBe(true);
});

test('an authority is named once, when the next certificate would outlive it', () => {
  expect(expiryOf(servers(-1, 89, 91), AT, true).warnings).toEqual([]);
  expect(expiryOf(servers(-1, 89, 89.5), AT, true)).toEqual({
    warnings: [
      `the authority ${ISSUER} ends in 89 days; ./ecp up renews it with the same key, ./ecp rotate --ca makes a new one`,
    ],
    expired: false,
  });
  expect(expiryOf(servers(-1, 89, -1), AT, true).expired).toBe(true);
});

test('an image that tells the end alone is warned of in the last two weeks', () => {
  const withEnd = (end: number): ServerReport[] =>
    recorded('healthy')
      .report.servers.slice(0, 1)
      .map(report => ({
        ...report,
        status: { ...report.status!, certificate: { subject: 'CN=x', issuer: ISSUER, notAfter: days(end) } },
      }));
  expect(expiryOf(withEnd(15), AT, true).warnings).toEqual([]);
  expect(expiryOf(withEnd(13.9), AT, true).warnings).toHaveLength(1);
});

test('a server that does not answer is none of its business', () => {
  const [first] = servers(-91, -1);
  expect(expiryOf([{ ...first!, status: undefined }], AT, true)).toEqual({ warnings: [], expired: false });
});

test('of a cluster of another stack it names no command of this one', () => {
  const { warnings } = expiryOf(servers(-89, 1, 1), AT, false);
  expect(warnings).toEqual([
    expect.stringMatching(
      /^data-server: its certificate ends in 24 hours; a deploy of its own stack renews it in the last third of its life$/,
    ),
    `the authority ${ISSUER} ends in 24 hours; a deploy of its own stack renews it with the same key`,
    expect.stringMatching(/^app-server-1: /),
    expect.stringMatching(/^app-server-2: /),
  ]);
  expect(warnings.join()).not.toContain('./ecp');
});
