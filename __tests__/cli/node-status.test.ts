import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerFacts } from '../../cli/access/docker';
import { readNodeStatus } from '../../cli/access/node-status';
import { readProbeOutput } from '../../cli/access/probe-output';

/** The example of docs/container-contract.md. */
const EXAMPLE = /## `status`\n+```json\n([^`]*)```/.exec(
  readFileSync(join(__dirname, '../../docs/container-contract.md'), 'utf8'),
)![1]!;

test('what the contract shows is read as it is', () => {
  expect(readNodeStatus(EXAMPLE)).toEqual(JSON.parse(EXAMPLE));
});

test.each([
  '',
  'x',
  'null',
  '[]',
  '7',
  '"Normal"',
  '{}',
  '{"state":1}',
  '{"state":""}',
  `${EXAMPLE.slice(0, 200)}`,
  `${EXAMPLE}x`,
])('%j is no status', text => expect(readNodeStatus(text)).toBeUndefined());

test('members that are something else are empty, whatever they are', () => {
  const status = JSON.parse(EXAMPLE) as Record<string, unknown>;
  const empty = readNodeStatus('{"state":"Normal"}')!;
  for (const member of Object.keys(status).filter(name => name !== 'state')) {
    for (const garbage of [null, 7, [], [null, 7, [], {}], {}, { subject: {}, authorities: 7 }, true]) {
      const read = readNodeStatus(JSON.stringify({ ...status, [member]: garbage }))!;
      expect(Object.keys(read)).toEqual(Object.keys(empty));
      for (const name of ['engine', 'role', 'server', 'since', 'reason'] as const)
        expect(typeof read[name]).toBe('string');
      for (const { subject, why, at } of read.refused)
        expect([subject, why, at].every(each => typeof each === 'string')).toBe(true);
      for (const { name, state } of read.peers)
        expect([name, state].every(each => typeof each === 'string')).toBe(true);
      for (const text of [...read.admitted, ...read.ignored, read.certificate.notAfter])
        expect(typeof text).toBe('string');
      for (const { subject } of read.certificate.authorities ?? []) expect(typeof subject).toBe('string');
    }
  }
});

test.each([7, null, [], {}, { notAfter: 7 }, 'x'])('a probe whose certificate is %j tells nothing', certificate => {
  const now = Date.now();
  const time = new Date(now - 1000).toISOString();
  const Output = JSON.stringify({ state: 'Normal', since: time, reason: '', certificate });
  const Health = { Status: 'healthy', Log: [{ Start: time, End: time, ExitCode: 0, Output }] };
  const server = { State: { Running: true, Paused: false, Health } } as unknown as ContainerFacts;
  const delivery = { State: { FinishedAt: new Date(now - 5000).toISOString() } } as unknown as ContainerFacts;
  expect(readProbeOutput(server, delivery, now)).toBeUndefined();
});
