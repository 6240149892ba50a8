import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { isDeliveryAddress } from '../../contract/names';
import { UserError, type Progress } from '../terminal';
import { isFailedDelivery } from '../terraform/failed-delivery';
import { plan, type PlannedChange } from '../terraform/plan';
import { apply, type ApplyOptions, type ApplyResult, type Workspace } from '../terraform/terraform';
import { changesInWords } from './change-words';

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
  const { ok, interrupted, diagnostics, changes } = await plan(workspace, file, {
    replace,
    targets,
    nodes,
    onInterrupt: 'this plan is not applied.',
  });
  if (!ok || interrupted) {
    const none = { add: 0, change: 0, remove: 0 };
    return { ok: false, interrupted, signalled: interrupted, diagnostics, changes: none };
  }
  const touched = changes.filter(change => touchesMoreThanFiles(change, replace));
  if (touched.length > 0) {
    const words = await changesInWords(workspace, file, touched);
    throw new UserError(
      `a rotation touches no server, and the settings want more than that (${words}); deploy it with ./ecp up first, and npx cdktf diff shows it`,
    );
  }
  onBegin();
  const replaced = changes.filter(({ action }) => action === 'replace').length;
  return apply(workspace, { planned: { file, total: changes.length + replaced }, progress, nodes });
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
