import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Image } from '@cdktf/provider-docker/lib/image';
import { AssetType, TerraformAsset } from 'cdktf';
import { Construct } from 'constructs';
import { SERVER_UID } from './private/contract';

/** What an engine asks of the containers that run it. Servers pass it on and do not interpret it. */
export interface EcpImage {
  /** Docker's id of the image. */
  readonly imageId: string;
  /** Name of the engine, for labels and for people. */
  readonly engine: 'rehearsal' | 'iris';
  /**
   * Arguments of the image's entry point.
   *
   * @default - the image's own
   */
  readonly command?: readonly string[];
  /**
   * Environment variables beside those of the container contract. Nothing secret.
   *
   * @default - none
   */
  readonly env?: Readonly<Record<string, string>>;
  /** Capabilities that the engine needs; all others are dropped. */
  readonly capabilitiesAdd: readonly string[];
  /** Whether the engine runs with `no-new-privileges`. */
  readonly noNewPrivileges: boolean;
  /** Whether the engine runs on a read-only root file system. */
  readonly readOnlyRoot: boolean;
  /** Directories in memory, each with its mount options. */
  readonly tmpfs: Readonly<Record<string, string>>;
}

/** Properties of `RehearsalImage`. */
export interface RehearsalImageProps {
  /**
   * Debian image that the build starts from. It is used as it is when the Docker host has it, and pulled otherwise.
   *
   * @default "debian:bookworm-slim"
   */
  readonly baseImage?: string;
}

const REHEARSAL_CONTEXT = join(__dirname, '..', 'images', 'rehearsal');

/**
 * The licence-free rehearsal engine, built from source on the Docker host. It is not InterSystems IRIS: docs/rehearsal.md.
 *
 * Resources: `docker_image` for the base, `docker_image` for the engine. Both stay on the host when the cluster goes. A change
 * in the build context gives a new image, which replaces the servers.
 */
export class RehearsalImage extends Construct implements EcpImage {
  public readonly imageId: string;
  public readonly engine = 'rehearsal';
  public readonly capabilitiesAdd: readonly string[] = [];
  public readonly noNewPrivileges = true;
  public readonly readOnlyRoot = true;
  public readonly tmpfs = {
    '/run/ecp': `rw,noexec,nosuid,nodev,size=16m,uid=${SERVER_UID},gid=${SERVER_UID},mode=0700`,
    '/tmp': `rw,noexec,nosuid,nodev,size=16m,uid=${SERVER_UID},gid=${SERVER_UID},mode=0700`,
  };
  /** The Docker image, for what the properties do not cover. */
  public readonly image: Image;

  constructor(scope: Construct, id: string, props: RehearsalImageProps = {}) {
    super(scope, id);
    const contextHash = hashDirectory(REHEARSAL_CONTEXT);
    const context = new TerraformAsset(this, 'context', {
      path: REHEARSAL_CONTEXT,
      type: AssetType.DIRECTORY,
      assetHash: contextHash,
    });
    const baseImage = props.baseImage ?? 'debian:bookworm-slim';
    const base = new Image(this, 'base', { name: baseImage, keepLocally: true });
    // Both make the image, so both make its name: another base on the same host must not move the name of the first image.
    const tag = createHash('sha256').update(`${contextHash}\0${baseImage}`).digest('hex').slice(0, 12);
    this.image = new Image(this, 'Resource', {
      name: `ecp-rehearsal:${tag}`,
      keepLocally: true,
      buildAttribute: {
        context: context.path,
        // By name: BuildKit takes no image id in FROM. The label makes a base with new content a new build.
        buildArgs: { BASE_IMAGE: base.name },
        label: { 'ecp.base-image-id': base.imageId },
        platform: 'linux/amd64',
      },
    });
    this.imageId = this.image.imageId;
  }
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
