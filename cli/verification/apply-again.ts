import { synthesizeOnce } from '../../app/synthesize-once';
import { setUpMachine } from '../machine/machine';
import { readStack } from '../terraform/stack-file';
import { apply, init, type ApplyResult } from '../terraform/terraform';

/** Applies the stack of this checkout again; what is named is recreated. @throws Error with Terraform's words when that fails. */
export async function applyAgain(
  choose: (addresses: Readonly<Record<string, readonly string[]>>) => readonly string[] = () => [],
): Promise<{ readonly replaced: readonly string[]; readonly changes: ApplyResult['changes'] }> {
  const machine = await setUpMachine({ assumeYes: false, rehearsal: false });
  const { stackDirectory } = await synthesizeOnce();
  const { resource } = readStack(stackDirectory);
  const addresses = Object.entries(resource).map(([type, named]) => [
    type,
    Object.keys(named).map(name => `${type}.${name}`),
  ]);
  const replaced = choose(Object.fromEntries(addresses) as Record<string, string[]>);
  const workspace = { terraform: machine.terraform, directory: stackDirectory };
  await init(workspace);
  const { ok, diagnostics, changes } = await apply(workspace, { replace: [...replaced], progress: () => undefined });
  if (!ok) throw new Error(diagnostics.map(({ summary, detail }) => `${summary} ${detail}`).join('; '));
  return { replaced, changes };
}
