import { shorten } from '../../contract/messages';
import { Refusal } from '../../contract/refusal';
import type { EcpConfigFile } from '../ecp-image';
import { type Json, escapePointer } from './config-file';
import { mirroredName } from './iris-mirror';

/** The server that a document is for. */
type IrisServer = Pick<EcpConfigFile, 'role' | 'keyAlgorithm' | 'durableDirectories' | 'mirror'>;

type Section = Readonly<Record<string, Readonly<Record<string, Json>>>>;

/** Values of `PrivateKeyType`: InterSystems, class reference of Security.SSLConfigs, and OpenAPI of the SysAdmin API v2 (ECDSA). */
export const PRIVATE_KEY_TYPE = { RSA: '2', ECDSA: '3' } as const;

/** @throws Error when IRIS or the scripts of its image would take the document and say at the start that they cannot work with it. */
export function checkIrisRules(document: Json, file: string, server: IrisServer): void {
  const section = (name: string): Section => ((document as Record<string, Json>)[name] ?? {}) as Section;
  const fault = (path: readonly string[], rule: string, value: Json, remedy: string): never => {
    const pointer = path.map(escapePointer).join('/');
    throw new Refusal(`'${file}' /${pointer}: must be ${rule}, got ${shorten(value)}; ${remedy}`);
  };
  checkMirrors(document as Record<string, Json>, fault);
  checkDatabases(section, server, fault);
  checkServers(document as Record<string, Json>, section('ECPServers'), fault);
  checkKeyType(section('Security.SSLConfigs'), server, fault);
  checkService(section('Security.Services'), server, fault);
}

type Fault = (path: readonly string[], rule: string, value: Json, remedy: string) => never;

/** Config-API's own classes of a mirror cannot be run twice (1.4.1, `Exists` of SYS.MirrorFailOver), and the merge file has it already. */
function checkMirrors(document: Readonly<Record<string, Json>>, fault: Fault): void {
  for (const name of ['SYS.MirrorMaster', 'SYS.MirrorFailOver', 'SYS.Mirror', 'Mirrors', 'MirrorMember', 'MapMirrors'])
    if (document[name] !== undefined)
      fault([name], "left out: a mirror is set up by 'mirror' of EcpCluster", document[name], 'take the section out');
}

function checkDatabases(
  section: (name: string) => Section,
  { role, durableDirectories, mirror }: IrisServer,
  fault: Fault,
): void {
  const named = Object.entries(section('Databases'));
  for (const [name, { Directory: directory }] of named)
    if (typeof directory === 'string' && /^:(mirror|ds):/.test(directory) && !isMirrored(directory, role, mirror))
      fault(
        ['Databases', name, 'Directory'],
        mirror === undefined
          ? 'a directory: this cluster has no mirror and no data set'
          : `a directory, or ':mirror:${mirror.toUpperCase()}:NAME' on an application server`,
        directory,
        'name the directory',
      );
  if (role === 'app-server') return;
  if (mirror !== undefined) checkMirroredNames(Object.keys(section('SYS.Databases')), fault);
  const isDurable = (directory: string): boolean =>
    /^\$\{(MGRDIR|mgrdir)\}/.test(directory) || durableDirectories.some(each => directory.startsWith(`${each}/`));
  const places = [
    ...named
      .filter(([, { Server: server }]) => server === undefined || server === '')
      .map(([name, { Directory: directory }]) => [['Databases', name, 'Directory'], directory] as const),
    ...Object.keys(section('SYS.Databases')).map(directory => [['SYS.Databases', directory], directory] as const),
  ];
  for (const [path, directory] of places)
    if (typeof directory === 'string' && !isDurable(directory))
      fault(
        path,
        `below ${durableDirectories.join(' or ')}: what lies elsewhere is lost with the container`,
        directory,
        "choose such a directory, or '${MGRDIR}'",
      );
}

/** Name and database as InterSystems, High Availability Guide, "Adding a New Database to the Mirror" has them. */
function isMirrored(directory: string, role: string, mirror: string | undefined): boolean {
  const [, name] = /^:mirror:([^:]+):[A-Za-z_][\w-]*$/.exec(directory) ?? [];
  return role === 'app-server' && mirror !== undefined && name === mirror.toUpperCase();
}

function checkMirroredNames(directories: readonly string[], fault: Fault): void {
  const seen = new Set<string>();
  for (const directory of directories) {
    const name = mirroredName(directory);
    if (!/^[A-Z_][\w-]*$/.test(name) || seen.has(name))
      fault(
        ['SYS.Databases', directory],
        'a directory whose last part is a name of its own in the mirror: a letter or _ first, then letters, digits, - and _',
        name,
        'choose another directory',
      );
    seen.add(name);
  }
}

function checkServers(document: Readonly<Record<string, Json>>, servers: Section, fault: Fault): void {
  for (const name of Object.keys(servers))
    if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(name))
      fault(
        ['ECPServers', name],
        'a name of letters, digits, - and _ (InterSystems IRIS takes no other for a data server)',
        name,
        'rename it; its Address may be any host name',
      );
  const { MaxServers: most } = (document.config ?? {}) as Readonly<Record<string, Json>>;
  const count = Object.keys(servers).length;
  if (most !== undefined && Number(most) < count)
    fault(
      ['config', 'MaxServers'],
      `at least ${count}, the number of ECPServers`,
      most,
      'raise it, or leave it out: it follows the number',
    );
}

/** Where it is left out, the image may have it; a data server that turns it off serves nobody. */
function checkService(services: Section, { role }: IrisServer, fault: Fault): void {
  const { Enabled: enabled } = services['%Service_ECP'] ?? {};
  if (role === 'data-server' && enabled !== undefined && !/^(1|true)$/i.test(String(enabled)))
    fault(
      ['Security.Services', '%Service_ECP', 'Enabled'],
      'true: without it a data server serves no application server',
      enabled,
      'set it',
    );
}

function checkKeyType(configurations: Section, { role, keyAlgorithm }: IrisServer, fault: Fault): void {
  const name = role === 'data-server' ? '%ECPServer' : '%ECPClient';
  const configuration = configurations[name];
  if (configuration === undefined) return;
  const type = configuration.PrivateKeyType ?? PRIVATE_KEY_TYPE.RSA;
  if (String(type) !== PRIVATE_KEY_TYPE[keyAlgorithm])
    fault(
      ['Security.SSLConfigs', name, 'PrivateKeyType'],
      `${PRIVATE_KEY_TYPE[keyAlgorithm]} for a key of ${keyAlgorithm}`,
      type,
      "set it to '${PRIVATE_KEY_TYPE}'",
    );
}
