import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { LABELS } from '../../constructs/private/contract';
import { terraformEnvironment } from '../../cli/machine/terraform';
import { execute } from './step';

/** One cluster's name and ports: the tools take turns, so one set is enough. */
const CLUSTER = 'ecp-bench-ops';
const DATA_SERVER_WEB_PORT = 25000;
const APP_SERVER_WEB_PORT_BASE = 25100;

/** Names that the data server admits when nobody says otherwise; beyond them the maximum is raised. */
const USUAL_MAXIMUM = 16;

/** Where one tool keeps its state, and the cluster that it works on. */
export interface Bed {
  readonly cluster: string;
  /** The tool's own folder. */
  readonly folder: string;
  /** Where the app writes the synthesized stack. */
  readonly outputDirectory: string;
  readonly stackDirectory: string;
  /** Environment of a tool that is to bring about so many application servers. */
  readonly environment: (appServers: number) => NodeJS.ProcessEnv;
}

/**
 * @param maximum Most application servers that the tool will ever be asked for: a data server that has to admit more is another one, and
 * adding a server would replace it.
 */
export function makeBed(directory: string, tool: string, maximum: number): Bed {
  const folder = join(directory, tool);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const outputDirectory = join(folder, 'out');
  return {
    cluster: CLUSTER,
    folder,
    outputDirectory,
    stackDirectory: join(outputDirectory, 'stacks', `${CLUSTER}-rehearsal`),
    environment: appServers => ({
      ...withoutSettings(process.env),
      ...terraformEnvironment(),
      NO_COLOR: '1',
      CDKTF_OUTDIR: outputDirectory,
      ECP_STATE_DIR: join(folder, 'state'),
      ECP_CLUSTER: CLUSTER,
      ECP_ENGINE: 'rehearsal',
      ECP_APP_SERVERS: String(appServers),
      ECP_MAX_APP_SERVERS: String(Math.max(USUAL_MAXIMUM, maximum)),
      ECP_DATA_SERVER_WEB_PORT: String(DATA_SERVER_WEB_PORT),
      ECP_APP_SERVER_WEB_PORT_BASE: String(APP_SERVER_WEB_PORT_BASE),
    }),
  };
}

/** The user's own settings would make another cluster of it. */
function withoutSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('ECP_')));
}

/** Removes every container, network and volume of the cluster, whoever made it and whatever became of it. */
export async function clearBed(): Promise<void> {
  const label = ['--filter', `label=${LABELS.cluster}=${CLUSTER}`];
  await remove(['ps', '--all', '--quiet', ...label], ids => ['rm', '--force', '--volumes', ...ids]);
  await remove(['network', 'ls', '--quiet', ...label], ids => ['network', 'rm', ...ids]);
  await remove(['volume', 'ls', '--quiet', ...label], ids => ['volume', 'rm', '--force', ...ids]);
  // Docker makes it by name, without a label.
  await docker(['volume', 'rm', '--force', `${CLUSTER}-data`]);
}

async function remove(list: readonly string[], command: (ids: readonly string[]) => string[]): Promise<void> {
  const ids = (await docker(list)).split('\n').filter(Boolean);
  if (ids.length > 0) await docker(command(ids));
}

const DOCKER_SEC = 300;

/** Not ended by a person's interrupt, after which it is needed most. */
function docker(args: readonly string[]): Promise<string> {
  return execute({ program: 'docker', args, env: process.env }, AbortSignal.timeout(DOCKER_SEC * 1000));
}
