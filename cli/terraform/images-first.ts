import type { Synthesized } from '../../app/synthesize';
import { tryDocker } from '../access/docker';
import { imageAddresses, makeImages } from './make-images';
import { readStack } from './stack-file';
import { imagesInState, type ApplyOptions, type ImageInState, type Workspace } from './terraform';

type Stack = Pick<Synthesized, 'settings' | 'stackDirectory' | 'stateFile'>;

/** An image of the stack, beside what state and Docker know of it. */
interface StackImage {
  readonly address: string;
  readonly name: string;
  /** Labels of its build; a value may be a reference to another image's id. Undefined for an image that is pulled. */
  readonly buildLabels?: Readonly<Record<string, string>>;
  readonly inState?: ImageInState;
  /** Image id that the name stands for in Docker. */
  readonly inDocker?: string;
}

/**
 * Makes or fetches the images of a stack while its servers go on running: Terraform by itself removes servers before it begins the
 * build or pull that their successors need. Costs one look at Docker when all images are there.
 *
 * @param how As for `apply`; the targets may be any addresses.
 * @returns the exit code when the images cannot be had, which is explained on standard error then; undefined otherwise
 */
export async function imagesFirst(
  workspace: Workspace,
  stack: Stack,
  { targets: reachable, nodes }: Pick<ApplyOptions, 'targets' | 'nodes'> = {},
): Promise<number | undefined> {
  let images = await keepTags(stack);
  const addresses = imageAddresses(stack.stackDirectory, ['docker_image'], reachable);
  // Bases before builds: a plan that does not know a base's id yet would build again, even when the same base comes back.
  for (const builds of [false, true]) {
    const current = images.filter(
      ({ address, buildLabels }) => (builds || !buildLabels) && addresses.includes(address),
    );
    if (current.every(image => isSettled(image, images))) continue;
    const targets = current.map(({ address }) => address);
    const what = builds ? 'Build the image' : 'Fetch the images';
    const failed = await makeImages(workspace, stack, `${what} while the servers run`, { targets, nodes });
    if (failed !== undefined) {
      console.error('No server was touched: an image of the cluster cannot be made or fetched.');
      return failed;
    }
    images = await lookAtImages(stack);
  }
  return undefined;
}

/**
 * Gives an image that the state knows by its id its name back, when that is lost. The name of a built image is a hash of all that makes
 * it, so it also comes back from another image; a pulled one that has moved is a newer image.
 *
 * @returns the stack's images as they are then
 */
export async function keepTags(stack: Stack): Promise<readonly StackImage[]> {
  const images = await lookAtImages(stack);
  let areNamed = false;
  for (const { name, buildLabels, inState, inDocker } of images) {
    if (inState?.name !== name || inState.image_id === inDocker) continue;
    if (inDocker !== undefined && !buildLabels) continue;
    // It fails where the image is gone too, or where the name is a digest: then Terraform fetches or builds it.
    const tagged = await tryDocker(['tag', inState.image_id, name], { timeoutSec: 30 });
    if (tagged.code !== 0) continue;
    areNamed = true;
    console.log(`gave the image ${inState.image_id.slice(7, 19)} its name back: ${name}`);
  }
  return areNamed ? lookAtImages(stack) : images;
}

/** Nothing is left for Terraform to do to the image. */
function isSettled({ name, buildLabels, inState, inDocker }: StackImage, images: readonly StackImage[]): boolean {
  // Another host pulls what was pushed, by its digest: one that it has is as settled as the image that is built here.
  if (name.includes('${')) return inState !== undefined;
  if (inState?.name !== name || inState.image_id !== inDocker) return false;
  return Object.entries(buildLabels ?? {}).every(([label, value]) => {
    const [, address] = /^\$\{(.+)\.image_id\}$/.exec(value) ?? [];
    const base = images.find(each => each.address === address);
    return inState.build?.[0]?.label?.[label] === (base ? base.inDocker : value);
  });
}

async function lookAtImages({ stackDirectory, stateFile }: Stack): Promise<StackImage[]> {
  const known = imagesInState(stateFile);
  const images = Object.entries(readStack(stackDirectory).resource.docker_image ?? {});
  const ids = await idsInDocker(images.map(([, { name = '' }]) => name));
  return images.map(([id, { name = '', build }]) => ({
    address: `docker_image.${id}`,
    name,
    buildLabels: build && (build.label ?? {}),
    inState: known.get(`docker_image.${id}`),
    inDocker: ids.get(name),
  }));
}

/** Ids by name; names that Docker does not know are missing. */
async function idsInDocker(names: readonly string[]): Promise<Map<string, string>> {
  const looks = names.map(async name => {
    const { code, stdout } = await tryDocker(['image', 'inspect', '--format', '{{.Id}}', name], { timeoutSec: 30 });
    return code === 0 ? [[name, stdout.trim()] as const] : [];
  });
  return new Map((await Promise.all(looks)).flat());
}
