import { usesSsh } from '../../app/node-settings';
import { loadSettings } from '../../app/settings';
import { setUpMachine } from '../machine/machine';
import { green } from '../terminal';

/** Brings this machine up and touches no cluster: for those who go on with plain `cdktf deploy`. */
export async function setup(options: { readonly assumeYes: boolean }): Promise<number> {
  const machine = await setUpMachine({
    assumeYes: options.assumeYes,
    rehearsal: true,
    ssh: usesSsh(loadSettings(process.env)),
  });
  console.log(green(`This machine is ready (${machine.terraform}, base image ${machine.rehearsalBaseImage}).`));
  return 0;
}
