import type { TerraformResource } from 'cdktf';

/**
 * Attributes of a container that a Docker daemon may fill in by settings of its own (daemon.json and its like: `log-opts`, `dns`), and
 * that docker provider 4.6 reads back: without `ignore_changes` each plan would replace the container for what nobody asked for.
 */
export const DAEMON_OWN = [
  'log_driver',
  'log_opts',
  'dns',
  'dns_opts',
  'dns_search',
  'host',
  'sysctls',
  'group_add',
  'storage_opts',
  'userns_mode',
] as const;

/** Limits of a container that has ended. Where the daemon cannot apply them, each plan would try again. */
export const ENDED_LIMITS = ['memory', 'memory_swap', 'cpu_shares'] as const;

export const LOGGING = { logDriver: 'json-file', logOpts: { 'max-size': '10m', 'max-file': '3' } } as const;

const WRITTEN: Readonly<Record<string, unknown>> = { log_driver: LOGGING.logDriver, log_opts: LOGGING.logOpts };

/** Those attributes as somebody set them through the resource, for a label: the plan no longer sees that they changed. */
export function overriddenOf(attributes: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const isOverridden = (name: string): boolean =>
    name in attributes && JSON.stringify(attributes[name]) !== JSON.stringify(WRITTEN[name]);
  return Object.fromEntries(DAEMON_OWN.filter(isOverridden).map(name => [name, attributes[name]]));
}

/** A resource's attributes as they will be written, overrides included. */
export function attributesOf(of: TerraformResource): Readonly<Record<string, unknown>> {
  const { resource } = of.toTerraform() as { resource: Record<string, Record<string, Record<string, unknown>>> };
  return Object.values(resource[of.terraformResourceType]!)[0]!;
}
