import { LABELS } from '../../contract/contract';
import { ENTRY_COMMAND, ENTRY_POINT_NAME } from '../../contract/entry-point';
import { UserError } from '../terminal';
import { execIn } from './container';
import type { ContainerFacts } from './docker';
import type { Part } from './servers';

/** The entry point of a cluster, running or not. */
export function entryPointAmong(containers: readonly ContainerFacts[]): Part | undefined {
  const facts = containers.find(({ Config: { Labels: labels } }) => labels[LABELS.role] === ENTRY_POINT_NAME);
  return facts && { name: ENTRY_POINT_NAME, container: facts.Name.replace(/^\//, ''), facts };
}

/** What an entry point does with a server. */
export interface EnteredServer {
  readonly name: string;
  /** `serving`, `down` (it does not say that it is Normal), `draining` or `drained` (on request). */
  readonly state: string;
  /** Requests and connections that are on it now. */
  readonly sessions: number;
  /** What HAProxy says of its last check. */
  readonly check: string;
}

/** Longer than any drain. */
const LONGEST_SEC = 3700;

/**
 * Runs `ecp-entry` in the entry point.
 *
 * @returns what it printed
 * @throws UserError with its sentence when it fails
 */
export async function askEntryPoint(
  { facts }: Pick<Part, 'facts'>,
  args: readonly string[],
  timeoutSec = LONGEST_SEC,
): Promise<string> {
  const { code, stdout, stderr } = await execIn(facts, [ENTRY_COMMAND, ...args], { timeoutSec });
  if (code === 0) return stdout;
  throw new UserError(`the entry point: ${stderr.trim().replace(/^ecp-entry: /, '') || `exit code ${code}`}`);
}

/** Reads what `ecp-entry status` prints. */
export function readEntryStatus(text: string): EnteredServer[] {
  return text
    .split('\n')
    .map(line => line.split('\t'))
    .flatMap(([name = '', state = '', sessions = '', check = '']) =>
      /^[a-z0-9-]+$/.test(name) && state !== ''
        ? [{ name, state, sessions: Number(sessions), check: check.trim() }]
        : [],
    );
}
