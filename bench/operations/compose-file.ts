import { FILES_DIRECTORY, LABELS } from '../../contract/contract';

/** A server's container as the stack defines it: attributes of the provider's `docker_container`. */
export interface StackContainer {
  readonly name: string;
  readonly hostname?: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly env?: readonly string[];
  readonly user?: string;
  readonly capabilities?: { readonly add?: readonly string[]; readonly drop?: readonly string[] };
  readonly security_opts?: readonly string[];
  readonly read_only?: boolean;
  readonly tmpfs?: Readonly<Record<string, string>>;
  readonly volumes?: readonly { readonly container_path: string; readonly volume_name: string }[];
  readonly networks_advanced?: readonly { readonly aliases: readonly string[] }[];
  readonly ports?: readonly {
    readonly internal: number;
    readonly external: number;
    readonly ip: string;
    readonly protocol: string;
  }[];
  readonly memory: number;
  readonly memory_swap: number;
  readonly cpu_shares?: number;
  readonly restart?: string;
  readonly stop_signal?: string;
  readonly stop_timeout?: number;
  readonly log_driver?: string;
  readonly log_opts?: Readonly<Record<string, string>>;
  readonly healthcheck?: Readonly<Record<string, unknown>>;
  readonly labels: readonly { readonly label: string; readonly value: string }[];
  /** A host file has no content. */
  readonly upload?: readonly { readonly file: string; readonly content?: string }[];
}

/** The parts of a synthesized stack that a compose file is made from. */
export interface ComposedStack {
  readonly resource: {
    readonly docker_container: Readonly<Record<string, StackContainer>>;
    readonly docker_image: Readonly<Record<string, { readonly name: string }>>;
    readonly docker_network: Readonly<
      Record<
        string,
        {
          readonly name: string;
          readonly driver: string;
          readonly internal: boolean;
          readonly labels: StackContainer['labels'];
        }
      >
    >;
  };
}

/** Containers of a role: `data-server`, `app-server` or `delivery`. */
export function containersOf({ resource }: ComposedStack, role: string): StackContainer[] {
  return Object.values(resource.docker_container).filter(each => labelsOf(each)[LABELS.role] === role);
}

/**
 * The stack's servers as services of one compose file, alike in all that a container is: image, user, limits, probe, labels, ports. Only
 * the files come from folders of the host, as in the article: one for the data server, one for all application servers.
 *
 * @param folders Folder of each role's files.
 */
export function composeFile(
  stack: ComposedStack,
  folders: Readonly<Record<'data-server' | 'app-server', string>>,
): unknown {
  const network = Object.values(stack.resource.docker_network)[0]!;
  const dataServers = containersOf(stack, 'data-server');
  const services = [
    ...dataServers.map(each => serviceOf(stack, each, folders['data-server'])),
    // The stack's application servers wait for the data server too.
    ...containersOf(stack, 'app-server').map(each => ({
      ...serviceOf(stack, each, folders['app-server']),
      depends_on: { 'data-server': { condition: 'service_healthy' } },
    })),
  ];
  const data = dataServers.flatMap(dataVolumesOf)[0]!;
  const { name, driver, internal } = network;
  return escapeDollars({
    name,
    services: Object.fromEntries(services.map(service => [service.hostname, service])),
    networks: { ecp: { name, driver, internal, labels: labelsOf(network) } },
    volumes: { data: { name: data.volume_name, labels: labelsOf(network) } },
  });
}

function serviceOf(stack: ComposedStack, container: StackContainer, folder: string) {
  const { name, hostname = '', command, env, user, capabilities = {}, healthcheck = {} } = container;
  return {
    container_name: name,
    hostname,
    image: imageOf(stack, container),
    // The image is the product's own, which no registry has.
    pull_policy: 'never',
    command,
    environment: env,
    user,
    cap_add: capabilities.add,
    cap_drop: capabilities.drop,
    security_opt: container.security_opts,
    read_only: container.read_only,
    tmpfs: Object.entries(container.tmpfs ?? {}).map(([path, options]) => `${path}:${options}`),
    volumes: [
      { type: 'bind', source: folder, target: FILES_DIRECTORY, read_only: true },
      ...dataVolumesOf(container).map(({ container_path: target }) => ({ type: 'volume', source: 'data', target })),
    ],
    networks: { ecp: { aliases: container.networks_advanced?.[0]?.aliases } },
    ports: container.ports?.map(({ internal, external, ip, protocol }) => ({
      target: internal,
      published: String(external),
      host_ip: ip,
      protocol,
    })),
    mem_limit: `${container.memory}m`,
    memswap_limit: `${container.memory_swap}m`,
    cpu_shares: container.cpu_shares,
    restart: container.restart,
    stop_signal: container.stop_signal,
    stop_grace_period: container.stop_timeout === undefined ? undefined : `${container.stop_timeout}s`,
    logging: { driver: container.log_driver, options: container.log_opts },
    healthcheck,
    labels: labelsOf(container),
  };
}

function dataVolumesOf({ volumes = [] }: StackContainer) {
  return volumes.filter(({ container_path: path }) => path !== FILES_DIRECTORY);
}

/** The tag that the stack builds: `${docker_image.NAME.image_id}` in the stack. */
function imageOf({ resource }: ComposedStack, { image }: StackContainer): string {
  const [, id = ''] = /^\$\{docker_image\.([^.]+)\.image_id\}$/.exec(image) ?? [];
  return resource.docker_image[id]?.name ?? image;
}

function labelsOf({ labels }: Pick<StackContainer, 'labels'>): Record<string, string> {
  return Object.fromEntries(labels.map(({ label, value }) => [label, value]));
}

/** Compose takes a dollar for a variable unless it is doubled. */
export function escapeDollars(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replaceAll('$', '$$$$'));
}
