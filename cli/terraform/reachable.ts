import type { SilentNode } from '../access/silent-nodes';
import { readStack } from './stack-file';
import { hostInState, resourcesInState } from './terraform';

/** A resource of the stack or, where the stack no longer has it, of the state. */
interface Node {
  readonly address: string;
  /** Alias of its provider, which is the name of its Docker host; empty for the stack's own. */
  readonly host: string;
  readonly needs: readonly string[];
}

/**
 * Terraform's addresses for a plan that leaves the hosts alone which do not answer: everything in Docker but what is on them, and but what
 * needs something there, since a target brings along what it needs. What a plan does not name keeps its place in the state. Keys and
 * certificates come along with the deliveries that need them, so those of a server out of reach stay as they are.
 *
 * @returns undefined when all of them answer: then a plan is for everything.
 */
export function reachableTargets(
  silent: readonly SilentNode[],
  stack: { readonly stackDirectory: string; readonly stateFile: string },
): string[] | undefined {
  if (silent.length === 0) return undefined;
  const nodes = new Map(
    [...inState(stack.stateFile), ...inStack(stack.stackDirectory)].map(each => [each.address, each]),
  );
  const hosts = new Set(silent.map(({ node }) => node));
  const known = new Map<string, boolean>();
  const isReachable = (address: string): boolean => {
    let answer = known.get(address);
    if (answer === undefined) {
      const node = nodes.get(address);
      answer = node === undefined || (!hosts.has(node.host) && node.needs.every(isReachable));
      known.set(address, answer);
    }
    return answer;
  };
  return [...nodes.keys()].filter(address => address.startsWith('docker_')).filter(isReachable);
}

/** Addresses of what the state has on nodes. */
export function placedOn(silent: readonly SilentNode[], stateFile: string): string[] {
  return inState(stateFile).flatMap(({ address, host }) => (silent.some(({ node }) => node === host) ? [address] : []));
}

function inStack(directory: string): Node[] {
  const { resource } = readStack(directory);
  const addresses = new Set(
    Object.entries(resource).flatMap(([type, named]) => Object.keys(named).map(name => `${type}.${name}`)),
  );
  return Object.entries(resource).flatMap(([type, named]) =>
    Object.entries(named).map(([name, properties]) => {
      const address = `${type}.${name}`;
      const mentioned = JSON.stringify(properties).match(/\b[a-z_]+\.[\w-]+/g) ?? [];
      const needs = [...new Set(mentioned)].filter(each => each !== address && addresses.has(each));
      return { address, host: properties.provider?.split('.')[1] ?? '', needs };
    }),
  );
}

function inState(stateFile: string): Node[] {
  return resourcesInState(stateFile).map(resource => ({
    address: `${resource.type}.${resource.name}`,
    host: hostInState(resource),
    needs: resource.instances.flatMap(({ dependencies = [] }) => dependencies),
  }));
}
