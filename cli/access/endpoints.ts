import { nodesOf, readDataCentre } from '../../app/data-centre';
import { usesSwarm } from '../../app/node-settings';
import { loadSettings } from '../../app/settings';

/** A Docker engine that servers run on, beside the one that this process has settled on. */
export interface Endpoint {
  /** Name of the node. */
  readonly node: string;
  /** Variables by which the docker command reaches it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Where a cluster's servers may run. */
export interface Places {
  /** True when servers are services of a swarm. */
  readonly isSwarm: boolean;
  /** Engines to ask; `undefined` is this process' own. For a swarm a manager comes first. */
  readonly endpoints: readonly (Endpoint | undefined)[];
  /** Nodes by the names of the servers that the settings put there. */
  readonly hosts: Readonly<Record<string, string>>;
}

const known = new Map<string, Places>();

/** Where the servers of a cluster may run: the settings' own cluster on their nodes, others on this process' own engine or in a data centre. */
export function placesOf(cluster: string): Places {
  let places = known.get(cluster);
  if (!places) {
    places = lookUp(cluster);
    known.set(cluster, places);
  }
  return places;
}

/** Looks places up again: settings have changed. */
export function forgetPlaces(): void {
  known.clear();
}

function lookUp(cluster: string): Places {
  const settings = loadSettings(process.env);
  if (settings.cluster !== cluster) {
    const centre = readDataCentre(cluster);
    if (!centre) return { isSwarm: false, endpoints: [undefined], hosts: {} };
    return { isSwarm: true, endpoints: endpointsOf(nodesOf(centre), centre.certificateFolder), hosts: {} };
  }
  if (settings.nodes === undefined) return { isSwarm: false, endpoints: [undefined], hosts: {} };
  const endpoints = endpointsOf(settings.nodes, settings.nodeCertPath);
  if (usesSwarm(settings)) return { isSwarm: true, endpoints, hosts: {} };
  const { hosts = {} } = settings;
  const hasOwn = ['data-server', ...settings.appServers].some(server => hosts[server] === undefined);
  return { isSwarm: false, endpoints: hasOwn ? [undefined, ...endpoints] : endpoints, hosts };
}

function endpointsOf(nodes: Readonly<Record<string, string>>, certificateFolder: string | undefined): Endpoint[] {
  return Object.entries(nodes).map(([node, host]) => endpointOf(node, host, certificateFolder));
}

function endpointOf(node: string, host: string, certificateFolder: string | undefined): Endpoint {
  const tls = host.startsWith('tcp:') && certificateFolder !== undefined;
  return {
    node,
    environment: {
      DOCKER_HOST: host,
      DOCKER_CONTEXT: undefined,
      DOCKER_TLS: undefined,
      DOCKER_TLS_VERIFY: tls ? '1' : undefined,
      DOCKER_CERT_PATH: tls ? certificateFolder : undefined,
    },
  };
}
