import { TerraformResource, TerraformStack, Token } from 'cdktf';
import type { Construct } from 'constructs';
import { attributesOf } from './daemon-own';

const GUARDED = new WeakSet<TerraformStack>();
const KINDS: Readonly<Record<string, string>> = { docker_container: 'container', docker_service: 'service' };
const EVERYWHERE = '0.0.0.0';

/** Makes synth refuse what two containers, or services, of a stack cannot have both on one Docker host, whoever defined them: a name, a port. */
export function guardNeighbours(scope: Construct): void {
  const stack = TerraformStack.of(scope);
  if (GUARDED.has(stack)) return;
  GUARDED.add(stack);
  stack.node.addValidation({ validate: () => neighbourFaults(stack) });
}

function neighbourFaults(stack: TerraformStack): string[] {
  const containers = stack.node
    .findAll()
    .filter((each): each is TerraformResource => TerraformResource.isTerraformResource(each))
    .filter(({ terraformResourceType }) => terraformResourceType in KINDS);
  const before: Neighbour[] = [];
  return containers.flatMap(container => {
    const one = neighbour(container);
    const faults = before
      .filter(({ host, kind }) => host === one.host && kind === one.kind)
      .flatMap(other => faultsOf(one, other));
    before.push(one);
    return faults;
  });
}

/** What a container takes of its host. */
interface Neighbour {
  readonly host: string;
  readonly kind: string;
  readonly path: string;
  /** What synth knows of it: no token. */
  readonly name?: string;
  readonly ports: readonly { readonly address: string; readonly port: number; readonly protocol: string }[];
}

interface PortAttribute {
  readonly external?: number;
  readonly ip?: string;
  readonly protocol?: string;
}

function neighbour(container: TerraformResource): Neighbour {
  const { name, ports = [] } = attributesOf(container) as { readonly name?: string; readonly ports?: unknown };
  const blocks = (Array.isArray(ports) ? ports : [ports]) as readonly PortAttribute[];
  return {
    host: container.provider?.fqn ?? 'docker',
    kind: KINDS[container.terraformResourceType]!,
    path: container.node.path.replace(/\/Resource$/, ''),
    name: Token.isUnresolved(name) ? undefined : name,
    ports: blocks.flatMap(({ external, ip = EVERYWHERE, protocol = 'tcp' }) =>
      external === undefined || [external, ip, protocol].some(each => Token.isUnresolved(each))
        ? []
        : [{ address: ip, port: external, protocol }],
    ),
  };
}

function faultsOf(one: Neighbour, other: Neighbour): string[] {
  const name =
    one.name !== undefined && one.name === other.name
      ? [
          `the ${one.kind} of '${one.path}' must have a name of its own, got '${one.name}', which that of '${other.path}' has; change 'clusterName' or the name of one of the two`,
        ]
      : [];
  const shared = one.ports.find(mine =>
    other.ports.some(
      ({ address, port, protocol }) =>
        port === mine.port &&
        protocol === mine.protocol &&
        [address, mine.address].some(each => each === EVERYWHERE || address === mine.address),
    ),
  );
  const port = shared
    ? [
        `the container of '${one.path}' must have a port of the host to itself, got ${shared.port}, which that of '${other.path}' has; change 'webPort', 'appServerWebPortBase' or 'publish' of one of the two`,
      ]
    : [];
  return [...name, ...port];
}
