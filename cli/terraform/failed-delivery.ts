import type { Diagnostic } from './diagnostics';
import { apply, type ApplyOptions, type ApplyResult, type Workspace } from './terraform';

/** A delivery that failed stops every later plan at its postcondition; the remedy that it names is safe to apply. */
export function isFailedDelivery({ summary, address }: Diagnostic): boolean {
  return summary.includes('postcondition failed') && address !== undefined;
}

/** As `apply`, and once more with the deliveries that failed, also earlier, recreated. */
export async function applyWithDeliveries(workspace: Workspace, options: ApplyOptions): Promise<ApplyResult> {
  const first = await apply(workspace, options);
  const failed = first.diagnostics.filter(isFailedDelivery).map(({ address }) => address!);
  if (failed.length === 0 || first.interrupted) return first;
  // When it was the plan that failed, nothing has been replaced yet.
  return apply(workspace, {
    ...options,
    planned: undefined,
    replace: [...new Set([...(options.replace ?? []), ...failed])],
  });
}
