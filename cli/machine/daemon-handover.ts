import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chooseDaemon, type DaemonChoice } from '../../app/daemon-choice';
import { UserError } from '../terminal';

type Environment = Readonly<Record<string, string | undefined>>;

/** Variables by which the docker command, or the Terraform provider, or both find a daemon. */
const VARIABLES = [
  'DOCKER_HOST',
  'DOCKER_CONTEXT',
  'DOCKER_TLS',
  'DOCKER_TLS_VERIFY',
  'DOCKER_CERT_PATH',
  'DOCKER_CA_MATERIAL',
  'DOCKER_CERT_MATERIAL',
  'DOCKER_KEY_MATERIAL',
] as const;

let settled: DaemonChoice | undefined;

/**
 * Decides once which daemon this process works on, and leaves the decision to all its children in variables that the docker command and the
 * Terraform provider read alike. Left to themselves they differ: the provider prefers DOCKER_CONTEXT to DOCKER_HOST, looks for contexts in
 * `~/.docker` only and without their certificates, knows no `default` among them, and takes DOCKER_CERT_PATH for TLS by itself.
 *
 * @throws UserError when the docker command's configuration leads nowhere.
 */
export function settleDaemon(): void {
  try {
    settled = chooseDaemon(process.env);
  } catch (error) {
    throw new UserError((error as Error).message);
  }
  for (const [name, value] of Object.entries(environmentFor(settled, process.env))) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

/** The daemon that was settled on, or would be. */
export function settledDaemon(): DaemonChoice {
  return settled ?? chooseDaemon(process.env);
}

/** Variables for children, to be set over the present ones; `undefined` removes one. Where nothing named a daemon, none is set. */
export function environmentFor(choice: DaemonChoice, environment: Environment): Record<string, string | undefined> {
  const variables: Record<string, string | undefined> = Object.fromEntries(VARIABLES.map(name => [name, undefined]));
  // Without DOCKER_CONTEXT the docker command would go on to the current context of its configuration.
  if (choice.namedBy !== 'default' || environment.DOCKER_CONTEXT) variables.DOCKER_HOST = choice.host;
  if (choice.tls) {
    variables.DOCKER_CERT_PATH = choice.tls.folder;
    variables[choice.tls.isVerified ? 'DOCKER_TLS_VERIFY' : 'DOCKER_TLS'] = '1';
  }
  return variables;
}

/**
 * Variables for Terraform alone. The provider skips the verification of the daemon's certificate only when it gets certificate and key by
 * their content, which must not be in a stack.
 */
export function terraformDaemonEnvironment(environment: Environment): Record<string, string | undefined> {
  const { DOCKER_TLS: tls, DOCKER_TLS_VERIFY: verify, DOCKER_CERT_PATH: folder } = environment;
  if (!tls || verify || !folder) return {};
  const content = (name: string): string => readFileSync(join(folder, name), 'utf8');
  return {
    DOCKER_CERT_PATH: undefined,
    DOCKER_CERT_MATERIAL: content('cert.pem'),
    DOCKER_KEY_MATERIAL: content('key.pem'),
  };
}
