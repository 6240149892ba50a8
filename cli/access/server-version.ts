import { IRIS } from '../../contract/engines';
import { LABELS } from '../../contract/contract';
import { IRIS_VERSION_LABEL } from './engine-version';
import type { Server } from './servers';

/** What runs on servers, and on which. */
export interface ServersOfVersion {
  readonly version: string;
  readonly servers: readonly string[];
}

/** The version of a server in words: of IRIS its release, and of each other engine its image, whose release may stay the same. */
export function versionOf({ facts }: Server): string {
  const { labels, image } = { labels: facts.Config.Labels, image: shortImage(facts.Image) };
  const release = labels[LABELS.engine] === IRIS ? labels[IRIS_VERSION_LABEL] : undefined;
  return release === undefined ? `image ${image}` : `${release} (image ${image})`;
}

/** The beginning of an image's id, as docker images shows it. */
export function shortImage(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 12);
}

/** Servers by their versions, the most frequent first. */
export function versionsOf(servers: readonly Server[]): ServersOfVersion[] {
  const found = new Map<string, string[]>();
  for (const server of servers) found.set(versionOf(server), [...(found.get(versionOf(server)) ?? []), server.name]);
  return [...found]
    .map(([version, names]) => ({ version, servers: names }))
    .sort((a, b) => b.servers.length - a.servers.length);
}

/**
 * Whether servers of one cluster run different versions. Hosts that build an image each have it under an id of their own, so that across
 * hosts only releases are compared.
 */
export function isSpread(servers: readonly Server[]): boolean {
  const hosts = new Set(servers.map(({ facts }) => facts.endpoint?.node));
  const releases = servers.map(({ facts }) => facts.Config.Labels[IRIS_VERSION_LABEL]);
  if (new Set(releases).size > 1) return true;
  return [...hosts].some(
    host =>
      new Set(servers.filter(({ facts }) => facts.endpoint?.node === host).map(({ facts }) => facts.Image)).size > 1,
  );
}
