import { existsSync, readFileSync } from 'node:fs';
import { UserError } from './user-error';

/** One object that a state holds of a resource. */
export interface StateInstance {
  readonly attributes?: ({ readonly id?: string } & Record<string, unknown>) | null;
  /** `tainted` when the next plan replaces it. */
  readonly status?: string;
  /** Set on one that was replaced and could not be removed: the next plan removes it. */
  readonly deposed?: string;
  /** Addresses of all that it needs. */
  readonly dependencies?: readonly string[];
}

/** A resource in a state. */
export interface StateResource {
  readonly type: string;
  readonly name: string;
  /** Address of its provider, with the alias behind a dot. */
  readonly provider?: string;
  readonly instances: readonly StateInstance[];
}

/** A state as Terraform writes it, as far as this program reads it. */
export interface StateText {
  /** Rises with each write. */
  readonly serial?: number;
  readonly resources: readonly StateResource[];
  readonly outputs?: Readonly<Record<string, { readonly value?: unknown } | null>>;
}

/** What a file that Terraform has locked and not yet written stands for. */
const NO_STATE: StateText = { resources: [] };

const VERSION = 4;

/** @throws UserError when there is a state file and it cannot be read, before Terraform says so in words of its own. */
export function readState(stateFile: string): StateText {
  if (!existsSync(stateFile)) return NO_STATE;
  let text: string;
  try {
    text = readFileSync(stateFile, 'utf8');
  } catch (error) {
    throw new UserError(
      `the Terraform state '${stateFile}' must be a file that can be read, and is not (${(error as Error).message}): correct that, or move it away and ./ecp up recreates everything but the data`,
    );
  }
  try {
    return parseState(text, stateFile);
  } catch (error) {
    throw new UserError(`the Terraform state '${stateFile}' ${(error as Error).message}`);
  }
}

/**
 * Reads the text of a state file.
 *
 * @throws Error whose message goes on after "the Terraform state '…' ". It quotes nothing: around a fault there may be a key.
 */
function parseState(text: string, stateFile: string): StateText {
  if (text === '') return NO_STATE;
  const remedy = `put '${stateFile}.backup' in its place, or remove it and ./ecp up recreates everything but the data`;
  let state: unknown;
  try {
    state = JSON.parse(text);
  } catch {
    throw new Error(`must be JSON, and is not (it is cut short or damaged): ${remedy}`);
  }
  if (!isObject(state)) throw new Error(`must be JSON, and is not (it holds no object): ${remedy}`);
  // OpenTofu's; read as a state without resources, the next sweep would remove the running cluster.
  if (state.encrypted_data !== undefined)
    throw new Error(
      `must not be encrypted, and is: ./ecp could not tell the cluster's containers from leftovers; take OpenTofu's state encryption away, or deploy with plain cdktf`,
    );
  if (typeof state.version === 'number' && state.version !== VERSION)
    throw new Error(
      `must be of version ${VERSION}, and is of version ${state.version}: ./ecp could not tell the cluster's containers from leftovers; deploy with plain cdktf and the Terraform that wrote it`,
    );
  const { resources } = state;
  if (state.version !== VERSION || !Array.isArray(resources) || !resources.every(isResource))
    throw new Error(`must be one that Terraform wrote, and is not (it lacks a version or its resources): ${remedy}`);
  return state as unknown as StateText;
}

function isResource(value: unknown): boolean {
  return (
    isObject(value) &&
    typeof value.type === 'string' &&
    typeof value.name === 'string' &&
    Array.isArray(value.instances) &&
    value.instances.every(isObject)
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
