import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { terraformEnvironment } from '../../cli/machine/terraform';
import { LABELS } from '../../contract/contract';
import { execute } from './step';

/** One cluster's name and ports: the tools take turns, so one set is enough. */
export const CLUSTER = 'ecp-bench-ops';
const DATA_SERVER_WEB_PORT = 25000;
const APP_SERVER_WEB_PORT_BASE = 25100;

/** Names that the data server admits when nobody says otherwise; beyond them the maximum is raised. */
const USUAL_MAXIMUM = 16;

/** Where one tool keeps its state, and the cluster that it works on. */
export interface BenchCluster {
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
 * @param settings Variables beside those of a cluster on this host; an empty one takes a setting back.
 */
export function makeBenchCluster(
  directory: string,
  tool: string,
  maximum: number,
  settings: Readonly<Record<string, string>> = {},
): BenchCluster {
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
      ...settings,
    }),
  };
}

/** The user's own settings would make another cluster of it. */
function withoutSettings(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('ECP_')));
}

const ATTEMPTS = 10;
const PAUSE_MS = 500;

/**
 * Removes every container, network and volume of the cluster, whoever made it and whatever became of it. It looks again until nothing is
 * found: what a tool had asked Docker for before it was killed may still come.
 *
 * @throws Error with what could not be removed, in Docker's words.
 */
export async function clearBenchCluster(): Promise<void> {
  let failure: unknown;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    try {
      if (!(await removeOnce())) return;
      failure = undefined;
    } catch (error) {
      failure = error;
    }
    await pause(PAUSE_MS);
  }
  throw failure ?? new Error(`something makes containers of the cluster '${CLUSTER}' as fast as they are removed`);
}

/** @returns whether there was anything with the cluster's label */
async function removeOnce(): Promise<boolean> {
  const label = ['--filter', `label=${LABELS.cluster}=${CLUSTER}`];
  const found = [
    await remove(['ps', '--all', '--quiet', ...label], ['rm', '--force', '--volumes']),
    await remove(['network', 'ls', '--quiet', ...label], ['network', 'rm']),
    await remove(['volume', 'ls', '--quiet', ...label], ['volume', 'rm', '--force']),
  ];
  // Docker makes it by name, without a label.
  await docker(['volume', 'rm', '--force', `${CLUSTER}-data`]);
  return found.includes(true);
}

async function remove(list: readonly string[], command: readonly string[]): Promise<boolean> {
  const ids = (await docker(list)).split('\n').filter(Boolean);
  if (ids.length > 0) await docker([...command, ...ids]);
  return ids.length > 0;
}

const DOCKER_SEC = 300;

/** Not ended by a person's interrupt, after which it is needed most. */
function docker(args: readonly string[]): Promise<string> {
  return execute({ program: 'docker', args, env: process.env }, AbortSignal.timeout(DOCKER_SEC * 1000));
}
