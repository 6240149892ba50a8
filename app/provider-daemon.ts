import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { USUAL_HOST, type DaemonChoice } from './daemon-choice';

type Environment = Readonly<Record<string, string | undefined>>;

/** The provider's arguments; none for the usual socket, unless variables would lead the provider elsewhere. */
export interface ProviderDaemon {
  readonly host?: string;
  readonly context?: string;
  readonly certPath?: string;
}

/**
 * What the stack tells the provider, for a plain cdktf, which passes the user's own environment. Empty arguments win over variables.
 *
 * @throws Error with one sentence when DOCKER_CONTEXT names what the provider does not find: it then fails whatever else it is told.
 */
export function providerDaemon(choice: DaemonChoice, environment: Environment): ProviderDaemon {
  const { DOCKER_CONTEXT: context, DOCKER_CERT_PATH: certPath } = environment;
  if (context && !isInHome(context))
    throw new Error(
      `'DOCKER_CONTEXT' must name a context in ~/.docker where Terraform runs without ./ecp (the provider looks nowhere else), got '${context}'; unset it and set DOCKER_HOST=${choice.host}, or use ./ecp`,
    );
  return {
    ...(choice.host === USUAL_HOST && !context ? {} : { host: choice.host }),
    ...(context ? { context: '' } : {}),
    ...(choice.tls?.isVerified ? { certPath: choice.tls.folder } : certPath && !choice.tls ? { certPath: '' } : {}),
  };
}

/** The provider takes the home folder from the list of users, whatever HOME says. */
function isInHome(context: string): boolean {
  const hash = createHash('sha256').update(context).digest('hex');
  return existsSync(join(userInfo().homedir, '.docker', 'contexts', 'meta', hash, 'meta.json'));
}
