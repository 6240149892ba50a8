import { isFailedDelivery } from './failed-delivery';
import { isLateOverlay } from './late-overlay';
import { apply, type ApplyOptions, type ApplyResult, type Workspace } from './terraform';

/**
 * As `apply`, and once more when that is the remedy: with the deliveries that failed, also earlier, recreated, or where a container was started
 * before its overlay was there.
 */
export async function applyWithSecondTry(workspace: Workspace, options: ApplyOptions): Promise<ApplyResult> {
  const first = await apply(workspace, options);
  const failed = first.diagnostics.filter(isFailedDelivery).map(({ address }) => address!);
  const late = first.diagnostics.some(isLateOverlay);
  if ((failed.length === 0 && !late) || first.interrupted) return first;
  // When it was the plan that failed, nothing has been replaced yet.
  const replace = [...new Set([...(options.replace ?? []), ...failed])];
  return apply(workspace, { ...options, planned: undefined, replace });
}
