import { Image } from '@cdktf/provider-docker/lib/image';
import { App, AssetType, TerraformAsset } from 'cdktf';
import type { Construct } from 'constructs';
import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LABELS } from '../../contract/contract';
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
  /**
   * Folder of the user's own that the build finds as `application` in its context.
   *
   * @default - what the context has under that name
   */
  readonly application?: string;
}

/** A build or pull that fails leaves the state knowing the image that servers run on. */
export const KEEP_UNTIL_REPLACED = { createBeforeDestroy: true };

/**
 * Defines the image of an engine in the construct's own scope: the asset `context`, the image `base` and the image `Resource`. Both
 * images stay on the host when the cluster goes.
 */
export function buildImage(scope: Construct, build: ImageBuild): Image {
  const { repository, baseImage, platform } = build;
  requireImageName('baseImage', baseImage);
  const context =
    build.application === undefined ? build.context : contextWith(scope, build.context, build.application);
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
      label: { [LABELS.baseImageId]: base.imageId },
      platform,
    },
  });
}

/** A copy of the context with the folder in it, beside the stacks; cdktf copies it into its own at synth. */
function contextWith(scope: Construct, context: string, application: string): string {
  if (!statSync(application, { throwIfNoEntry: false })?.isDirectory())
    throw new Error(
      `'applicationFolder' must be the path of a folder, got '${application}', which is none; correct the path`,
    );
  const copy = join(App.of(scope).outdir, 'contexts', hashDirectory(application).slice(0, 12));
  rmSync(copy, { recursive: true, force: true });
  cpSync(context, copy, { recursive: true });
  rmSync(join(copy, 'application'), { recursive: true });
  cpSync(application, join(copy, 'application'), { recursive: true });
  return copy;
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
