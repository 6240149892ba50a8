import { LABELS } from '../../contract/contract';
import { FILES_SUFFIX } from '../../contract/names';
import { ownerOfKey } from '../../contract/pki';
import { inOrder, nameByLabels } from '../deploy/present';
import { planEnvironment } from '../machine/terraform';
import { run } from '../process';
import type { PlannedChange } from '../terraform/plan';
import { readStack } from '../terraform/stack-file';
import type { Workspace } from '../terraform/terraform';
import { inWords } from '../views/names';

/** A resource of `terraform show -json PLAN`, as far as this program reads it. */
export interface PlannedResource {
  readonly address: string;
  readonly change: {
    readonly before: Attributes | null;
    readonly after: Attributes | null;
    /** Attributes that make another resource necessary, each as a path. */
    readonly replace_paths?: readonly (readonly (string | number)[])[];
  };
}

type Attributes = Readonly<Record<string, unknown>>;

/** Attributes that differ from what a user would call them. The first part of a path that is here counts, the longest first. */
const WORDS: Readonly<Record<string, string>> = {
  'env.ECP_CONFIG_SHA256': 'configuration',
  env: 'environment',
  [`labels.${LABELS.web}`]: 'web port',
  [`labels.${LABELS.superserver}`]: 'superserver port',
  [`labels.${LABELS.probe}`]: 'health check',
  memory_swap: 'memory',
  memory_bytes: 'memory',
  nano_cpus: 'processors',
  cpus: 'processors',
  cpu_set: 'processors',
  networks_advanced: 'network',
  log_opts: 'log',
  log_driver: 'log',
  max_retry_count: 'restart policy',
  restart: 'restart policy',
  destroy_grace_seconds: 'stop timeout',
  stop_timeout: 'stop timeout',
  stop_grace_period: 'stop timeout',
  wait_timeout: 'start timeout',
  healthcheck: 'health check',
  ipam_config: 'subnet',
};

/**
 * What a plan does, in words: servers with the properties that differ, without their values, which may be secret.
 *
 * @param changes those of the plan to speak of
 */
export async function changesInWords(
  { terraform, directory }: Workspace,
  planFile: string,
  changes: readonly PlannedChange[],
): Promise<string> {
  const shown = await run(terraform, ['show', '-json', planFile], { cwd: directory, env: planEnvironment() });
  const resources = shown.code === 0 ? parsePlan(shown.stdout) : [];
  const paths = Object.entries(readStack(directory).resource).flatMap(([type, named]) =>
    Object.entries(named).map(([name, each]) => [`${type}.${name}`, each['//'].metadata.path] as const),
  );
  return describe(changes, resources, new Map(paths));
}

function parsePlan(text: string): readonly PlannedResource[] {
  return (JSON.parse(text) as { resource_changes?: readonly PlannedResource[] }).resource_changes ?? [];
}

/** @param paths paths of constructs by address */
export function describe(
  changes: readonly PlannedChange[],
  resources: readonly PlannedResource[],
  paths: ReadonlyMap<string, string>,
): string {
  const bySentence = new Map<string, string[]>();
  for (const { address, action } of changes) {
    const found = resources.find(each => each.address === address)?.change;
    const name = nameOf(address, found, paths.get(address));
    // It comes and goes with its server, which is there too.
    if (name.endsWith(FILES_SUFFIX) && changes.length > 1) continue;
    const what = whatHappens(action, found);
    bySentence.set(what, [...(bySentence.get(what) ?? []), name]);
  }
  return [...bySentence].map(([what, names]) => `${inWords(inOrder(names))}: ${what}`).join('; ');
}

function whatHappens(action: string, change: PlannedResource['change'] | undefined): string {
  if (action === 'create') return 'to be added';
  if (action === 'delete') return 'to be removed';
  const words = change ? differing(change) : [];
  return words.length > 0 ? words.join(', ') : `to be ${action}d`;
}

function nameOf(address: string, change: PlannedResource['change'] | undefined, path = ''): string {
  const { labels, name } = change?.after ?? change?.before ?? {};
  const byLabels = nameByLabels((mapOf(labels) ?? {}) as Record<string, string>);
  const [type = ''] = address.split('.');
  const kind = type.replace(/^docker_/, '');
  if (byLabels !== undefined && ['container', 'service'].includes(kind)) return byLabels;
  const owner = ownerOfKey(path);
  if (owner !== undefined) return `key of ${owner}`;
  return typeof name === 'string' ? `${kind} ${name}` : address;
}

function differing({ before, after, replace_paths: replacing }: PlannedResource['change']): string[] {
  const forcing = replacing?.map(([attribute]) => String(attribute)) ?? [];
  const paths = Object.entries(after ?? {})
    // Labels say which ports. Of a resource that is replaced, what nobody has set is left to Docker.
    .filter(([name, value]) => name !== 'ports' && !(replacing && isNothing(value) && !forcing.includes(name)))
    .flatMap(([name, value]) => differences(before?.[name], value, [name]));
  const unseen = forcing.filter(name => !paths.some(path => path.split('.')[0] === name));
  return [...new Set([...paths, ...unseen].map(wordOf))];
}

/** Paths of what is planned to differ in a value. */
function differences(before: unknown, after: unknown, path: readonly string[]): string[] {
  const [a, b] = [mapOf(before), mapOf(after)];
  if (!a || !b) return settled(before) === settled(after) ? [] : [path.join('.')];
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return keys.flatMap(key => differences(a[key], b[key], [...path, key]));
}

/** A value without its order, and without what nobody has set: the provider's state has `""`, `0`, `false` or an empty list there. */
function settled(value: unknown): string {
  if (isNothing(value)) return '';
  if (Array.isArray(value)) return value.map(settled).sort().join();
  if (typeof value !== 'object') return JSON.stringify(value);
  const set = Object.entries(value as Attributes).filter(([, each]) => !isNothing(each));
  return set
    .map(([name, each]) => `${name}=${settled(each)}`)
    .sort()
    .join();
}

function isNothing(value: unknown): boolean {
  return !value || (typeof value === 'object' && Object.values(value).every(isNothing));
}

/** Blocks, maps, labels and lists of NAME=VALUE as a map; undefined for other values. */
function mapOf(value: unknown): Attributes | undefined {
  if (!Array.isArray(value)) return typeof value === 'object' && value !== null ? (value as Attributes) : undefined;
  const items: readonly unknown[] = value;
  if (items.length === 1 && mapOf(items[0]) && !('label' in (items[0] as object))) return items[0] as Attributes;
  if (items.length === 0) return undefined;
  if (items.every(each => typeof each === 'string' && /^\w+=/.test(each)))
    return Object.fromEntries(items.map(each => String(each).split(/=(.*)/s)));
  if (items.every(each => mapOf(each) && 'label' in (each as object)))
    return Object.fromEntries((items as { label: string; value: unknown }[]).map(each => [each.label, each.value]));
  return undefined;
}

function wordOf(path: string): string {
  const parts = path.split('.');
  const known = Object.keys(WORDS).filter(key => `.${path}.`.includes(`.${key}.`));
  const [longest] = known.sort((a, b) => b.length - a.length);
  if (longest === 'env' && parts.at(-1) !== 'env') return `variable ${parts.at(-1)}`;
  if (longest !== undefined) return WORDS[longest]!;
  const label = /(?:^|\.)labels\.(.+)$/.exec(path)?.[1];
  return label === undefined ? parts.at(-1)!.replaceAll('_', ' ') : `label ${label}`;
}
