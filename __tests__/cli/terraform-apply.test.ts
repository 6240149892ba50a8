import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apply, type ApplyResult } from '../../cli/terraform/terraform';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'ecp-apply-test-'))));
afterEach(() => rmSync(folder, { recursive: true }));

/** Applies by a program that prints what Terraform would, and then goes on as the script says. */
function applied(
  messages: readonly string[],
  script: string,
  isPointless?: (underWay: readonly string[]) => Promise<boolean>,
  progress: (detail: string, milestone?: boolean) => void = () => undefined,
): Promise<ApplyResult> {
  const terraform = join(folder, 'terraform');
  writeFileSync(join(folder, 'messages'), messages.join('\n'));
  writeFileSync(terraform, `#!/usr/bin/env bash\ntrap 'exit 1' INT\ncat messages\n${script}\n`);
  chmodSync(terraform, 0o755);
  return apply({ terraform, directory: folder }, { progress, isPointless });
}

const started = (addr: string, action: string): string =>
  JSON.stringify({ type: 'apply_start', '@message': '', hook: { resource: { addr }, action } });

test('half a line of a Terraform that was killed is no message, and its words are the explanation', async () => {
  const result = await applied([started('docker_image.a', 'create'), '{"type":"apply_co'], 'echo killed >&2; exit 137');
  expect(result).toMatchObject({ ok: false, diagnostics: [{ severity: 'error', summary: 'killed' }] });
});

test.each([
  ['docker_service', '-parallelism=40'],
  ['docker_container', ''],
])('a stack with a %s is applied with %j', async (type, expected) => {
  writeFileSync(join(folder, 'cdk.tf.json'), JSON.stringify({ resource: { [type]: {} } }));
  const { diagnostics } = await applied([], 'grep -o -e "-parallelism=[0-9]*" <<<"$*" >&2; exit 1');
  expect(diagnostics[0]?.summary).toBe(expected || 'terraform apply ended with code 1');
});

test('what is counted is told: keys and certificates together, before what comes after them', async () => {
  const ended = (addr: string): string =>
    JSON.stringify({ type: 'apply_complete', '@message': '', hook: { resource: { addr }, action: 'create' } });
  const summary = {
    type: 'change_summary',
    '@message': '',
    changes: { add: 4, change: 0, remove: 0, operation: 'plan' },
  };
  const addresses = [
    'tls_private_key.ecp_pki_a',
    'tls_cert_request.ecp_pki_a',
    'docker_container.ecp_app-server-1',
    'tls_private_key.ecp_pki_b',
  ];
  const lines: string[] = [];
  await applied([JSON.stringify(summary), ...addresses.map(ended), ''], '', undefined, (detail, milestone) => {
    if (milestone) lines.push(detail);
  });
  expect(lines).toEqual([
    '2/4 keys and certificates (2)',
    '3/4 app-server-1 (container) made',
    '4/4 keys and certificates (1)',
  ]);
});

describe('whether it is pointless to wait', () => {
  const ask = jest.fn((underWay: readonly string[]) => Promise.resolve(underWay.length > 0));
  beforeEach(() => ask.mockClear());
  // The question comes after two seconds; the wait goes on a little in small sleeps, so that an interrupt ends it.
  const WAIT = 'for _ in {1..26}; do sleep 0.1; done';

  test('is asked of servers that start', async () => {
    const { gaveUpOn } = await applied([started('docker_container.a', 'create'), ''], WAIT, ask);
    expect(ask).toHaveBeenCalledWith(['docker_container.a']);
    expect(gaveUpOn).toEqual(['docker_container.a']);
  }, 20_000);

  test('is not asked while one is removed', async () => {
    const messages = [started('docker_container.a', 'create'), started('docker_container.b', 'delete'), ''];
    const { ok, gaveUpOn } = await applied(messages, WAIT, ask);
    expect(ask).not.toHaveBeenCalled();
    expect({ ok, gaveUpOn }).toEqual({ ok: true, gaveUpOn: [] });
  }, 20_000);
});
