import { FILES_DIRECTORY } from '../../../contract/contract';
import type { NodeStatus } from '../../access/node-status';
import type { CheckOutcome } from '../check';
import type { IrisFacts } from './facts';

/** What one run found of a statement of docs/iris.md. */
export interface Finding {
  readonly verdict: 'confirmed' | 'refuted' | 'not reached';
  /** What was seen, or why nothing was. */
  readonly seen: string;
}

/** A cluster on InterSystems IRIS after all checks. */
export interface IrisSite {
  readonly dataServer: IrisFacts;
  readonly appServers: readonly IrisFacts[];
  readonly statuses: readonly NodeStatus[];
  readonly outcomes: readonly CheckOutcome[];
}

type Judge = (site: IrisSite) => Finding;

const found = (isSo: boolean, seen: string): Finding => ({ verdict: isSo ? 'confirmed' : 'refuted', seen });
const unseen = (why: string): Finding => ({ verdict: 'not reached', seen: why });
const never =
  (why: string): Judge =>
  () =>
    unseen(why);
const all = ({ dataServer, appServers }: IrisSite): IrisFacts[] => [dataServer, ...appServers];
/** Of a mirror; this check knows one data server. */
const unmirrored: Judge = never('the check looks at a cluster without a mirror');
/** One value of every server, each once. */
const each = (site: IrisSite, key: string): string => {
  const values = all(site).map(facts => facts.get(key) || 'nothing');
  return [...new Set(values)].join(', ');
};

/** By the outcome of a check. */
function byCheck(pattern: RegExp): Judge {
  return ({ outcomes }) => {
    const made = outcomes.filter(({ name, result }) => pattern.test(name) && result !== 'not run');
    if (made.length === 0) return unseen('the check was not made');
    const failed = made.find(({ result }) => result === 'failed');
    return found(!failed, failed ? `${failed.name}: ${failed.detail}` : made.map(({ detail }) => detail).join('; '));
  };
}

/** Bits of a set of capabilities: Linux, include/uapi/linux/capability.h. */
const CAPABILITIES = { DAC_OVERRIDE: 1, FOWNER: 3, SETGID: 6, SETUID: 7 };

/** The classes answered, or why they did not. */
function classesAnswer(facts: IrisFacts): string | undefined {
  if (facts.get('zversion') !== '') return undefined;
  return `${facts.server}: ${facts.get('session.says') || `the session ended with ${facts.get('session.exit') || 'nothing'}`}`;
}

/**
 * The statements of docs/iris.md by their names there, and how a running cluster speaks for or against each. What no run can show says why.
 */
export const STATEMENTS: Readonly<Record<string, Judge>> = {
  'base-image': site =>
    each(site, 'version') === 'nothing' ? unseen('no version') : found(true, each(site, 'version')),
  login: never('the deploy shows it, before this check'),
  'image-layout': site => {
    const layouts = all(site).map(
      facts => `${facts.get('os')}, uid ${facts.get('uid')}, ${facts.all('exists').join(' ')}`,
    );
    const good = all(site).every(
      facts =>
        facts.get('uid') === '51773' &&
        ['/tini', '/iris-main'].every(path => facts.all('exists').includes(path)) &&
        facts.get('os').startsWith('ubuntu'),
    );
    return found(good, [...new Set(layouts)].join('; '));
  },
  openssl: site => {
    const bad = site.statuses.find(({ certificate }) => !/^\d{4}-\d\d-\d\dT/.test(certificate.notAfter));
    return found(
      !bad,
      bad
        ? `${bad.server}: the end of its certificate is '${bad.certificate.notAfter}', with ${each(site, 'openssl')}`
        : each(site, 'openssl'),
    );
  },
  'build-session': site => {
    const silent = all(site)
      .map(classesAnswer)
      .find(words => words !== undefined);
    return found(silent === undefined, silent ?? 'the classes that the build loaded answer');
  },
  terminate: never('only a build or a load that fails shows it'),
  'config-api-compiles': site =>
    found(
      all(site).every(facts => facts.get('loaded') === 'ok'),
      `loaded: ${each(site, 'loaded')}`,
    ),
  'loader-status': site => {
    const told = all(site)
      .map(facts => facts.get('loaded'))
      .find(text => text !== '' && text !== 'ok');
    return told === undefined ? unseen('every document was loaded') : found(true, told);
  },
  mappings: byCheck(/comes back from a restart/),
  'iris-main-options': site =>
    found(
      all(site).every(facts => /--ISCAgent (true|false) .*--key /.test(facts.get('iris-main'))),
      each(site, 'iris-main'),
    ),
  capabilities: site => {
    const missing = all(site).flatMap(facts =>
      Object.entries(CAPABILITIES)
        .filter(([, bit]) => !((BigInt(`0x${facts.get('capabilities') || '0'}`) >> BigInt(bit)) & 1n))
        .map(([name]) => `${facts.server} lacks ${name}`),
    );
    if (missing.length > 0) return found(false, missing.join(', '));
    return found(
      all(site).every(facts => facts.get('running').startsWith('running')),
      `running with ${each(site, 'capabilities')}`,
    );
  },
  'key-copied': site =>
    found(
      all(site).every(
        facts => /valid/i.test(facts.get('license.status')) && !/invalid/i.test(facts.get('license.status')),
      ),
      `${each(site, 'license.status')} ${each(site, 'license.reason')}`,
    ),
  'license-ecp': site => {
    const refused = all(site).find(facts => facts.get('license.ecp') !== '1');
    if (refused && classesAnswer(refused) !== undefined) return unseen(classesAnswer(refused)!);
    return found(
      !refused,
      all(site)
        .map(
          facts =>
            `${facts.server}: ${facts.get('license.status')} ${facts.get('license.reason')}, ECP ${facts.get('license.ecp')}, ${facts.get('license.cores')} cores licensed, ${facts.get('cpus')} seen`,
        )
        .join('; '),
    );
  },
  'password-once': site => {
    const again = all(site).filter(facts => facts.get('iris-main').includes('--password-file'));
    if (again.length > 0)
      return found(false, `given again at a later start: ${again.map(({ server }) => server).join(', ')}`);
    if (all(site).some(facts => facts.get('iris-main') === '')) return unseen('no process iris-main was seen');
    if (!all(site).some(facts => facts.all('exists').includes(`${FILES_DIRECTORY}/password`)))
      return unseen('there is no password file');
    return found(true, 'the start after the restarts had no --password-file');
  },
  'durable-sys': ({ dataServer }) => {
    const home = dataServer.get('data.directory');
    return found(
      dataServer.all('exists').includes(`${home}/mgr`),
      `${home || 'no ISC_DATA_DIRECTORY'}: ${dataServer.all('exists').join(' ')}`,
    );
  },
  'classes-kept': ({ dataServer }) => {
    const silent = classesAnswer(dataServer);
    return found(silent === undefined, silent ?? `answer in ${dataServer.get('version')} after a restart`);
  },
  merge: site => {
    const lost = all(site).flatMap(facts =>
      facts
        .all('merge')
        .filter(line => !facts.all('cpf').includes(line))
        .map(line => `${facts.server} has no ${line}`),
    );
    if (all(site).every(facts => facts.all('cpf').length === 0)) return unseen('iris.cpf was not found');
    return found(lost.length === 0, lost.join(', ') || each(site, 'cpf'));
  },
  memory: site => {
    const used = all(site).map(
      facts =>
        `${facts.server}: at most ${Math.round(Number(facts.get('memory.peak')) / 2 ** 20)} of ${Math.round(Number(facts.get('memory.limit')) / 2 ** 20)} MiB`,
    );
    if (all(site).some(facts => facts.get('memory.peak') === '')) return unseen('the kernel does not report the peak');
    return found(
      all(site).every(facts => Number(facts.get('memory.peak')) < Number(facts.get('memory.limit'))),
      used.join('; '),
    );
  },
  'writable-root': never('nothing here takes the right to write away'),
  stop: byCheck(/comes back from a restart/),
  tls: site => {
    const expected: Record<string, string[]> = { '%ECPServer': ['1', '3', '2'], '%ECPClient': ['0', '1', ''] };
    const bad = all(site).filter(facts => {
      const [type, verify, required] = expected[facts.get('tls.name')] ?? [];
      return (
        facts.get('tls.Type') !== type ||
        facts.get('tls.VerifyPeer') !== verify ||
        (required !== '' && facts.get('tls.required') !== required)
      );
    });
    return found(
      bad.length === 0,
      all(site)
        .map(
          facts =>
            `${facts.server}: ${facts.get('tls.name')} type ${facts.get('tls.Type')}, VerifyPeer ${facts.get('tls.VerifyPeer')}, SSLECPServer ${facts.get('tls.required')}`,
        )
        .join('; '),
    );
  },
  handshake: ({ appServers }) => {
    const seen = [...new Set(appServers.map(facts => facts.get('handshake')).filter(text => text !== ''))];
    return seen.length === 0
      ? unseen('port 1972 did not answer the first byte with TLS')
      : found(
          seen.every(text => /^TLSv1\.[23] /.test(text)),
          seen.join(', '),
        );
  },
  superserver: ({ dataServer }) => {
    if (dataServer.get('superserver.fault') !== '') return found(false, dataServer.get('superserver.fault'));
    const [kind, level] = [dataServer.get('superserver.class'), dataServer.get('superserver.tls')];
    if (kind !== 'Security.Servers') return unseen(kind === '' ? 'the class was not told' : `${kind} tells no level`);
    return found(Number(level) >= 1, `${kind}, level ${level || 'not told'}`);
  },
  'connection-states': site => {
    const numbers = site.appServers.flatMap(facts =>
      facts.all('server').map(line => `${facts.server}: ${line.split(' ').slice(0, 2).join(' ')}`),
    );
    if (numbers.length === 0) return unseen('no connection was told');
    return found(
      numbers.every(line => line.endsWith(' 5')),
      `Normal is ${numbers.join(', ')}`,
    );
  },
  'name-case': site => {
    const lines = site.appServers.flatMap(facts => facts.all('server')).map(line => line.split(' '));
    const [first] = lines;
    if (!first || first[0] === first[0]!.toUpperCase()) return unseen('no name in small letters');
    return found(
      lines.every(([, upper, given]) => Number(upper) >= 0 && Number(given) < 0),
      lines.map(([name, upper, given]) => `${name}: ${upper} in capitals, ${given} as given`).join('; '),
    );
  },
  'lock-proves': never('only a data server that hangs shows it'),
  subjects: ({ dataServer, statuses }) => {
    const told = dataServer.all('authorized');
    const admitted = statuses.find(({ role }) => role === 'data-server')?.admitted ?? [];
    if (dataServer.get('zversion') === '') return unseen('the classes do not answer');
    return found(
      admitted.every(subject => told.includes(subject)),
      `IRIS has ${told.join(', ') || 'none'}; AddAuthorizedCN ${dataServer.get('can.authorize') === '1' ? 'exists' : 'does not exist'}`,
    );
  },
  'client-list': ({ dataServer, appServers }) => {
    const clients = dataServer.all('client');
    if (clients.length === 0) return unseen('no client was listed');
    return found(
      appServers.every(({ server }) => clients.some(line => line.split('|')[0]!.split(':')[1] === server)),
      clients.join(', '),
    );
  },
  'client-systems': never('empty unless a config file sets it'),
  mounted: ({ dataServer }) => {
    const databases = dataServer.all('database');
    const state = classesAnswer(dataServer);
    if (state !== undefined) return unseen(state);
    return found(
      databases.length > 0 && databases.every(line => line.endsWith(' 1')),
      `after a restart: ${databases.join(', ') || 'no database'}`,
    );
  },
  resources: ({ dataServer }) =>
    dataServer.all('database').length === 0
      ? unseen('no database was told')
      : found(
          dataServer.all('database').every(line => line.endsWith(' 1')),
          dataServer.all('database').join(', '),
        ),
  references: byCheck(/^the exercise$/),
  characters: byCheck(/characters of any script/),
  sync: byCheck(/outlives a kill/),
  streams: site =>
    found(
      all(site).every(facts => classesAnswer(facts) === undefined),
      all(site)
        .flatMap(facts => [...facts.all('fault'), classesAnswer(facts) ?? []].flat())
        .join('; ') || 'used by what answers here',
    ),
  'license-words': site => {
    const reason = site.statuses.map(each => each.reason).find(text => /license|licence/i.test(text));
    return reason === undefined
      ? unseen('the key has ECP')
      : found(/does not include ECP|has no ECP/.test(reason), reason);
  },
  'web-server': ({ dataServer }) =>
    found(
      dataServer.get('web') !== '' &&
        (dataServer.get('web') === '000') === !/^20(22|23\.1)/.test(dataServer.get('version')),
      `http ${dataServer.get('web')} in ${dataServer.get('version')}`,
    ),
  metrics: ({ dataServer }) =>
    ['', '000'].includes(dataServer.get('web'))
      ? unseen('no web server in the container')
      : found(dataServer.get('web') === '200', `http ${dataServer.get('web')}`),
  'web-gateway': never('the gateways are not asked'),
  'entry-point': never('the entry point is not asked'),
  otlp: never('no collector is asked'),
  health: site =>
    found(
      site.statuses.every(({ state }) => state === 'Normal'),
      site.statuses.map(({ server, state, reason }) => `${server} ${state} ${reason}`.trim()).join('; '),
    ),
  rotation: byCheck(/renewed without a restart|a session goes on/),
  ecdsa: site =>
    site.dataServer.get('tls.PrivateKeyType') === '3'
      ? found(
          site.statuses.every(({ state }) => state === 'Normal'),
          'keys of ECDSA',
        )
      : unseen('the keys are RSA'),
  backup: never('no backup is taken'),
  'backup-check': never('no backup is verified'),
  'point-in-time': never('no backup is restored'),
  'mirror-join': unmirrored,
  'mirror-agent': unmirrored,
  'mirror-admission': unmirrored,
  'mirror-databases': unmirrored,
  'mirror-ecp': unmirrored,
  'mirror-status': unmirrored,
  'mirror-switch-over': unmirrored,
};

/** A finding, and the name of its statement in docs/iris.md. */
export interface NamedFinding extends Finding {
  readonly name: string;
}

/** The finding of each statement, in the order of the table. */
export function judge(site: IrisSite): NamedFinding[] {
  return Object.entries(STATEMENTS).map(([name, ask]) => ({ name, ...ask(site) }));
}
