import type { ServerReport } from '../access/server-report';
import type { Server } from '../access/servers';

/** Roles as a person reads them. */
export const ROLES: Readonly<Record<Server['role'], string>> = {
  'data-server': 'data server',
  'app-server': 'application server',
  arbiter: 'arbiter',
};

/** What a server does, and what a member of a mirror is there at this moment. */
export function roleOf({ server, status }: Pick<ServerReport, 'server' | 'status'>): string {
  const inMirror = status?.mirror?.role ?? '';
  return ['primary', 'backup'].includes(inMirror) ? `${ROLES[server.role]}, ${inMirror}` : ROLES[server.role];
}

/** Host and port of a web page. */
export function addressOf(webUrl: string): string {
  return webUrl.replace(/^http:\/\/|\/$/g, '');
}

/** Names in few words: three and more with numbers in a row become a range, so that a hundred servers fit into a line. */
export function inWords(names: readonly string[]): string {
  const words: string[] = [];
  for (let start = 0; start < names.length;) {
    let end = start;
    while (follows(names[end]!, names[end + 1])) end++;
    if (end - start >= 2) words.push(`${names[start]} to ${names[end]}`);
    else words.push(...names.slice(start, end + 1));
    start = end + 1;
  }
  return words.join(', ');
}

function follows(name: string, next: string | undefined): boolean {
  const [, stem, number] = /^(.*?)(\d{1,9})$/.exec(name) ?? [];
  return number !== undefined && next === `${stem}${Number(number) + 1}`;
}
