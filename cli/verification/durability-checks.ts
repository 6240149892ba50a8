import { randomUUID } from 'node:crypto';
import { killContainer, startContainer } from '../access/container';
import { couldNot, runNode } from '../access/node';
import type { Server } from '../access/servers';
import { applyAgain } from './apply-again';
import { NotRun, type Check } from './check';
import { trialNode } from './mapping-trials';

/** What a value has to outlive, and whether a plan after all that has anything to do. */
export function durabilityChecks(
  servers: { readonly dataServer: Server; readonly appServer: Server },
  isOurs: boolean,
  untilNormal: () => Promise<string>,
): Check[] {
  const { dataServer, appServer } = servers;
  return [
    { name: 'characters of any script are read as they were written', run: () => tryCharacters(appServer, dataServer) },
    {
      name: 'a synced write outlives a kill of the data server',
      run: () =>
        outlives(appServer, dataServer, async () => {
          await killContainer(dataServer.facts);
          await startContainer(dataServer.facts);
          return untilNormal();
        }),
    },
    {
      name: 'the data server is replaced and has its data',
      run: () =>
        outlives(appServer, dataServer, async () => {
          if (!isOurs) throw new NotRun('another stack deployed this cluster; replace its data server there');
          // A web gateway's container for it has the server's name too.
          const isDataServer = (address: string): boolean => /(?<!web-gateway_)data-server_[0-9A-F]{8}$/.test(address);
          await applyAgain(({ docker_container: addresses = [] }) => {
            const found = addresses.filter(isDataServer);
            if (found.length !== 1) throw new NotRun(`its container is one of ${found.length}`);
            return found;
          });
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

async function outlives(appServer: Server, dataServer: Server, event: () => Promise<string>): Promise<string> {
  const value = randomUUID();
  const { namespace, reference } = await trialNode(appServer, dataServer, value);
  const at = ['--namespace', namespace, reference];
  await must(appServer, ['set', ...at], value);
  await must(appServer, ['sync']);
  const detail = await event();
  const found = await must(appServer, ['get', ...at]);
  await must(appServer, ['kill', ...at]);
  if (found !== `${value}\n`) throw new Error(`${reference} is ${JSON.stringify(found)} instead of ${value}`);
  return detail;
}

async function tryCharacters(appServer: Server, dataServer: Server): Promise<string> {
  const value = 'Слово, 言葉, ü and €';
  const { namespace, reference } = await trialNode(appServer, dataServer, randomUUID());
  const at = ['--namespace', namespace, reference.replace(/\)$/, ',"ключ")')];
  await must(appServer, ['set', ...at], value);
  const found = await must(appServer, ['get', ...at]);
  await must(appServer, ['kill', ...at]);
  if (found !== `${value}\n`) throw new Error(`${JSON.stringify(value)} was read as ${JSON.stringify(found)}`);
  return 'in a value and in a subscript';
}

async function must(server: Server, args: readonly string[], input = ''): Promise<string> {
  const result = await runNode(server, args, input);
  if (result.code !== 0) throw new Error(couldNot(server, args, result));
  return result.stdout;
}
