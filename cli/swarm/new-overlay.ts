import { readStack } from '../terraform/stack-file';
import { resourcesInState } from '../terraform/terraform';

/** What decides whether an overlay connects nodes. */
export interface Overlay {
  readonly internal: boolean;
  /** Options of the driver: `encrypted`. */
  readonly options: Readonly<Record<string, string>>;
}

/** The overlay that the next apply makes; undefined when the state has it with the same settings, or the stack makes none. */
export function newOverlay(stackDirectory: string, stateFile: string): Overlay | undefined {
  const known = new Map(
    resourcesInState(stateFile, 'docker_network').map(({ name, instances }) => [name, instances[0]?.attributes]),
  );
  const networks = Object.entries(readStack(stackDirectory).resource.docker_network ?? {});
  for (const [id, { driver, internal = false, options = {} }] of networks) {
    if (driver !== 'overlay') continue;
    const overlay = { internal, options };
    if (!isThere(overlay, known.get(id))) return overlay;
  }
  return undefined;
}

/** Docker adds options of its own, and one that is left out changes nothing. */
function isThere({ internal, options }: Overlay, state: Readonly<Record<string, unknown>> | null | undefined): boolean {
  if (state?.driver !== 'overlay' || (state.internal ?? false) !== internal) return false;
  const present = (state.options ?? {}) as Overlay['options'];
  return Object.entries(options).every(([name, value]) => present[name] === value);
}
