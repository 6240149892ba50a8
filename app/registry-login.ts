import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where the Docker provider finds the login to a container registry. */
export interface RegistryLogin {
  readonly address: string;
  /** Path of Docker's config.json, which holds the login or names the program that does. */
  readonly configFile: string;
}

/**
 * The login that `docker login` left for a registry, or `undefined`. The provider pulls without any login unless its `registry_auth`
 * names one, and fails before its first plan when it names a file that is not there (docker provider 4.6, internal/provider/provider.go).
 */
export function registryLogin(
  registry: string,
  environment: Readonly<Record<string, string | undefined>>,
): RegistryLogin | undefined {
  const named = environment.DOCKER_CONFIG;
  const folder = named || join(environment.HOME ?? homedir(), '.docker');
  const configFile = named && isFile(named) ? named : join(folder, 'config.json');
  if (!isFile(configFile)) return undefined;
  let config: { auths?: object; credHelpers?: object; credsStore?: string };
  try {
    config = JSON.parse(readFileSync(configFile, 'utf8')) as typeof config;
  } catch {
    return undefined;
  }
  const known = (entries: object = {}): boolean =>
    Object.keys(entries).some(key => key.replace(/^https?:\/\//, '').split('/')[0] === registry);
  return known(config.auths) || known(config.credHelpers) ? { address: registry, configFile } : undefined;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/** Whether a registry is one on this host, which Docker takes without TLS. */
export function isLocalRegistry(address: string): boolean {
  return /^(127\.0\.0\.1|localhost)(:|$)/.test(address);
}
