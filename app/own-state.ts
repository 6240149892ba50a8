import { LABELS } from '../contract/contract';
import { readState, type StateText } from './state-text';
import { UserError } from './user-error';

/** Types whose objects say by a label of which cluster they are. */
const LABELLED = ['docker_container', 'docker_network', 'docker_volume'];

/**
 * A copy of another cluster's state would take that cluster for this one: everything of it would be changed, or removed.
 *
 * @throws UserError when a state cannot be read, or is of other clusters and not of this one.
 */
export function requireOwnState(stateFile: string, cluster: string, engine?: string): void {
  requireOwn(readState(stateFile), { stateFile, cluster, engine });
}

/** As `requireOwnState`, when a stack is synthesized: a state that cannot be read is for Terraform to complain of. */
export function requireNoOtherState(stateFile: string, cluster: string, engine: string): void {
  let state: StateText;
  try {
    state = readState(stateFile);
  } catch {
    return;
  }
  requireOwn(state, { stateFile, cluster, engine });
}

function requireOwn(
  state: StateText,
  { stateFile, cluster, engine }: { readonly stateFile: string; readonly cluster: string; readonly engine?: string },
): void {
  const clusters = labelsIn(state, LABELS.cluster, outputIn(state, 'name'), authoritiesIn(state));
  const engines = labelsIn(state, LABELS.engine, outputIn(state, 'engine'));
  const remedy = `put this cluster's own state in its place, or move it away and ./ecp up recreates everything but the data`;
  if (clusters.size > 0 && !clusters.has(cluster))
    throw new UserError(
      `the Terraform state '${stateFile}' must be of the cluster '${cluster}', and is of '${[...clusters].join("', '")}': ${remedy}`,
    );
  if (engine !== undefined && engines.size > 0 && !engines.has(engine))
    throw new UserError(
      `the Terraform state '${stateFile}' must be of the engine '${engine}', and is of '${[...engines].join("', '")}': ${remedy}`,
    );
}

function labelsIn({ resources }: StateText, label: string, ...more: readonly (readonly string[])[]): Set<string> {
  const values = resources
    .filter(({ type }) => LABELLED.includes(type))
    .flatMap(({ instances }) => instances)
    .flatMap(({ attributes }) => (Array.isArray(attributes?.labels) ? (attributes.labels as unknown[]) : []))
    .map(each => each as { readonly label?: unknown; readonly value?: unknown })
    .filter(each => each.label === label)
    .flatMap(({ value }) => (typeof value === 'string' ? [value] : []));
  return new Set([...values, ...more.flat()]);
}

/** A value of the output `cluster`, which main.ts defines. */
function outputIn({ outputs }: StateText, key: 'name' | 'engine'): string[] {
  const value = (outputs?.cluster?.value as Readonly<Record<string, unknown>> | null | undefined)?.[key];
  return typeof value === 'string' ? [value] : [];
}

/** Clusters by the names of their authorities (constructs/ecp-pki.ts). */
function authoritiesIn({ resources }: StateText): string[] {
  return resources
    .filter(({ type }) => type === 'tls_self_signed_cert')
    .flatMap(({ instances }) => instances)
    .flatMap(({ attributes }) => (Array.isArray(attributes?.subject) ? (attributes.subject as unknown[]) : []))
    .map(subject => (subject as { readonly common_name?: unknown }).common_name)
    .flatMap(name => (typeof name === 'string' ? (/^(.+) ECP CA \d+$/.exec(name)?.[1] ?? []) : []));
}
