import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { isDeliveryAddress } from '../../contract/names';
import { planEnvironment } from '../machine/terraform';
import { run } from '../process';
import { UserError, type Progress } from '../terminal';
import { diagnosticsAtEnd, type Diagnostic } from '../terraform/diagnostics';
import { isFailedDelivery } from '../terraform/failed-delivery';
import { PATIENCE_SEC } from '../terraform/state-lock';
import { apply, messageIn, type ApplyOptions, type ApplyResult, type Workspace } from '../terraform/terraform';

interface PlannedChange {
  readonly address: string;
  readonly action: string;
}

interface Plan {
  readonly ok: boolean;
  readonly interrupted: boolean;
  readonly diagnostics: readonly Diagnostic[];
  readonly changes: readonly PlannedChange[];
}

/** A plan holds private keys; the folder is its owner's alone, and the file goes when it is applied. */
const PLAN_FILE = 'rotate.plan';

/** Options of `applyDeliveryPlan`. */
export interface DeliveryPlanOptions {
  /** Addresses to replace: keys. */
  readonly replace: readonly string[];
  /** Addresses to work on, with what they need. @default - everything */
  readonly targets?: readonly string[];
  /** Called when a plan was accepted, before its application. */
  readonly onBegin: () => void;
  readonly progress: Progress;
  /** As for `apply`. */
  readonly nodes?: ApplyOptions['nodes'];
}

/**
 * Plans, and applies only a plan that makes, changes, replaces and removes no server, network or volume, and replaces no key but
 * those that it was asked to: what is left are keys, certificates and the deliveries of files.
 *
 * @throws UserError when the settings want more than that, before anything is changed.
 */
export async function applyDeliveryPlan(workspace: Workspace, options: DeliveryPlanOptions): Promise<ApplyResult> {
  const file = join(workspace.directory, PLAN_FILE);
  let begun = false;
  const onBegin = (): void => {
    begun = true;
    options.onBegin();
  };
  try {
    const first = await planAndApply(workspace, file, { ...options, onBegin });
    if (first.interrupted) return first;
    // A failed delivery stops this plan and every later one until it is replaced.
    const failed = first.diagnostics.filter(isFailedDelivery).map(({ address }) => address!);
    if (failed.length === 0) return first;
    // When it was the plan that an earlier one stopped, no key has been replaced yet.
    const replace = begun ? failed : [...options.replace, ...failed];
    return await planAndApply(workspace, file, { ...options, onBegin, replace });
  } finally {
    rmSync(file, { force: true });
  }
}

async function planAndApply(
  workspace: Workspace,
  file: string,
  { replace, targets = [], onBegin, progress, nodes }: DeliveryPlanOptions,
): Promise<ApplyResult> {
  progress('reading what is there');
  const { ok, interrupted, diagnostics, changes } = await plan(workspace, file, { replace, targets, nodes });
  if (!ok || interrupted) {
    const none = { add: 0, change: 0, remove: 0 };
    return { ok: false, interrupted, signalled: interrupted, diagnostics, changes: none };
  }
  const touched = changes.filter(change => touchesMoreThanFiles(change, replace));
  if (touched.length > 0) {
    const list = touched.map(({ address, action }) => `${action} ${address}`).join(', ');
    throw new UserError(
      `a rotation touches no server, and the settings want more than that (${list}); deploy it with ./ecp up first, and npx cdktf diff shows it`,
    );
  }
  onBegin();
  const replaced = changes.filter(({ action }) => action === 'replace').length;
  return apply(workspace, { planned: { file, total: changes.length + replaced }, progress, nodes });
}

async function plan(
  { terraform, directory }: Workspace,
  file: string,
  { replace, targets = [], nodes }: Pick<DeliveryPlanOptions, 'replace' | 'targets' | 'nodes'>,
): Promise<Plan> {
  const heard: Diagnostic[] = [];
  const changes: PlannedChange[] = [];
  let interrupted = false;
  const args = [
    'plan',
    '-input=false',
    '-json',
    `-lock-timeout=${PATIENCE_SEC}s`,
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
      console.error('\nInterrupted: this plan is not applied.');
    },
    onLine: (line, stream) => {
      const message = stream === 'stdout' ? messageIn(line) : undefined;
      if (!message) return;
      const { type, change, diagnostic } = message;
      if (type === 'diagnostic' && diagnostic) heard.push(diagnostic);
      if (type === 'planned_change' && change) changes.push({ address: change.resource.addr, action: change.action });
    },
  });
  const diagnostics = diagnosticsAtEnd('plan', result, heard, nodes);
  return { ok: result.code === 0, interrupted, diagnostics, changes };
}

/** A key that the plan replaces by itself, as for another algorithm, may be an authority's: that would part the servers. */
function touchesMoreThanFiles({ address, action }: PlannedChange, replace: readonly string[]): boolean {
  if (address.startsWith('tls_private_key.')) return action === 'replace' && !replace.includes(address);
  return (
    address.startsWith('docker_') &&
    !isDeliveryAddress(address) &&
    ['create', 'update', 'delete', 'replace'].includes(action)
  );
}
