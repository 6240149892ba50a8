import type { Settings } from '../../app/settings';
import type { Server } from '../access/servers';
import type { AffectedServer } from './affected-servers';

/** Which servers come first. */
export type UpgradeOrder = NonNullable<Settings['upgradeOrder']>;

/**
 * The order of a roll. Within a role the servers that are not Normal are first, since their end interrupts nobody; so is a data server that
 * is not, without which no application server becomes Normal. Of a mirror the arbiter comes first and the primary last, after its backup.
 */
export function inOrder(
  servers: readonly AffectedServer[],
  order: UpgradeOrder,
  isNormal: (name: string) => boolean,
  primary?: string,
): AffectedServer[] {
  const rank = ({ name, role }: AffectedServer): number => {
    if (role === 'arbiter') return -1;
    if (role === 'app-server') return isNormal(name) ? 3 : 2;
    if (order === 'data-server-first' || !isNormal(name)) return name === primary ? 1 : 0;
    return name === primary ? 5 : 4;
  };
  return [...servers].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name, 'en', { numeric: true }));
}

/** When no application server is Normal, they may all need what the data server gets, and its end interrupts nobody. */
export function usualOrder(
  reports: readonly { readonly server: Pick<Server, 'role'>; readonly state: string }[],
): UpgradeOrder {
  const isServed = reports.some(({ server, state }) => server.role === 'app-server' && state === 'Normal');
  return isServed ? 'app-servers-first' : 'data-server-first';
}

/** What a roll is going to do, and what each of its steps interrupts. */
export function rollLines(
  servers: readonly AffectedServer[],
  isNormal: (name: string) => boolean,
  primary?: string,
): string[] {
  const width = Math.max(...servers.map(({ name }) => name.length));
  return servers.map(({ name, role }, index) => {
    const what = !isNormal(name)
      ? 'is not Normal: interrupts nobody'
      : role === 'app-server'
        ? 'interrupts its own clients'
        : role === 'arbiter' || (primary !== undefined && name !== primary)
          ? 'interrupts nobody'
          : name === primary
            ? 'the other member becomes the primary first: requests wait for seconds'
            : 'writes of all application servers fail or wait until it is Normal again';
    return `  ${index + 1}. ${name.padEnd(width)}  ${what}`;
  });
}
