import type { ClusterReport } from '../cluster-report';
import { membersOf, primaryOf } from '../mirror';
import { visible } from '../terminal';

/** One line on who is what in a mirror; nothing for a cluster without one. */
export function mirrorLine({ servers }: Pick<ClusterReport, 'servers'>): string | undefined {
  const members = membersOf(servers);
  const [first] = members;
  if (!first) return undefined;
  const primary = primaryOf(servers);
  const others = members.filter(member => member !== primary && member.server.name !== primary?.server.name);
  const words = [
    primary ? `${primary.server.name} is the primary` : 'no primary',
    ...others.map(({ server, mirror }) => `${server.name} ${backupWords(mirror.role, primary?.mirror)}`),
    failoverWords((primary ?? first).mirror),
  ];
  return `Mirror: ${visible(first.mirror.name)}, ${words.join(', ')}`;
}

function backupWords(role: string, of: { readonly backup: string; readonly lag?: number } | undefined): string {
  if (role !== 'backup') return 'has no role yet';
  if (!of) return 'is a backup';
  const lag = of.lag === undefined ? '' : ` (${of.lag === 1 ? '1 update' : `${of.lag} updates`} behind)`;
  const state = of.backup === 'active' ? 'its active backup' : `its backup, ${visible(of.backup)}`;
  return `${state}${lag}`;
}

function failoverWords({ failover, arbiter }: { readonly failover: string; readonly arbiter: string }): string {
  const decides = arbiter === 'none' ? 'no arbiter' : `arbiter ${visible(arbiter)}`;
  return `fails over ${failover === 'automatic' ? 'by itself' : 'by hand'} (${decides})`;
}
