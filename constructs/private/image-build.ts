import { Image } from '@cdktf/provider-docker/lib/image';
import { RegistryImage } from '@cdktf/provider-docker/lib/registry-image';
import { App, AssetType, DataResource, Fn, TerraformAsset, Token, type TerraformProvider } from 'cdktf';
import { Construct } from 'constructs';
import { createHash } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LABELS } from '../../contract/contract';
import { Refusal } from '../../contract/refusal';
import { guardAtApply, imageNameRule } from './apply-rules';
import { requireImageName, requireKnown } from './validate';

/** What an engine's image is built from. */
export interface ImageBuild {
  /** Folder with the Dockerfile. */
  readonly context: string;
  /** Repository of the built image, such as `ecp-rehearsal`; its tag is a hash of all that makes it. */
  readonly repository: string;
  /** Image that the Dockerfile starts from, as its build argument `BASE_IMAGE`. */
  readonly baseImage: string;
  /**
   * Registry and path that the image is pushed to, such as `registry.example.org/ecp`.
   *
   * @default - it is not pushed
   */
  readonly registry?: string;
  /**
   * Provider of the Docker host that builds.
   *
   * @default - the stack's own
   */
  readonly provider?: TerraformProvider;
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

/** An image of an engine, and what it takes to have it elsewhere. */
export interface BuiltImage {
  /** The image on the stack's own host. */
  readonly image: Image;
  /** Its id on another host. */
  readonly imageIdOn: (host: TerraformProvider) => string;
  /** The image in the registry. */
  readonly imageReference?: string;
}

/**
 * Defines the image of an engine in the construct's own scope: the asset `context`, the image `base` and the image `Resource`. All images
 * stay on their hosts when the cluster goes. With a registry the image is pushed there (`pushed`, `digest`), and other hosts pull it by its digest;
 * without one each of them builds it.
 */
export function buildImage(scope: Construct, build: ImageBuild): BuiltImage {
  const { baseImage } = build;
  requireImageName('baseImage', baseImage);
  requireKnown('registry', build.registry);
  const context =
    build.application === undefined ? build.context : contextWith(scope, build.context, build.application);
  const contextHash = hashDirectory(context);
  const asset = new TerraformAsset(scope, 'context', {
    path: context,
    type: AssetType.DIRECTORY,
    assetHash: contextHash,
  });
  // Both make the image, so both make its name: another base on the same host must not move the name of the first image.
  const tag = Token.isUnresolved(baseImage)
    ? Fn.substr(Fn.sha256(Fn.join(' ', [contextHash, baseImage])), 0, 12)
    : createHash('sha256').update(`${contextHash}\0${baseImage}`).digest('hex').slice(0, 12);
  const repository = build.registry === undefined ? build.repository : `${build.registry}/${build.repository}`;
  const { provider } = build;
  const image = buildOn(scope, { ...build, name: `${repository}:${tag}`, contextPath: asset.path });
  const pushed =
    build.registry === undefined
      ? undefined
      : new RegistryImage(scope, 'pushed', {
          name: image.name,
          // Others may run on it.
          keepRemotely: true,
          triggers: { image: image.imageId },
          provider,
        });
  const imageReference = pushed && `${repository}@${digestOf(scope, pushed, image, repository)}`;
  const onHosts = new Map<TerraformProvider, Image>(provider ? [[provider, image]] : []);
  const imageIdOn = (host: TerraformProvider): string => {
    let found = onHosts.get(host);
    if (!found) {
      const place = new Construct(scope, `on-${host.alias ?? 'default'}`);
      found = imageReference
        ? new Image(place, 'Resource', { name: imageReference, keepLocally: true, provider: host })
        : buildOn(place, { ...build, name: `${repository}:${tag}`, contextPath: asset.path, provider: host });
      onHosts.set(host, found);
    }
    return found.imageId;
  };
  return { image, imageIdOn, imageReference };
}

/**
 * As `buildImage`, for containers on one host: it builds the image itself, or with a registry the stack's own host does and this one pulls it.
 *
 * @param host Provider of the host; the stack's own when undefined.
 */
export function buildImageFor(
  scope: Construct,
  host: TerraformProvider | undefined,
  build: Omit<ImageBuild, 'provider'>,
): { readonly image: Image; readonly imageId: string } {
  const { image, imageIdOn } = buildImage(scope, {
    ...build,
    provider: build.registry === undefined ? host : undefined,
  });
  return { image, imageId: host ? imageIdOn(host) : image.imageId };
}

function buildOn(
  scope: Construct,
  build: Pick<ImageBuild, 'baseImage' | 'platform' | 'provider'> & {
    readonly name: string;
    readonly contextPath: string;
  },
): Image {
  const { provider } = build;
  // A resource of its own: a build does not use the provider's `registry_auth`.
  const base = new Image(scope, 'base', {
    name: build.baseImage,
    keepLocally: true,
    lifecycle: KEEP_UNTIL_REPLACED,
    provider,
  });
  guardAtApply(base, imageNameRule('baseImage', build.baseImage));
  return new Image(scope, 'Resource', {
    name: build.name,
    keepLocally: true,
    lifecycle: KEEP_UNTIL_REPLACED,
    buildAttribute: {
      context: build.contextPath,
      // By name: BuildKit takes no image id in FROM. The label makes a base with new content a new build.
      buildArgs: { BASE_IMAGE: base.name },
      label: { [LABELS.baseImageId]: base.imageId },
      platform: build.platform,
    },
    provider,
  });
}

/**
 * The digest that a push gave, kept for as long as image and repository are the same: docker provider 4.6 forgets a push when the registry does not
 * answer, and a plan of that moment would change every server.
 */
function digestOf(scope: Construct, pushed: RegistryImage, image: Image, repository: string): string {
  const kept = new DataResource(scope, 'digest', {
    input: { digest: pushed.sha256Digest },
    // By value: ./ecp builds an image in an apply of its own, before that of the rest.
    triggersReplace: { image: image.imageId, repository },
    lifecycle: { ignoreChanges: ['input'] },
  });
  return kept.getStringAttribute('output.digest');
}

/** A copy of the context with the folder in it, beside the stacks; cdktf copies it into its own at synth. */
function contextWith(scope: Construct, context: string, application: string): string {
  if (!statSync(application, { throwIfNoEntry: false })?.isDirectory())
    throw new Refusal(
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
