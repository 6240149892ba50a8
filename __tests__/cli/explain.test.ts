import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { explain, formatExplanation } from '../../cli/failures/explain';

const IMAGE = 'containers.intersystems.com/intersystems/iris:2025.1';
const BASE = 'docker_image.image_base_4E911E02';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ecp-explain-'));
  const resource = {
    docker_image: { image_base_4E911E02: { name: IMAGE, '//': { metadata: { path: 'ecp-iris/image/base' } } } },
  };
  writeFileSync(join(folder, 'cdk.tf.json'), JSON.stringify({ resource }));
});
afterEach(() => rmSync(folder, { recursive: true }));

const explained = async (detail: string) => {
  const summary = `Unable to read Docker image into resource: unable to pull image ${IMAGE}: error pulling image ${IMAGE}: ${detail}`;
  const [explanation] = await explain(
    [{ severity: 'error', summary, detail: '', address: BASE }],
    folder,
    'no-such-cluster',
  );
  return explanation!;
};

test.each([
  'Error response from daemon: Head "https://containers.intersystems.com/v2/intersystems/iris/manifests/2025.1": unauthorized: BAD_CREDENTIAL',
  'Error response from daemon: Get "https://containers.intersystems.com/v2/intersystems/iris/manifests/2025.1": no basic auth credentials',
  'Error response from daemon: pull access denied for containers.intersystems.com/intersystems/iris, repository does not exist or may require authorization',
])('a pull without a login names the registry and what to do: %s', async detail => {
  const { where, what, remedy } = await explained(detail);
  expect(where).toBe('image, step: fetch the base image');
  expect(what).toMatch(
    /^the registry containers\.intersystems\.com does not give containers\.intersystems\.com\/intersystems\/iris:2025\.1 without a login \(.+\)$/,
  );
  expect(remedy).toMatch(/^docker login to that registry/);
});

test('a tag that does not exist is told apart', async () => {
  const { what, remedy } = await explained('Error response from daemon: manifest for x:1 not found: manifest unknown');
  expect(what).toBe(`the registry has no image ${IMAGE}`);
  expect(remedy).toContain('ECP_IRIS_IMAGE');
});

test('and so is a registry that cannot be reached', async () => {
  const { what, remedy } = await explained(
    'Error response from daemon: Get "https://containers.intersystems.com/v2/": dial tcp: lookup containers.intersystems.com: no such host',
  );
  expect(what).toBe(`the Docker daemon cannot reach the registry of ${IMAGE} (no such host)`);
  expect(remedy).toContain('docker load');
});

test('a name that a stranger’s container has is not called a leftover', async () => {
  const summary =
    'Unable to create container: Conflict. The container name "/ecp-data-server" is already in use by container "1"';
  const [explanation] = await explain([{ severity: 'error', summary, detail: '' }], folder, 'no-such-cluster');
  expect(explanation).toMatchObject({
    what: 'a container named ecp-data-server exists that this state does not know',
    remedy: 'if nobody needs it, docker rm --force ecp-data-server; or choose another name with ECP_CLUSTER',
  });
});

test('what nobody knows has a remedy that fits each command', async () => {
  const [explanation] = await explain([{ severity: 'error', summary: 'odd', detail: '' }], folder, 'no-such-cluster');
  expect(explanation!.remedy).toBe('fix what the message names, then run the same command again');
});

test('no log line and no reason acts on the terminal', () => {
  const text = formatExplanation({
    where: 'data-server, step: start and wait for Normal',
    what: 'one\u001b[2J\r\ntwo',
    logs: ['\tred \u001b[31m', 'title \u001b]0;x\u0007'],
    remedy: 'none',
  });
  expect(text.replace(/^\S*✗\S*/, '✗').split('\n')).toEqual([
    '✗ data-server, step: start and wait for Normal',
    '  one\\u{1b}[2J',
    'two',
    '  |   red \\u{1b}[31m',
    '  | title \\u{1b}]0;x\\u{7}',
    '  remedy: none',
  ]);
});

test('a node that stopped answering is named, with the way on', async () => {
  const summary = 'the node n2 does not answer (it said nothing for 10 s)';
  const [explanation] = await explain([{ severity: 'error', summary, detail: '' }], folder, 'no-such-cluster');
  expect(explanation).toMatchObject({
    what: 'the node n2 stopped answering (it said nothing for 10 s), so the deploy was interrupted',
    remedy: 'run the same command again, and it goes on without the node',
  });
});
