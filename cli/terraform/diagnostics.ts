import type { NodeWatch } from '../access/watch-nodes';
import type { ProcessResult } from '../process';

/** One thing that Terraform has to say of a failure. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  readonly summary: string;
  readonly detail: string;
  /** Resource that it is about. */
  readonly address?: string;
}

/**
 * What there is to say of a Terraform that has ended. When a node was lost that alone, since what an interrupt makes Terraform and the
 * provider say is no news; when it failed without a word, its last ones.
 *
 * @param command `apply` or `plan`
 * @param heard What it said while it ran.
 */
export function diagnosticsAtEnd(
  command: string,
  { code, stderr }: ProcessResult,
  heard: readonly Diagnostic[],
  nodes: Pick<NodeWatch, 'words'> | undefined,
): readonly Diagnostic[] {
  if (code === 0) return heard;
  const lost = nodes?.words();
  if (lost !== undefined) return [{ severity: 'error', summary: lost, detail: '' }];
  if (heard.some(({ severity }) => severity === 'error')) return heard;
  const summary = stderr.trim() || `terraform ${command} ended with code ${code}`;
  return [...heard, { severity: 'error', summary, detail: '' }];
}
