import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** The Docker daemon that everything here talks to, and how. */
export interface DaemonChoice {
  /** For example `unix:///var/run/docker.sock`. */
  readonly host: string;
  /** What named it: `DOCKER_HOST`, the name of a docker context, or nothing. */
  readonly namedBy: 'default' | 'DOCKER_HOST' | 'DOCKER_TLS' | { readonly context: string };
  readonly tls?: {
    /** Folder with `ca.pem`, `cert.pem` and `key.pem`. */
    readonly folder: string;
    /** False where the daemon's certificate is taken as it comes. */
    readonly isVerified: boolean;
  };
}

/** What the docker command and the Terraform provider both use when nobody says anything. */
export const USUAL_HOST = 'unix:///var/run/docker.sock';

/**
 * Finds the daemon as the docker command does (docker/cli 28, `resolveContextName`, `SetDefaultOptions`, `ParseHost`): DOCKER_HOST, then
 * DOCKER_CONTEXT, then the current context of its configuration; an empty variable is none.
 *
 * @throws Error with one sentence when the context is not there, or has no way that the Terraform provider can go as well.
 */
export function chooseDaemon(environment: Environment): DaemonChoice {
  const folder = resolve(environment.DOCKER_CONFIG || join(environment.HOME || homedir(), '.docker'));
  if (environment.DOCKER_HOST) return { ...byVariables(environment, folder), namedBy: 'DOCKER_HOST' };
  const current = environment.DOCKER_CONTEXT || currentContext(folder);
  if (current !== undefined && current !== 'default') return byContext(environment, folder, current);
  return byVariables(environment, folder);
}

/** The choice in words, for a person. */
export function describeChoice({ host, namedBy, tls }: DaemonChoice): string {
  const by = typeof namedBy === 'object' ? `docker context '${namedBy.context}'` : namedBy === 'default' ? '' : namedBy;
  const certificates = tls ? `certificates in ${tls.folder}` : '';
  const words = [by, certificates].filter(Boolean).join(', ');
  return words ? `${host} (${words})` : host;
}

/** Without a context: TLS where DOCKER_TLS_VERIFY or DOCKER_TLS is set to anything at all. */
function byVariables(environment: Environment, configFolder: string): DaemonChoice {
  const isVerified = Boolean(environment.DOCKER_TLS_VERIFY);
  const withTls = isVerified || Boolean(environment.DOCKER_TLS);
  const host = parseHost(environment.DOCKER_HOST ?? '', withTls);
  if (!withTls) return { host, namedBy: 'default' };
  const tls = { folder: resolve(environment.DOCKER_CERT_PATH || configFolder), isVerified };
  const variable = isVerified ? 'DOCKER_TLS_VERIFY' : 'DOCKER_TLS';
  requireFiles(tls, `'${variable}' must go with the files ca.pem, cert.pem and key.pem in DOCKER_CERT_PATH`);
  return { host, namedBy: 'DOCKER_TLS', tls };
}

function byContext(environment: Environment, configFolder: string, name: string): DaemonChoice {
  const hash = createHash('sha256').update(name).digest('hex');
  const source = environment.DOCKER_CONTEXT
    ? "'DOCKER_CONTEXT'"
    : `'currentContext' of ${join(configFolder, 'config.json')}`;
  const meta = readJson<ContextMeta>(join(configFolder, 'contexts', 'meta', hash, 'meta.json'));
  if (!meta)
    throw new Error(
      `${source} must name a docker context, got '${name}', which ${configFolder} does not have; see 'docker context ls'`,
    );
  const endpoint = meta.Endpoints?.docker;
  const namedBy = { context: name };
  const folder = join(configFolder, 'contexts', 'tls', hash, 'docker');
  const isVerified = endpoint?.SkipTLSVerify !== true;
  const hasFiles = existsSync(folder);
  const withTls = hasFiles || !isVerified;
  const host = parseHost(endpoint?.Host ?? '', withTls);
  // A context on a socket or by ssh may say skip-tls-verify, and nobody listens.
  if (!withTls || !host.startsWith('tcp://')) return { host, namedBy };
  const tls = { folder, isVerified };
  requireFiles(tls, `the docker context '${name}' must have the files ca, cert and key`);
  return { host, namedBy, tls };
}

/** The provider takes a folder with all three, and verifies always; what the docker command would do with fewer, it cannot. */
function requireFiles({ folder, isVerified }: NonNullable<DaemonChoice['tls']>, rule: string): void {
  const names = isVerified ? ['ca.pem', 'cert.pem', 'key.pem'] : ['cert.pem', 'key.pem'];
  const missing = names.filter(name => !existsSync(join(folder, name)));
  if (missing.length > 0)
    throw new Error(
      `${rule}, got ${folder} without ${missing.join(', ')}; put them there, as Terraform needs them all`,
    );
}

interface ContextMeta {
  readonly Endpoints?: { readonly docker?: { readonly Host?: string; readonly SkipTLSVerify?: boolean } };
}

function currentContext(configFolder: string): string | undefined {
  return readJson<{ readonly currentContext?: string }>(join(configFolder, 'config.json'))?.currentContext || undefined;
}

function readJson<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as T;
  } catch {
    return undefined;
  }
}

/** Fills in what a host leaves out, as the docker command does. */
function parseHost(text: string, withTls: boolean): string {
  const host = text.trim();
  if (host === '') return withTls ? 'tcp://localhost:2376' : USUAL_HOST;
  if (host === 'unix://') return USUAL_HOST;
  if (/^(?!tcp:)\w+:\/\//.test(host)) return host;
  const address = host.replace(/^tcp:\/\//, '');
  const [authority = '', ...path] = address.split('/');
  const [, name, port] = /^(.*?)(?::(\d+))?$/.exec(authority)!;
  const full = `${name || 'localhost'}:${port ?? (withTls ? 2376 : 2375)}`;
  return `tcp://${[full, ...path].join('/')}`;
}
