import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RehearsalImage } from '../constructs';
import { hashDirectory } from '../constructs/private/image-build';
import { emptyStack, resolve, resource, resources } from './synth';

const CONTEXT = join(__dirname, '..', 'images', 'rehearsal');

describe('the rehearsal image', () => {
  test('is built from its own folder on Debian, and stays on the host', () => {
    // GIVEN
    const stack = emptyStack();

    // WHEN
    new RehearsalImage(stack, 'image');

    // THEN
    const hash = hashDirectory(CONTEXT);
    expect(resource(stack, 'docker_image', 'debian:bookworm-slim')).toEqual({
      name: 'debian:bookworm-slim',
      keep_locally: true,
      lifecycle: { create_before_destroy: true },
    });
    const [image] = Object.values(resources(stack, 'docker_image')).filter(({ build }) => build !== undefined);
    expect(image).toEqual({
      name: expect.stringMatching(/^ecp-rehearsal:[0-9a-f]{12}$/) as string,
      keep_locally: true,
      lifecycle: { create_before_destroy: true },
      build: {
        context: `assets/image_context_5EEBCE54/${hash}`,
        build_args: { BASE_IMAGE: '${docker_image.image_base_4E911E02.name}' },
        label: { 'ecp.base-image-id': '${docker_image.image_base_4E911E02.image_id}' },
        platform: 'linux/amd64',
      },
    });
  });

  test('is built on another base if one is given', () => {
    // GIVEN
    const stack = emptyStack();

    // WHEN
    new RehearsalImage(stack, 'image', { baseImage: 'mirror.example/debian:12' });

    // THEN
    expect(resource(stack, 'docker_image', 'mirror.example/debian:12').keep_locally).toBe(true);
    expect(Object.keys(resources(stack, 'docker_image'))).toHaveLength(2);
  });

  test('has another name on another base, so that two clusters on one host do not take it from each other', () => {
    // GIVEN
    const stack = emptyStack();

    // WHEN
    new RehearsalImage(stack, 'one');
    new RehearsalImage(stack, 'same');
    new RehearsalImage(stack, 'other', { baseImage: 'mirror.example/debian:12' });

    // THEN
    const built = Object.values(resources(stack, 'docker_image')).filter(({ build }) => build !== undefined);
    expect(built).toHaveLength(3);
    expect(new Set(built.map(({ name }) => name)).size).toBe(2);
  });

  test('asks for no capability, no new privileges and no writable root', () => {
    // WHEN
    const image = new RehearsalImage(emptyStack(), 'image');

    // THEN
    expect(image).toMatchObject({
      engine: 'rehearsal',
      capabilitiesAdd: [],
      noNewPrivileges: true,
      readOnlyRoot: true,
    });
    expect(image.tmpfs).toEqual([
      { path: '/run/ecp', sizeMiB: 16, mode: '0700' },
      { path: '/tmp', sizeMiB: 16, mode: '0700' },
    ]);
  });

  test('is referenced by the ID of the built image', () => {
    // GIVEN
    const stack = emptyStack();

    // WHEN
    const image = new RehearsalImage(stack, 'image');

    // THEN
    expect(resolve(stack, image.imageId)).toBe('${docker_image.image_00E3890C.image_id}');
  });
});

describe('the hash of a build context', () => {
  let folder: string;
  let before: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ecp-context-'));
    mkdirSync(join(folder, 'bin'));
    writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\n');
    writeFileSync(join(folder, 'bin', 'start'), '#!/bin/sh\n', { mode: 0o755 });
    before = hashDirectory(folder);
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  test('does not depend on times, other mode bits or location', () => {
    // WHEN
    utimesSync(join(folder, 'Dockerfile'), 0, 0);
    chmodSync(join(folder, 'Dockerfile'), 0o600);
    const moved = `${folder}-moved`;
    renameSync(folder, moved);
    folder = moved;

    // THEN
    expect(before).toMatch(/^[0-9a-f]{64}$/);
    expect(hashDirectory(folder)).toBe(before);
  });

  test.each<[string, () => void]>([
    ['the content of a file', () => writeFileSync(join(folder, 'Dockerfile'), 'FROM scratcH\n')],
    ['the name of a file', () => renameSync(join(folder, 'bin', 'start'), join(folder, 'bin', 'begin'))],
    ['the folder of a file', () => renameSync(join(folder, 'bin', 'start'), join(folder, 'start'))],
    ['the executable bit of a file', () => chmodSync(join(folder, 'bin', 'start'), 0o644)],
    ['a new file, be it empty or hidden', () => writeFileSync(join(folder, '.new'), '')],
    [
      'what belongs to which of two files',
      () => {
        const start = readFileSync(join(folder, 'bin', 'start'));
        writeFileSync(join(folder, 'bin', 'start'), readFileSync(join(folder, 'Dockerfile')));
        writeFileSync(join(folder, 'Dockerfile'), start);
      },
    ],
  ])('changes with %s', (_, change) => {
    // WHEN
    change();

    // THEN
    expect(hashDirectory(folder)).not.toBe(before);
  });
});
