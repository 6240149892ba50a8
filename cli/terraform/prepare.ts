import { dataVolumeNames } from '../../app/mirror';
import { requireOwnState } from '../../app/own-state';
import type { Synthesized } from '../../app/synthesize';
import { takeErroredState } from './errored-state';
import { requireOwnNames } from './own-names';
import { requireSamePlatform } from './same-platform';
import { awaitStateLock } from './state-lock';
import { requirePlainTerraform, requireStatePlace } from './state-place';
import { init, type Workspace } from './terraform';

/**
 * Makes Terraform ready, and looks at all that must be so before anything is swept, destroyed or applied: the state is this cluster's and where
 * Terraform keeps it, and what has a name of this cluster on the Docker host belongs to it.
 *
 * @throws UserError in one sentence for each thing that is not so; nothing was touched.
 */
export async function prepareTerraform(
  { settings, stackDirectory, stateFile }: Synthesized,
  workspace: Workspace,
  options: { readonly removesData: boolean } = { removesData: false },
): Promise<void> {
  const { cluster, engine } = settings;
  requirePlainTerraform(process.env);
  await awaitStateLock(stateFile);
  if (takeErroredState(stackDirectory, stateFile))
    console.log(`took the Terraform state that could not be written before back to ${stateFile}`);
  requireOwnState(stateFile, cluster, engine);
  requireSamePlatform(stackDirectory, stateFile, cluster);
  // The names first: a folder that was made ready is no reason to wait for the sentence about them.
  const names = requireOwnNames(
    { cluster, engine, stackDirectory, stateFile, dataVolumes: dataVolumeNames(settings) },
    options,
  );
  const [named, initialized] = await Promise.allSettled([names, init(workspace)]);
  for (const each of [named, initialized]) if (each.status === 'rejected') throw each.reason;
  requireStatePlace(process.env, stackDirectory, stateFile);
}
