import { randomUUID } from 'node:crypto';
import { docker } from '../docker';
import type { Server } from '../cluster';
import { NotRun, type Check } from './check';
import { applyAgain } from './deployed-stack';
import { runNode } from './server-node';

/** What a value has to outlive, and whether a plan after all that has anything to do. */
export function durabilityChecks(
  servers: { readonly dataServer: Server; readonly appServer: Server },
  isOurs: boolean,
  untilNormal: () => Promise<string>,
): Check[] {
  const { dataServer, appServer } = servers;
  return [
    { name: 'characters of any script are read as they were written', run: () => tryCharacters(appServer) },
    {
      name: 'a synced write outlives a kill of the data server',
      run: () =>
        outlives(appServer, async () => {
          await docker(['kill', '--signal', 'KILL', dataServer.container], 60);
          await docker(['start', dataServer.container], 60);
          return untilNormal();
        }),
    },
    {
      name: 'the data server is replaced and has its data',
      run: () =>
        outlives(appServer, async () => {
          if (!isOurs) throw new NotRun('another stack deployed this cluster; replace its data server there');
          const isDataServer = (address: string): boolean => /data-server_[0-9A-F]{8}$/.test(address);
          const { replaced } = await applyAgain(({ docker_container: addresses = [] }) =>
            addresses.filter(isDataServer),
          );
          if (replaced.length !== 1) throw new NotRun(`its container is not known among ${replaced.length}`);
          return untilNormal();
        }),
    },
    {
      name: 'a second deploy has nothing to do',
      run: async () => {
        if (!isOurs) throw new NotRun('another stack deployed this cluster; plan it there');
        const { changes } = await applyAgain();
        const { add, change, remove } = changes;
        if (add + change + remove > 0) throw new Error(`${add} added, ${change} changed, ${remove} removed`);
        return 'no changes';
      },
    },
  ];
}

async function outlives(appServer: Server, event: () => Promise<string>): Promise<string> {
  const [reference, value] = ['^demo.durable', randomUUID()];
  await must(appServer, ['set', reference], value);
  await must(appServer, ['sync']);
  const detail = await event();
  const found = await must(appServer, ['get', reference]);
  if (found !== `${value}\n`) throw new Error(`${reference} is ${JSON.stringify(found)} instead of ${value}`);
  return detail;
}

async function tryCharacters(appServer: Server): Promise<string> {
  const [reference, value] = ['^demo.characters("ключ")', 'Слово, 言葉, ü and €'];
  await must(appServer, ['set', reference], value);
  const found = await must(appServer, ['get', reference]);
  if (found !== `${value}\n`) throw new Error(`${JSON.stringify(value)} was read as ${JSON.stringify(found)}`);
  return 'in a value and in a subscript';
}

async function must(server: Server, args: readonly string[], input = ''): Promise<string> {
  const { code, stdout, stderr } = await runNode(server, args, input);
  if (code !== 0)
    throw new Error(`${server.name} could not ${args.join(' ')}: ${stderr.trim() || `exit code ${code}`}`);
  return stdout;
}
