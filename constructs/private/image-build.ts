import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Image } from '@cdktf/provider-docker/lib/image';
import { AssetType, TerraformAsset } from 'cdktf';
import type { Construct } from 'constructs';
import { requireImageName } from './validate';

/** What an engine's image is built from. */
export interface ImageBuild {
  /** Folder with the Dockerfile. */
  readonly context: string;
  /** Repository of the built image, such as `ecp-rehearsal`; its tag is a hash of all that makes it. */
  readonly repository: string;
  /** Image that the Dockerfile starts from, as its build argument `BASE_IMAGE`. */
  readonly baseImage: string;
  /**
   * Platform of the build.
   *
   * @default - that of the Docker host
   */
  readonly platform?: string;
}

/** A build or pull that fails leaves the state knowing the image that servers run on. */
export const KEEP_UNTIL_REPLACED = { createBeforeDestroy: true };

/**
 * Defines the image of an engine in the construct's own scope: the asset `context`, the image `base` and the image `Resource`. Both
 * images stay on the host when the cluster goes.
 */
export function buildImage(scope: Construct, { context, repository, baseImage, platform }: ImageBuild): Image {
  requireImageName('baseImage', baseImage);
  const contextHash = hashDirectory(context);
  const asset = new TerraformAsset(scope, 'context', {
    path: context,
    type: AssetType.DIRECTORY,
    assetHash: contextHash,
  });
  // A resource of its own: a build does not use the provider's `registry_auth`.
  const base = new Image(scope, 'base', { name: baseImage, keepLocally: true, lifecycle: KEEP_UNTIL_REPLACED });
  // Both make the image, so both make its name: another base on the same host must not move the name of the first image.
  const tag = createHash('sha256').update(`${contextHash}\0${baseImage}`).digest('hex').slice(0, 12);
  return new Image(scope, 'Resource', {
    name: `${repository}:${tag}`,
    keepLocally: true,
    lifecycle: KEEP_UNTIL_REPLACED,
    buildAttribute: {
      context: asset.path,
      // By name: BuildKit takes no image id in FROM. The label makes a base with new content a new build.
      buildArgs: { BASE_IMAGE: base.name },
      label: { 'ecp.base-image-id': base.imageId },
      platform,
    },
  });
}

/**
 * SHA-256 over path, executable bit and bytes of each file, the same on every machine. cdktf's own hash sees neither a renamed
 * file nor a changed mode (packages/cdktf/lib/private/fs.ts, `hashPath`).
 */
export function hashDirectory(directory: string): string {
  const hash = createHash('sha256');
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map(path => path.replaceAll('\\', '/'))
    .filter(path => statSync(join(directory, path)).isFile())
    .sort();
  for (const path of files) {
    const mode = statSync(join(directory, path)).mode & 0o100 ? 'x' : '-';
    const content = readFileSync(join(directory, path));
    hash.update(`${path}\0${mode}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}
