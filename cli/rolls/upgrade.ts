import type { Synthesized } from '../../app/synthesize';
import { IRIS } from '../../contract/engines';
import { IRIS_VERSION_LABEL } from '../access/engine-version';
import { tryDocker } from '../access/docker';
import type { Server } from '../access/servers';
import { readStack } from '../terraform/stack-file';
import { imagesInState } from '../terraform/terraform';
import type { AffectedServer } from './affected-servers';

/** A change of the image that a server runs. */
export interface Upgrade {
  readonly server: Server;
  /** Release of IRIS that runs, and that the image has; undefined for other engines, or where nobody says it. */
  readonly from?: string;
  readonly to?: string;
  /** True when the release is another one, or when nobody knows. */
  readonly changesIris: boolean;
}

/** Servers of a plan that get another image. The images are in Docker already. */
export async function upgradesIn(
  affected: readonly AffectedServer[],
  present: readonly Server[],
  stack: Synthesized,
): Promise<Upgrade[]> {
  const images = imagesInState(stack.stateFile);
  const resources = readStack(stack.stackDirectory).resource;
  const [engineImage] = Object.entries(resources.docker_image ?? {}).flatMap(([name, { '//': remark }]) =>
    /^[^/]+\/image\/Resource$/.test(remark.metadata.path) ? (images.get(`docker_image.${name}`) ?? []) : [],
  );
  const imageOf = ({ resource }: AffectedServer): string | undefined => {
    const [type = '', name = ''] = resource.split('.');
    const [, address = ''] = /^\$\{(docker_image\.[^.]+)\.image_id\}$/.exec(resources[type]?.[name]?.image ?? '') ?? [];
    return (images.get(address) ?? engineImage)?.image_id;
  };
  const to = stack.settings.engine === IRIS && engineImage ? await releaseOf(engineImage.image_id) : undefined;
  return affected.flatMap((each): Upgrade[] => {
    const server = present.find(({ name }) => name === each.name);
    const image = imageOf(each);
    if (!server || (image !== undefined && server.facts.Image === image)) return [];
    const from = server.facts.Config.Labels[IRIS_VERSION_LABEL];
    return [
      {
        server,
        from,
        to,
        changesIris: stack.settings.engine === IRIS && (from === undefined || from !== to),
      },
    ];
  });
}

/** Release of IRIS that an image has. */
async function releaseOf(imageId: string): Promise<string | undefined> {
  const format = `{{index .Config.Labels "${IRIS_VERSION_LABEL}"}}`;
  const { code, stdout } = await tryDocker(['image', 'inspect', '--format', format, imageId], { timeoutSec: 30 });
  return (code === 0 && stdout.trim()) || undefined;
}
