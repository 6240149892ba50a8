import type { Synthesized } from '../../app/synthesize';
import { printExplanations } from '../failures/explain';
import { step } from '../terminal';
import { readStack } from './stack-file';
import { apply, type ApplyOptions, type Workspace } from './terraform';

/**
 * Addresses of a stack's images.
 *
 * @param types `docker_image`, and `docker_registry_image` for those that are pushed
 * @param reachable Targets of the deploy, which may be any addresses. @default - all are reachable
 */
export function imageAddresses(
  stackDirectory: string,
  types: readonly ('docker_image' | 'docker_registry_image')[],
  reachable?: readonly string[],
): string[] {
  const { resource } = readStack(stackDirectory);
  return types
    .flatMap(type => Object.keys(resource[type] ?? {}).map(id => `${type}.${id}`))
    .filter(address => reachable?.includes(address) ?? true);
}

/**
 * Makes, fetches or pushes images in a deploy of their own.
 *
 * @param how As for `apply`.
 * @returns the exit code when they cannot be had, which is explained on standard error then; undefined otherwise
 */
export async function makeImages(
  workspace: Workspace,
  { stackDirectory, settings }: Pick<Synthesized, 'stackDirectory' | 'settings'>,
  title: string,
  { targets, nodes }: Pick<ApplyOptions, 'targets' | 'nodes'>,
): Promise<number | undefined> {
  const result = await step(
    title,
    progress => apply(workspace, { targets, nodes, progress }),
    ({ ok }) => ok,
  );
  if (result.ok) return undefined;
  if (result.interrupted) return 130;
  await printExplanations(result.diagnostics, stackDirectory, settings.cluster);
  return 1;
}
