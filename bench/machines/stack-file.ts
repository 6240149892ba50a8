import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readState } from '../../app/state-text';
import { escapeDollars } from '../operations/compose-file';

interface Mount {
  readonly type: string;
  readonly source: string;
  readonly target: string;
  readonly read_only: boolean;
  readonly volume_options: readonly {
    readonly no_copy: boolean;
    readonly driver_name: string;
    readonly driver_options: Readonly<Record<string, string>>;
  }[];
  readonly tmpfs_options: readonly { readonly size_bytes: number }[];
}

interface ContainerSpec {
  readonly image: string;
  readonly command: readonly string[] | null;
  readonly args: readonly string[] | null;
  readonly hostname: string;
  readonly user: string;
  readonly env: Readonly<Record<string, string>> | null;
  readonly read_only: boolean;
  readonly cap_add: readonly string[] | null;
  readonly cap_drop: readonly string[] | null;
  readonly stop_signal: string;
  readonly stop_grace_period: string;
  readonly labels: readonly { readonly label: string; readonly value: string }[];
  readonly healthcheck: readonly {
    readonly test: readonly string[];
    readonly interval: string;
    readonly timeout: string;
    readonly start_period: string;
    readonly retries: number;
  }[];
  readonly mounts: readonly Mount[];
  readonly secrets: readonly {
    readonly secret_name: string;
    readonly file_name: string;
    readonly file_uid: string;
    readonly file_gid: string;
    readonly file_mode: number;
  }[];
}

/** A `docker_service` as the state has it, as far as a stack file says it again. */
interface StateService {
  readonly name: string;
  readonly labels: ContainerSpec['labels'];
  readonly mode: readonly { readonly global: boolean }[];
  readonly task_spec: readonly {
    readonly container_spec: readonly ContainerSpec[];
    readonly networks_advanced: readonly { readonly aliases: readonly string[] | null }[];
    readonly placement: readonly { readonly constraints: readonly string[] | null }[];
    readonly resources: readonly { readonly limits: readonly { readonly memory_bytes: number }[] }[];
    readonly log_driver: readonly { readonly name: string; readonly options: Readonly<Record<string, string>> }[];
    readonly restart_policy: readonly { readonly condition: string; readonly delay: string }[];
  }[];
}

/**
 * Writes the services that a deploy has left in a state as a file for `docker stack deploy`, alike in image, secrets, volumes, probe, limits
 * and placement, with the secrets beside it.
 *
 * @returns the file; JSON is YAML
 */
export function writeStackFile(stateFile: string, folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const inState = <T>(type: string): T[] =>
    readState(stateFile)
      .resources.filter(resource => resource.type === type)
      .flatMap(({ instances }) => instances.map(({ attributes }) => attributes as unknown as T));
  const services = inState<StateService>('docker_service');
  const secrets = inState<{ readonly name: string; readonly data: string }>('docker_secret');
  for (const { name, data } of secrets) writeFileSync(join(folder, name), Buffer.from(data, 'base64'), { mode: 0o600 });
  const file = join(folder, 'stack.json');
  writeFileSync(
    file,
    JSON.stringify(
      escapeDollars({
        version: '3.8',
        services: Object.fromEntries(services.map(service => [service.name, serviceOf(service)])),
        networks: { ecp: { driver: 'overlay', attachable: true } },
        secrets: Object.fromEntries(secrets.map(({ name }) => [name, { file: join(folder, name) }])),
        volumes: Object.fromEntries(services.flatMap(volumesOf)),
      }),
      null,
      2,
    ),
    { mode: 0o600 },
  );
  return file;
}

function serviceOf({ labels, mode, task_spec: [task] }: StateService): unknown {
  const container = task!.container_spec[0]!;
  const [health] = container.healthcheck;
  const [log] = task!.log_driver;
  const [restart] = task!.restart_policy;
  return {
    image: container.image,
    entrypoint: container.command?.length ? container.command : undefined,
    command: container.args?.length ? container.args : undefined,
    hostname: container.hostname || undefined,
    user: container.user,
    environment: container.env ?? {},
    read_only: container.read_only,
    cap_add: container.cap_add ?? [],
    cap_drop: container.cap_drop ?? [],
    stop_signal: container.stop_signal,
    stop_grace_period: container.stop_grace_period,
    labels: labelsOf(container.labels),
    healthcheck:
      health?.test[0] === 'NONE'
        ? { disable: true }
        : health && {
            test: health.test,
            interval: health.interval,
            timeout: health.timeout,
            start_period: health.start_period,
            retries: health.retries,
          },
    volumes: container.mounts.map(mountOf),
    secrets: container.secrets.map(secret => ({
      source: secret.secret_name,
      target: secret.file_name,
      uid: secret.file_uid,
      gid: secret.file_gid,
      mode: secret.file_mode,
    })),
    networks: { ecp: { aliases: task!.networks_advanced.flatMap(({ aliases }) => aliases ?? []) } },
    logging: { driver: log?.name, options: log?.options },
    deploy: {
      mode: mode[0]?.global ? 'global' : 'replicated',
      labels: labelsOf(labels),
      endpoint_mode: 'dnsrr',
      resources: { limits: { memory: String(task!.resources[0]!.limits[0]!.memory_bytes) } },
      placement: { constraints: task!.placement[0]?.constraints ?? [] },
      restart_policy: { condition: restart?.condition, delay: restart?.delay },
    },
  };
}

function mountOf({
  type,
  source,
  target,
  read_only: readOnly,
  tmpfs_options: [tmpfs],
  volume_options: [options],
}: Mount): unknown {
  if (type === 'tmpfs') return { type, target, tmpfs: { size: tmpfs?.size_bytes } };
  return { type, source, target, read_only: readOnly, volume: { nocopy: options?.no_copy ?? false } };
}

/** Those with options; others Docker makes as it finds them named. */
function volumesOf({ task_spec: [task] }: StateService): (readonly [string, unknown])[] {
  return task!.container_spec[0]!.mounts.flatMap(({ type, source, volume_options: [options] }) => {
    if (type !== 'volume') return [];
    const own = options?.driver_name ? { driver: options.driver_name, driver_opts: options.driver_options } : {};
    return [[source, { name: source, ...own }] as const];
  });
}

function labelsOf(labels: ContainerSpec['labels']): Record<string, string> {
  return Object.fromEntries(labels.map(({ label, value }) => [label, value]));
}
