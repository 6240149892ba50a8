import { loadSettings } from '../../app/settings';
import { dockerOnTerminal } from '../access/docker';
import { requireServer, whyOutOfReach } from '../access/servers';
import { UserError } from '../terminal';

/** Runs `ecp-node` in a server with this terminal's input and output, and passes its exit code on. */
export async function exec(
  options: { readonly cluster?: string },
  server: string | undefined,
  args: readonly string[],
): Promise<number> {
  if (!server) throw new UserError(`'SERVER' is missing; for example: ./ecp exec app-server-1 zwrite '^demo.ecp'`, 2);
  if (args.includes('--cluster'))
    throw new UserError(
      `'--cluster' must come before SERVER, since what follows a server is for ecp-node; write ./ecp exec --cluster NAME ${server} …`,
      2,
    );
  const cluster = options.cluster ?? loadSettings(process.env).cluster;
  const found = await requireServer(cluster, server);
  const reason = whyOutOfReach(found);
  // ecp-node's code for a server that does not serve.
  if (reason !== undefined) throw new UserError(`'${found.name}' ${reason}`, 3);
  const terminal = process.stdin.isTTY && process.stdout.isTTY ? ['-t'] : [];
  return dockerOnTerminal(['exec', '-i', ...terminal, found.facts.Id, 'ecp-node', ...args], found.facts);
}
