import { actionOf, type Action, type ResourceChange } from './plan';

/** A resource as a person would name it: what it belongs to, and which part of it. */
export interface Part {
  /** A server's name, `network`, `image` or `authority N`. */
  readonly owner: string;
  readonly part: string;
}

/** What a plan does, in words: one cell of the table for each action. */
export type Reach = Readonly<Record<Action, string>>;

/** Parts of a server in the order in which they are listed. */
const PARTS = ['container', 'delivery', 'files volume', 'data volume', 'key', 'request', 'certificate', 'base'];

const KINDS: Readonly<Record<string, string>> = {
  docker_container: 'container',
  docker_volume: 'volume',
  docker_network: '',
  docker_image: '',
  tls_private_key: 'key',
  tls_cert_request: 'request',
  tls_locally_signed_cert: 'certificate',
  tls_self_signed_cert: 'certificate',
};

/** `docker_container.ecp_app-server-1_delivery_483E48A7` is the delivery of `app-server-1`. */
export function partOf({ address, type }: Pick<ResourceChange, 'address' | 'type'>): Part {
  const [first = '', ...rest] = address
    .slice(type.length + 1)
    .replace(/_[0-9A-F]{8}$/, '')
    .split('_');
  const kind = KINDS[type];
  if (kind === undefined) throw new Error(`${address} is of a type that the table has no word for`);
  if (type === 'docker_network' || type === 'docker_image') return { owner: first, part: rest.join(' ') };
  const [owner = '', detail = ''] = rest;
  const authority = /^ca-(\d+)$/.exec(owner);
  if (authority) return { owner: `authority ${authority[1]}`, part: kind };
  if (type === 'docker_container') return { owner, part: detail === 'delivery' ? 'delivery' : 'container' };
  return { owner, part: type === 'docker_volume' ? `${detail} volume` : kind };
}

/** Tells a plan in words; `servers` are those of the cluster as it will be, for `all servers`. */
export function reachOf(changes: readonly ResourceChange[], servers: readonly string[]): Reach {
  const cell = (action: Action): string =>
    inWords(changes.filter(change => actionOf(change) === action).map(partOf), servers);
  return {
    added: cell('added'),
    changed: cell('changed'),
    replaced: cell('replaced'),
    destroyed: cell('destroyed'),
  };
}

function inWords(parts: readonly Part[], servers: readonly string[]): string {
  const owners = [...new Set(parts.map(({ owner }) => owner))].sort(byServers(servers));
  const partsOf = (owner: string): string =>
    parts
      .filter(each => each.owner === owner)
      .map(({ part }) => part)
      .sort((a, b) => PARTS.indexOf(a) - PARTS.indexOf(b))
      .join(', ');
  const groups = new Map<string, string[]>();
  for (const owner of owners) groups.set(partsOf(owner), [...(groups.get(partsOf(owner)) ?? []), owner]);
  const phrases = [...groups].map(([what, whose]) => {
    const isAll = servers.length > 1 && servers.every(server => whose.includes(server));
    const who = isAll ? ['all servers', ...whose.filter(owner => !servers.includes(owner))] : whose;
    return what === '' ? who.join(', ') : `${who.join(', ')}: ${what}`;
  });
  return phrases.join('; ') || 'none';
}

/** Data server first, then application servers, then what is not a server. */
function byServers(servers: readonly string[]): (a: string, b: string) => number {
  const rank = (owner: string): number => {
    if (owner === 'data-server') return 0;
    return servers.includes(owner) || owner.startsWith('app-server') ? 1 : 2;
  };
  return (a, b) => rank(a) - rank(b) || a.localeCompare(b, 'en', { numeric: true });
}
