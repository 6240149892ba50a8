import { rotateCa } from '../rotation/ca-rotation';
import { deployFiles, openRotation, serversOf } from '../rotation/rotation';
import { silentInWords } from '../access/silent-nodes';
import { NODES_MISSING } from '../cluster-report';
import { UserError, green, onStderr } from '../terminal';

/** Options of `./ecp rotate`. */
export interface RotateOptions {
  /** Rotate the certificate authority, and with it all servers. */
  readonly ca: boolean;
  /** Servers that get a new key and certificate; none means all. */
  readonly servers: readonly string[];
  /** Do not ask before this machine is changed, should that be needed. */
  readonly assumeYes: boolean;
}

/** New keys and certificates in place: no server is replaced or restarted. Ends when every server uses them. */
export async function rotate({ ca, servers, assumeYes }: RotateOptions): Promise<number> {
  if (ca && servers.length > 0) {
    throw new UserError(
      `'--ca' rotates the authority and all servers, got '${servers[0]}' beside it; leave one of the two out`,
      2,
    );
  }
  const rotation = await openRotation(assumeYes);
  if (ca) return rotateCa(rotation);
  const all = serversOf(rotation);
  const unknown = servers.find(name => !all.includes(name));
  if (unknown !== undefined)
    throw new UserError(`'SERVER' must be one of ${all.join(', ')}, got '${unknown}'; correct it`, 2);
  const { silent, servers: away } = rotation.leftOut;
  const unreachable = servers.find(name => away.includes(name));
  if (unreachable !== undefined)
    throw new UserError(
      `'SERVER' must be one that can be reached, got '${unreachable}', and ${silentInWords(silent)}`,
      2,
    );
  const chosen = all.filter(name => !away.includes(name) && (servers.length === 0 || servers.includes(name)));
  const { code } = await deployFiles(rotation, `Renew ${chosen.join(', ')}`, chosen);
  if (code !== 0) return code;
  console.log(
    green(`${chosen.length === 1 ? 'One server has' : `${chosen.length} servers have`} a new key and certificate.`),
  );
  if (away.length === 0 || servers.length > 0) return 0;
  console.error(
    onStderr.yellow(
      `${silentInWords(silent)}: ${away.join(', ')} left as before; ./ecp rotate ${away.join(' ')} when it does`,
    ),
  );
  return NODES_MISSING;
}
