import { TerraformVariable } from 'cdktf';
import type { EcpServerFile } from '../constructs';
import { deliveryUploads } from '../constructs/private/delivered-files';
import { emptyStack, resolve, unpackDelivery } from './synth';

const base64 = (text: string) => Buffer.from(text).toString('base64');

test('all delivered texts are one upload with the script that unpacks them', () => {
  const uploads = deliveryUploads([
    { path: 'config.json', content: '{"a": "${x}"}\n' },
    { path: 'pki/key.pem', content: 'key\n' },
  ]);
  expect(uploads).toHaveLength(1);
  expect(uploads[0]).toMatchObject({ file: '/delivery/deliver-files.sh', permissions: '0500' });
  expect(uploads[0]!.content).toMatch(
    /^#!\/usr\/bin\/env bash\n[^]*\n_main\n#file config.json \S+\n#file pki\/key.pem \S+\n$/,
  );
  expect(uploads[0]!.content).not.toMatch(/^ *#(?!!|file )/m);
  expect(unpackDelivery(uploads)).toEqual({ 'config.json': '{"a": "${x}"}\n', 'pki/key.pem': 'key\n' });
});

test('texts known at synth are encoded then, others by Terraform', () => {
  // GIVEN
  const stack = emptyStack();
  const { stringValue } = new TerraformVariable(stack, 'key', { type: 'string' });
  let names = 'early';

  // WHEN
  const [upload] = deliveryUploads([
    { path: 'key', content: stringValue },
    { path: 'mixed', content: `first\n${stringValue}` },
    { path: 'names', content: () => names },
  ]);
  names = 'late';

  // THEN
  const lines = (resolve(stack, upload!.content!) as string).split('\n').filter(line => line.startsWith('#file'));
  expect(lines).toEqual([
    '#file key ${base64encode(var.key)}',
    '#file mixed ${base64encode("first\\n${var.key}")}',
    `#file names ${base64('late')}`,
  ]);
});

test.each<[string, string, readonly EcpServerFile[]]>([
  [
    'one path twice',
    "'path' of a delivered file must be its own, got 'pki/key.pem' twice; rename one of the two",
    [
      { path: 'pki/key.pem', content: 'a' },
      { path: 'pki/key.pem', content: 'b' },
    ],
  ],
  ...['', 'a b', '../x', '/x', '.x', 'deep/x', 'pki', 'pki/', 'pki/a/b'].map(
    (path): [string, string, readonly EcpServerFile[]] => [
      `the path '${path}'`,
      `'path' of a delivered file must be a file name, or one below 'pki/', of letters, digits, '_', '.' and '-', got '${path}'; rename it`,
      [{ path, content: 'a' }],
    ],
  ),
])('%s is one sentence', (_, sentence, files) => {
  expect(() => deliveryUploads(files)).toThrow(new Error(sentence));
});
