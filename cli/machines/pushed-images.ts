import { LABELS } from '../../contract/contract';
import { docker, tryDocker } from '../access/docker';

/**
 * Removes the names that images of this host were pushed to a registry under, which is gone. Docker keeps an image that a container runs on,
 * or that has another name.
 */
export async function removePushedImages(registry: string): Promise<void> {
  const format = '{{.Repository}} {{.Tag}} {{.Digest}}';
  const filter = ['--filter', `label=${LABELS.baseImageId}`];
  const listed = await docker(['image', 'ls', '--digests', '--no-trunc', ...filter, '--format', format]);
  const pushed = listed
    .split('\n')
    .filter(line => line.startsWith(`${registry}/`))
    .map(line => {
      const [repository = '', tag = '', digest = ''] = line.split(' ');
      return tag === '<none>' ? `${repository}@${digest}` : `${repository}:${tag}`;
    });
  for (const name of new Set(pushed)) await tryDocker(['image', 'rm', name], { timeoutSec: 60 });
}
