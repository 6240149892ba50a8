import { existsSync, renameSync } from 'node:fs';
import { usesSsh } from '../../app/node-settings';
import { dataVolumeNames } from '../../app/mirror';
import { loadSettings, type Settings } from '../../app/settings';
import { synthesizeOnce } from '../../app/synthesize-once';
import { backupVolumeName } from '../../contract/backup';
import { LABELS } from '../../contract/contract';
import { FILES_SUFFIX } from '../../contract/names';
import { docker, namesWithLabel, tryDocker } from '../access/docker';
import { askNodes } from '../access/left-out';
import { dataVolumeOf, findServers } from '../access/servers';
import { isMirrorMember } from '../mirror';
import { silentInWords } from '../access/silent-nodes';
import { requireOwnCluster } from '../deploy/consent';
import { forgetDeployedFrom } from '../deploy/deployed-from';
import { printExplanations } from '../failures/explain';
import { typesName } from '../machine/consent';
import { setUpMachine } from '../machine/machine';
import { UserError, step } from '../terminal';
import { forgetDataVolume } from '../terraform/forget-data';
import { prepareTerraform } from '../terraform/prepare';
import { placedOn } from '../terraform/reachable';
import { sweep } from '../terraform/sweep';
import { apply } from '../terraform/terraform';
import { readDataCentre, type DataCentre } from '../../app/data-centre';
import { IMAGE as MACHINE_IMAGE, removeDataCentre } from '../machines/data-centre';

/** Removes the cluster's containers, network and key files. The data stays, unless `volumes` says otherwise and somebody agrees. */
export async function down(options: {
  readonly volumes: boolean;
  readonly assumeYes: boolean;
  /** Removes a cluster that another state deployed, too. */
  readonly adopt: boolean;
}): Promise<number> {
  const machine = await setUpMachine({
    assumeYes: options.assumeYes,
    rehearsal: false,
    ssh: usesSsh(loadSettings(process.env)),
  });
  const stack = await synthesizeOnce();
  const { settings, stackDirectory, stateFile } = stack;
  const { cluster } = settings;
  const workspace = { terraform: machine.terraform, directory: stackDirectory };
  await prepareTerraform(stack, workspace, { removesData: options.volumes });
  const made = readDataCentre(cluster);
  // Machines that were made from here are this state's, and may not run.
  if (!made) await requireOwnCluster(stack, options.adopt);
  // The settings may name other nodes.
  const centre = made?.registry === settings.registry ? made : undefined;
  const dataVolumes = await dataVolumesOf(settings);
  const removeData = options.volumes && (centre !== undefined || dataVolumes.length > 0);
  if (removeData && !(await consent(dataVolumes, `${cluster}-data`, options.assumeYes))) {
    console.log(`Nothing was removed.`);
    return 1;
  }

  const { silent } = await askNodes(cluster);
  const left = placedOn(silent, stateFile);
  if (left.length > 0 && centre && removeData) return removeMachines(centre, stateFile);
  if (left.length > 0)
    throw new UserError(
      `${silentInWords(silent)}, and ${left.length} things of the cluster are there: nothing was removed; bring it back, or, if it is gone for good, terraform -chdir=${stackDirectory} state rm ${left.join(' ')}`,
    );

  // Whatever the settings or the state say of it, Terraform does not remove the data: that takes a yes, and comes last.
  await forgetDataVolume(workspace, stateFile, cluster);
  const result = await step(
    `Remove cluster '${cluster}'`,
    progress => apply(workspace, { destroy: true, progress }),
    ({ ok }) => ok,
  );
  if (result.interrupted) {
    console.error('Interrupted: some of the cluster is left. ./ecp down goes on from there.');
    return 130;
  }
  if (centre && removeData) {
    // Of machines that did not answer Terraform could remove nothing.
    return removeMachines(centre, result.ok ? undefined : stateFile);
  }
  for (const what of await sweep(cluster, stateFile)) console.log(`removed ${what}, which the state did not know`);
  if (!result.ok) {
    await printExplanations(result.diagnostics, stackDirectory, cluster);
    return 1;
  }
  await removeKeyFiles(cluster);
  // The note stays with the data, by which ./ecp ls finds both.
  if (removeData || dataVolumes.length === 0) await forgetDeployedFrom(cluster);
  if (centre) {
    console.log('The machines keep the data; ./ecp up finds it, ./ecp down --volumes removes both.');
    return 0;
  }
  // With the data goes what waits for a backup of it. A repository stays.
  if (removeData && (await exists(backupVolumeName(cluster))))
    await docker(['volume', 'rm', backupVolumeName(cluster)]);
  if (removeData) for (const volume of dataVolumes) await docker(['volume', 'rm', volume]);
  else if (dataVolumes.length > 0)
    console.log(
      `The data is kept in the volume${dataVolumes.length > 1 ? 's' : ''} ${dataVolumes.join(' and ')}; ./ecp up finds it, ./ecp down --volumes removes it.`,
    );
  return 0;
}

/** @param stateFile of what is gone with the machines, when Terraform did not remove it */
async function removeMachines(centre: DataCentre, stateFile: string | undefined): Promise<number> {
  await step(`Remove ${centre.machines.length} machines`, () => removeDataCentre(centre.cluster));
  if (stateFile !== undefined && existsSync(stateFile)) renameSync(stateFile, `${stateFile}.removed`);
  console.log(`The image of machines stays for the next ones; docker image rm ${MACHINE_IMAGE} removes it.`);
  return 0;
}

/** Volumes with keys that a lost state forgot. */
async function removeKeyFiles(cluster: string): Promise<void> {
  const volumes = await namesWithLabel('volume', `${LABELS.cluster}=${cluster}`);
  for (const volume of volumes.filter(name => name.endsWith(FILES_SUFFIX))) await docker(['volume', 'rm', volume]);
}

async function exists(volume: string): Promise<boolean> {
  return (await tryDocker(['volume', 'inspect', volume], { timeoutSec: 30 })).code === 0;
}

/** Those of the settings, and those of a mirror that the settings no longer have while its members are still there. */
async function dataVolumesOf(settings: Settings): Promise<string[]> {
  const servers = await findServers(settings.cluster).catch(() => []);
  const members = servers.flatMap(({ facts }) => (isMirrorMember(facts) ? (dataVolumeOf(facts) ?? []) : []));
  const found: string[] = [];
  for (const name of new Set([...dataVolumeNames(settings), ...members])) if (await exists(name)) found.push(name);
  return found;
}

async function consent(volumes: readonly string[], word: string, assumeYes: boolean): Promise<boolean> {
  const what = `volume${volumes.length > 1 ? 's' : ''} ${volumes.length > 0 ? volumes.join(' and ') : word}`;
  if (assumeYes) return true;
  if (!process.stdin.isTTY) {
    throw new UserError(`'--volumes' deletes all data in the ${what}, and there is no terminal to ask on; add --yes`);
  }
  return typesName(`Delete all data in the ${what}?`, word);
}
