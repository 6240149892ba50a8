import { tryDocker } from './docker';
import { placesOf } from './endpoints';
import { NODE_SEC } from './silent-nodes';

const FORMAT = `{"version":{{json .ServerVersion}},"system":{{json .OperatingSystem}},"kernel":{{json .KernelVersion}},"architecture":{{json .Architecture}},"processors":{{json .NCPU}},"memoryBytes":{{json .MemTotal}},"storage":{{json .Driver}},"logging":{{json .LoggingDriver}},"cgroups":{{json .CgroupVersion}},"warnings":{{json .Warnings}}}`;

/** What the engines that a cluster may run on say of themselves, by node; the one here has the name `here`. */
export async function engineFactsOf(cluster: string): Promise<Record<string, unknown>> {
  const found = await Promise.all(
    placesOf(cluster).endpoints.map(async (endpoint): Promise<[string, unknown]> => {
      const { code, stdout, stderr } = await tryDocker(['info', '--format', FORMAT], {
        timeoutSec: NODE_SEC,
        endpoint,
      });
      const name = endpoint?.node ?? 'here';
      return [name, code === 0 ? JSON.parse(stdout) : { problem: stderr.trim() || `exit code ${code}` }];
    }),
  );
  return Object.fromEntries(found);
}
