import type { ServerReport } from '../access/server-report';
import type { ClusterReport } from '../cluster-report';
import { labelledTable } from './html-table';
import { daysLeft } from './levels';
import { markup, type Content } from './markup';
import { inWords } from './names';
import type { Summary } from './summary';
import { moment } from './times';

/** When the first certificate ends. */
export function certificatesSummary({ servers }: ClusterReport): Summary {
  const days = servers.flatMap(({ certificateDaysLeft }) => certificateDaysLeft ?? []);
  if (days.length === 0) return { words: 'not known', level: 'good' };
  const { words, level } = daysLeft(Math.min(...days));
  return { words: level === 'bad' ? 'one has expired' : `the first has ${words}`, level };
}

/** Who is connected and was refused, in numbers. */
export function refusalsSummary({ servers }: ClusterReport): Summary {
  const known = servers.flatMap(({ server, status }) => (server.role === 'data-server' && status ? [status] : []));
  if (known.length === 0) return { words: 'not known', level: 'good' };
  const connected = known.reduce((sum, { peers }) => sum + peers.length, 0);
  const refused = known.reduce((sum, each) => sum + each.refused.length, 0);
  return {
    words: `${connected} connected, ${refused === 0 ? 'nobody' : refused} refused lately`,
    level: refused === 0 ? 'good' : 'soon',
  };
}

/** The certificate that each server uses now, as it says itself. */
export function certificatesSection({ servers }: ClusterReport): Content {
  const known = servers.flatMap(each => (each.status ? [{ ...each, certificate: each.status.certificate }] : []));
  const silent = servers.filter(({ status }) => !status).map(({ server }) => server.name);
  const rows = known.map(({ server, certificate }) => [
    server.name,
    certificate.subject || '-',
    certificate.issuer || '-',
    moment(certificate.notAfter),
  ]);
  const columns = ['Server', 'Subject', 'Issued by', 'Ends'];
  const authorities = authoritiesOf(servers).map(([subject, notAfter, trusting]) => [
    subject,
    moment(notAfter),
    inWords(trusting),
  ]);
  return [
    rows.length > 0 ? labelledTable('The certificate that each server uses now', columns, rows) : undefined,
    authorities.length > 0
      ? labelledTable('The authorities that servers trust', ['Subject', 'Ends', 'Trusted by'], authorities)
      : undefined,
    silent.length > 0
      ? markup`<p class="muted">Not known, since it does not answer: ${inWords(silent)}.</p>`
      : undefined,
  ];
}

/** Subject, end and the names of the servers that trust it. */
function authoritiesOf(servers: readonly ServerReport[]): [string, string, string[]][] {
  const found = new Map<string, [string, string, string[]]>();
  for (const { server, status } of servers) {
    for (const { subject, notAfter } of status?.certificate.authorities ?? []) {
      const key = `${notAfter} ${subject}`;
      found.set(key, [subject, notAfter, [...(found.get(key)?.[2] ?? []), server.name]]);
    }
  }
  return [...found.values()];
}

/** Who is admitted and connected, and who was refused, as the data servers say. */
export function refusalsSection({ servers }: ClusterReport): Content {
  const dataServers = servers.filter(({ server }) => server.role === 'data-server');
  const known = dataServers.flatMap(({ server, status }) => (status ? [{ server, status }] : []));
  if (known.length === 0) {
    return markup`<p>${dataServers.length === 0 ? 'The data server is not part of this cluster.' : 'Not known, since the data server does not answer.'}</p>`;
  }
  return known.map(({ status: { peers, admitted, readOnly, refused } }) => {
    const newestFirst = [...refused].reverse();
    const rows = newestFirst.map(({ subject, why, at }) => [
      moment(at),
      subject === '' ? 'no certificate' : markup`<code>${subject}</code>`,
      why,
    ]);
    return [
      markup`<p>Connected: ${inWords(peers.map(({ name }) => name)) || 'nobody'}.</p>
<p>Admitted: ${inWords(admitted) || 'nobody'}.</p>
${readOnly.length > 0 ? markup`<p>Of them, may only read: ${inWords(readOnly)}.</p>\n` : ''}`,
      rows.length > 0
        ? labelledTable('The last refused connections, newest first', ['Time', 'Subject', 'Reason'], rows)
        : markup`<p>Nobody was refused.</p>`,
    ];
  });
}
