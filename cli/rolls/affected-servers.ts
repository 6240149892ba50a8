import { LABELS, SERVER_ROLES, type ServerRole } from '../../contract/contract';
import type { PlannedChange } from '../terraform/plan';
import { readStack, type StackResource } from '../terraform/stack-file';
import { resourcesInState } from '../terraform/terraform';

/** A server that is there and that a plan replaces or, where it was lost, makes again. */
export interface AffectedServer {
  readonly name: string;
  readonly role: ServerRole;
  /** Address of the container or service that it is. */
  readonly resource: string;
  /** True when it runs until the plan ends it. */
  readonly isReplaced: boolean;
  /** Addresses of what the plan changes in Docker for this server alone. */
  readonly addresses: readonly string[];
}

/** What a plan does to servers. */
export interface Affected {
  readonly servers: readonly AffectedServer[];
  /** Address of something that servers share and that the plan replaces, so that they can only go together. */
  readonly shared?: string;
}

/** What ends all servers when it is replaced: they are on it, or no longer trust each other. */
const SHARED_TYPES = ['docker_network', 'tls_private_key', 'tls_self_signed_cert'];

const ROLES: readonly string[] = SERVER_ROLES;

/** Which servers a plan reaches; those that it makes for the first time interrupt nobody, and are not among them. */
export function affectedServers(
  changes: readonly PlannedChange[],
  { stackDirectory, stateFile }: { readonly stackDirectory: string; readonly stateFile: string },
): Affected {
  const stack = readStack(stackDirectory).resource;
  const known = new Set(resourcesInState(stateFile).map(({ type, name }) => `${type}.${name}`));
  const found = (address: string): StackResource | undefined => {
    const [type = '', name = ''] = address.split('.');
    return stack[type]?.[name];
  };
  const acted = changes.filter(({ action }) => ['create', 'update', 'replace'].includes(action));
  const servers = acted.flatMap(({ address, action }): AffectedServer[] => {
    const resource = found(address);
    const role = resource && labelOf(resource, LABELS.role);
    const name = resource && labelOf(resource, LABELS.server);
    if (!role || !name || !ROLES.includes(role)) return [];
    // An update of a container leaves it running, and one of a service replaces its task.
    if (action === 'update' && !address.startsWith('docker_service.')) return [];
    const own = ownAddresses(stack, name);
    if (action === 'create' && !own.some(each => known.has(each))) return [];
    return [
      {
        name,
        role: role as AffectedServer['role'],
        resource: address,
        isReplaced: action !== 'create',
        addresses: acted.map(each => each.address).filter(each => own.includes(each)),
      },
    ];
  });
  const shared = changes.find(
    ({ address, action }) =>
      ['replace', 'delete'].includes(action) &&
      SHARED_TYPES.includes(address.split('.')[0]!) &&
      isAuthorityOrNetwork(address, found(address)),
  );
  return { servers, shared: servers.length > 1 ? shared?.address : undefined };
}

function labelOf({ labels }: StackResource, label: string): string | undefined {
  return Array.isArray(labels) ? labels.find(each => each.label === label)?.value : undefined;
}

/** Addresses in Docker of what carries a server's name. */
function ownAddresses(stack: ReturnType<typeof readStack>['resource'], server: string): string[] {
  return Object.entries(stack)
    .filter(([type]) => type.startsWith('docker_'))
    .flatMap(([type, named]) =>
      Object.entries(named)
        .filter(([, resource]) => labelOf(resource, LABELS.server) === server)
        .map(([name]) => `${type}.${name}`),
    );
}

/** A key of a server is its own; one that the stack no longer has is an authority's that nobody trusts any more, or goes with its server. */
function isAuthorityOrNetwork(address: string, resource: StackResource | undefined): boolean {
  if (address.startsWith('docker_network.')) return true;
  return resource !== undefined && /\/ca-\d+\//.test(resource['//'].metadata.path);
}
