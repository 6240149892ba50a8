import { planEnvironment } from '../machine/terraform';
import { run } from '../process';
import { diagnosticsAtEnd, type Diagnostic } from './diagnostics';
import { parallelismOptions } from './parallelism';
import { PATIENCE_SEC } from './state-lock';
import { messageIn, type ApplyOptions, type Workspace } from './terraform';

/** What a plan does to one resource. */
export interface PlannedChange {
  readonly address: string;
  /** `create`, `update`, `replace`, `delete` and the like, as `terraform plan -json` has it. */
  readonly action: string;
}

/** A plan that was made, or why not. */
export interface Plan {
  readonly ok: boolean;
  readonly interrupted: boolean;
  readonly diagnostics: readonly Diagnostic[];
  readonly changes: readonly PlannedChange[];
  /** True when an apply would not even write the state: no resource changes or has changed, and no output. */
  readonly isEmpty: boolean;
}

/** Options of `plan`. */
export type PlanOptions = Pick<ApplyOptions, 'replace' | 'targets' | 'nodes'> & {
  /** What is said at an interrupt. */
  readonly onInterrupt: string;
};

/** Plans into a file, which holds private keys and is the caller's to remove. */
export async function plan(
  { terraform, directory }: Workspace,
  file: string,
  { replace = [], targets = [], nodes, onInterrupt }: PlanOptions,
): Promise<Plan> {
  const heard: Diagnostic[] = [];
  const changes: PlannedChange[] = [];
  let interrupted = false;
  let isEmpty = true;
  const args = [
    'plan',
    '-input=false',
    '-json',
    `-lock-timeout=${PATIENCE_SEC}s`,
    ...parallelismOptions(directory),
    `-out=${file}`,
    ...replace.map(address => `-replace=${address}`),
    ...targets.map(address => `-target=${address}`),
  ];
  const result = await run(terraform, args, {
    cwd: directory,
    env: planEnvironment(),
    interrupt: nodes?.lost,
    // Without this a signal would end this process at once, and the plan with its keys would stay.
    onInterrupt: () => {
      interrupted = true;
      console.error(`\nInterrupted: ${onInterrupt}`);
    },
    onLine: (line, stream) => {
      const message = stream === 'stdout' ? messageIn(line) : undefined;
      if (!message) return;
      const { type, change, diagnostic, outputs = {} } = message;
      if (type === 'diagnostic' && diagnostic) heard.push(diagnostic);
      if (type === 'planned_change' || type === 'resource_drift') isEmpty = false;
      if (type === 'outputs' && Object.values(outputs).some(({ action }) => action !== 'noop')) isEmpty = false;
      if (type === 'planned_change' && change) changes.push({ address: change.resource.addr, action: change.action });
    },
  });
  const diagnostics = diagnosticsAtEnd('plan', result, heard, nodes);
  return { ok: result.code === 0, interrupted, diagnostics, changes, isEmpty };
}
