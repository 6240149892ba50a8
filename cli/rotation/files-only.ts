import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { isFailedDelivery } from '../terraform/failed-delivery';
import { terraformEnvironment } from '../machine/terraform';
import { run } from '../process';
import { LOCK_TIMEOUT_SEC, apply, type ApplyResult, type Diagnostic, type Workspace } from '../terraform/terraform';
import { UserError, type Progress } from '../terminal';

interface PlannedChange {
  readonly address: string;
  readonly action: string;
}

interface Plan {
  readonly ok: boolean;
  readonly diagnostics: readonly Diagnostic[];
  readonly changes: readonly PlannedChange[];
}

interface Message {
  readonly type: string;
  readonly change?: { readonly resource: { readonly addr: string }; readonly action: string };
  readonly diagnostic?: Diagnostic;
}

/** A plan holds private keys; the folder is its owner's alone, and the file goes when it is applied. */
const PLAN_FILE = 'rotate.plan';

/**
 * Plans, and applies only a plan that makes, replaces and removes no server, network or volume: what is left are keys, certificates
 * and the deliveries of files.
 *
 * @throws UserError when the settings want more than that, before anything is changed.
 */
export async function applyFilesOnly(
  workspace: Workspace,
  replace: readonly string[],
  progress: Progress,
): Promise<ApplyResult> {
  const file = join(workspace.directory, PLAN_FILE);
  try {
    const first = await planAndApply(workspace, file, replace, progress);
    if (first.interrupted) return first;
    // A failed delivery stops this plan and every later one until it is replaced.
    const failed = first.diagnostics.filter(isFailedDelivery).map(({ address }) => address!);
    return failed.length > 0 ? await planAndApply(workspace, file, failed, progress) : first;
  } finally {
    rmSync(file, { force: true });
  }
}

async function planAndApply(
  workspace: Workspace,
  file: string,
  replace: readonly string[],
  progress: Progress,
): Promise<ApplyResult> {
  progress('reading what is there');
  const { ok, diagnostics, changes } = await plan(workspace, file, replace);
  if (!ok) return { ok, interrupted: false, diagnostics, changes: { add: 0, change: 0, remove: 0 } };
  const touched = changes.filter(touchesMoreThanFiles);
  if (touched.length > 0) {
    const list = touched.map(({ address, action }) => `${action} ${address}`).join(', ');
    throw new UserError(
      `a rotation touches no server, and the settings want more than that (${list}); deploy it with ./ecp up first, and npx cdktf diff shows it`,
    );
  }
  const replaced = changes.filter(({ action }) => action === 'replace').length;
  return apply(workspace, { planned: { file, total: changes.length + replaced }, progress });
}

async function plan({ terraform, directory }: Workspace, file: string, replace: readonly string[]): Promise<Plan> {
  const diagnostics: Diagnostic[] = [];
  const changes: PlannedChange[] = [];
  const args = [
    'plan',
    '-input=false',
    '-json',
    `-lock-timeout=${LOCK_TIMEOUT_SEC}s`,
    `-out=${file}`,
    ...replace.map(address => `-replace=${address}`),
  ];
  const result = await run(terraform, args, {
    cwd: directory,
    env: terraformEnvironment(),
    onLine: (line, stream) => {
      if (stream !== 'stdout' || !line.startsWith('{')) return;
      const { type, change, diagnostic } = JSON.parse(line) as Message;
      if (type === 'diagnostic' && diagnostic) diagnostics.push(diagnostic);
      if (type === 'planned_change' && change) changes.push({ address: change.resource.addr, action: change.action });
    },
  });
  if (result.code !== 0 && !diagnostics.some(each => each.severity === 'error'))
    diagnostics.push({ severity: 'error', summary: result.stderr.trim() || `terraform plan ended with code ${result.code}`, detail: '' }); // prettier-ignore
  return { ok: result.code === 0, diagnostics, changes };
}

/** A change in place, such as starting a stopped server, is none of a rotation's business and does it no harm. */
function touchesMoreThanFiles({ address, action }: PlannedChange): boolean {
  return (
    address.startsWith('docker_') &&
    !/_delivery_[0-9A-F]{8}$/.test(address) &&
    ['create', 'delete', 'replace'].includes(action)
  );
}
