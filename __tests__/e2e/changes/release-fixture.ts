import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { synthesize } from '../../../app/synthesize';
import { version } from '../../../package.json';
import { PROJECT, testCluster } from '../support/test-cluster';

/** What a release synthesizes for the cluster of the upgrade test, one folder a release. */
const FIXTURES = join(PROJECT, '__tests__', 'fixtures', 'upgrade');

/** The cluster that the fixtures describe. Its name and ports are in them, so both stay. */
export const UPGRADE_CLUSTER = { name: 'ecp-changes-upgrade', slot: 21 };

interface StackJson {
  readonly resource: { readonly docker_image: Readonly<Record<string, ImageJson>> };
}

interface ImageJson {
  name: string;
  readonly build?: { context: string };
}

/** Releases with a fixture, oldest first. */
export function releases(): string[] {
  if (!existsSync(FIXTURES)) return [];
  return readdirSync(FIXTURES).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

/**
 * With UPGRADE_WRITE set: writes what the present code synthesizes as the fixture of the version in package.json.
 *
 * @throws Error when that version has one: what a release made is never rewritten.
 */
export function writeFixture(): void {
  if (!process.env.UPGRADE_WRITE) return;
  const file = join(FIXTURES, version, 'cdk.tf.json');
  if (existsSync(file)) throw new Error(`${file} must stay as its release made it; raise the version in package.json`);
  const { folder, environment } = testCluster(UPGRADE_CLUSTER.name, UPGRADE_CLUSTER.slot);
  // What the set-up of this machine found must not show.
  const { stackDirectory } = synthesize({
    ...environment,
    CDKTF_CONTEXT_JSON: '{}',
    ECP_REHEARSAL_BASE_IMAGE: 'debian:bookworm-slim',
  });
  mkdirSync(dirname(file), { recursive: true });
  copyFileSync(join(stackDirectory, 'cdk.tf.json'), file);
  rmSync(folder, { recursive: true });
}

/** What a release synthesized, as it is kept. */
export function textOf(release: string): string {
  return readFileSync(join(FIXTURES, release, 'cdk.tf.json'), 'utf8');
}

/**
 * The stack of a release with today's images in place of its own: their build context is not kept, and another image would
 * rightly replace the servers.
 */
export function stackOfRelease(release: string, today: string): string {
  const stack = JSON.parse(textOf(release)) as StackJson;
  const images = Object.values((JSON.parse(today) as StackJson).resource.docker_image);
  for (const image of Object.values(stack.resource.docker_image)) {
    const present = images.find(each => (each.build === undefined) === (image.build === undefined))!;
    image.name = present.name;
    if (image.build && present.build) image.build.context = present.build.context;
  }
  return JSON.stringify(stack);
}
