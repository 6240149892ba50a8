/**
 * The container contract's fixed values, each in this one place. What they mean: docs/container-contract.md.
 */

/** User id that every server runs as; `irisowner` in InterSystems' images. */
export const SERVER_UID = 51773;

/** Superserver port, which ECP uses too. Never published on the host. */
export const SUPERSERVER_PORT = 1972;

/** Web port in the container: management portal and metrics in iris, statistics and metrics in rehearsal. */
export const WEB_PORT = 52773;

/** Web ports are for the people at this host; whoever wants more puts a proxy before them. */
export const WEB_ADDRESS = '127.0.0.1';

/** Read-only volume with a server's configuration and certificates. */
export const FILES_DIRECTORY = '/ecp/files';

/** Where the data server keeps its data. */
export const DURABLE_DIRECTORY = '/durable';

/** Where journals lie that have a volume of their own. */
export const JOURNAL_DIRECTORY = '/journal';
export const ALTERNATE_JOURNAL_DIRECTORY = '/alternate-journal';

/** Files below `FILES_DIRECTORY`. */
export const FILES = {
  config: 'config.json',
  caBundle: 'pki/ca.pem',
  certificate: 'pki/cert.pem',
  privateKey: 'pki/key.pem',
  authorizedClients: 'authorized-clients',
  mirrorMembers: 'mirror-members',
} as const;

/** What all labels of this package begin with. */
export const LABEL_PREFIX = 'ecp.';

/** Labels by which people and the `ecp` command find what belongs to a cluster. */
export const LABELS = {
  cluster: 'ecp.cluster',
  role: 'ecp.role',
  server: 'ecp.server',
  engine: 'ecp.engine',
  probe: 'ecp.probe',
  web: 'ecp.web',
  baseImageId: 'ecp.base-image-id',
  ipv6: 'ecp.ipv6',
  files: 'ecp.files',
  superserver: 'ecp.superserver',
  /** Role of the servers that a delivery on a swarm is for. */
  delivers: 'ecp.delivers',
  machines: 'ecp.machines',
} as const;

/** Label of the node of a swarm that keeps a cluster's data; its value is the cluster's name. */
export const DATA_NODE_LABEL = 'ecp.data-server';

/** Largest value of IRIS's `MaxServerConn` (InterSystems, Configuration Parameter File Reference). */
export const MAX_SERVER_CONNECTIONS = 254;

/** Before a subject in the file `authorized-clients` whose writes are refused. */
export const READ_ONLY = 'read-only ';

/** Name of the data server of a cluster. */
export const DATA_SERVER_NAME = 'data-server';

/** Name of a mirror's arbiter, and its role. */
export const ARBITER_NAME = 'arbiter';

/** What a server does in its cluster, by its label. */
export type ServerRole = 'data-server' | 'app-server' | typeof ARBITER_NAME;

/** Roles of all servers, in the order in which they start. */
export const SERVER_ROLES: readonly ServerRole[] = [ARBITER_NAME, 'data-server', 'app-server'];

/** The names that a data server admits without being told: `app-server-1` to `app-server-<maximum>`. */
export function reservedAppServerNames(maximum: number): string[] {
  return Array.from({ length: maximum }, (_, index) => `app-server-${index + 1}`);
}
