import { join } from 'node:path';
import { findTerraform } from '../../cli/machine/terraform';
import type { Notebook, Request } from '../measurement';
import { CLUSTER, clearBenchCluster, makeBenchCluster, type BenchCluster } from '../operations/bench-cluster';
import { ecpTool } from '../operations/ecp-tool';
import { areAllNormal, isGone, type AskEngine } from '../operations/servers';
import { measure, type Command } from '../operations/step';
import { terraformTool } from '../operations/terraform-tool';
import type { Action, Tool } from '../operations/tool';
import { writeStackFile } from './stack-file';
import { clearSwarm, makeSwarm, removeSwarm, type Swarm } from './swarm';

/** The most application servers, once. */
const LARGEST = 30;

const STEP_SEC = 600;

/** Where a cluster runs, and the words for it in the report. */
interface Place {
  readonly name: 'one host' | 'swarm';
  readonly settings: Readonly<Record<string, string>>;
  /** Engines that its servers run on. @default - this host's */
  readonly engines?: readonly AskEngine[];
  readonly clear: () => Promise<void>;
}

interface Turn {
  readonly size: number;
  readonly run: number;
}

/**
 * Measures a cluster on a swarm of three machines beside one on this host and beside `docker stack deploy` of the same services, in turns.
 *
 * @throws Error when it is interrupted or an action fails. Everything that was made is removed anyway.
 */
export async function measureMachines(request: Request, notebook: Notebook): Promise<void> {
  const { program } = await findTerraform();
  try {
    await clearBenchCluster();
    await removeSwarm();
    notebook.progress('make three machines');
    const swarm = await makeSwarm(what => notebook.progress(what));
    const places: readonly Place[] = [
      { name: 'one host', settings: {}, clear: clearBenchCluster },
      { name: 'swarm', settings: swarm.settings, engines: swarm.engines, clear: () => clearSwarm(swarm) },
    ];
    const turns = Array.from({ length: request.runs }, (_, index) =>
      request.sizes.map(size => ({ size, run: index + 1 })),
    ).flat();
    if (!request.quick) {
      notebook.progress('warm up');
      for (const place of places)
        await measurePlace(request, { record: () => undefined }, program, place, { size: 1, run: 0 });
      if (!request.sizes.includes(LARGEST)) turns.push({ size: LARGEST, run: 1 });
    }
    for (const turn of turns) {
      for (const place of places) {
        notebook.progress(`${place.name}: ${turn.size} application servers, run ${turn.run} of ${request.runs}`);
        await measurePlace(request, notebook, program, place, turn, place.name === 'swarm' ? swarm : undefined);
      }
      await notebook.keep();
    }
  } finally {
    notebook.progress('remove what is left');
    await clearBenchCluster();
    await removeSwarm();
  }
}

/** What `./ecp` and Terraform alone do at one place, and Docker's own way to the same services on a swarm. */
async function measurePlace(
  request: Request,
  { record }: Pick<Notebook, 'record'>,
  terraform: string,
  place: Place,
  turn: Turn,
  swarm?: Swarm,
): Promise<void> {
  const course = { request, record, place, turn };
  const folder = `${place.name.replace(' ', '-')}-${turn.size}`;
  const ecp = makeBenchCluster(request.directory, `${folder}-ecp`, turn.size, place.settings);
  const own = makeBenchCluster(request.directory, `${folder}-terraform`, turn.size, place.settings);
  try {
    await act(course, ecpTool(ecp), 'deploy');
    await act(course, ecpTool(ecp), 'no-op');
    await act(course, terraformTool(ecp, terraform), 'plan');
    const file = swarm && writeStackFile(stateFileOf(ecp), join(ecp.folder, 'stack'));
    await act(course, ecpTool(ecp), 'destroy');
    await place.clear();
    await act(course, terraformTool(own, terraform), 'deploy');
    await act(course, terraformTool(own, terraform), 'destroy');
    if (!swarm || file === undefined) return;
    await place.clear();
    for (const action of ['deploy', 'no-op', 'destroy'] as const) await act(course, stackTool(swarm, file), action);
  } finally {
    await place.clear();
  }
}

function stateFileOf({ folder, cluster }: BenchCluster): string {
  return join(folder, 'state', `${cluster}-rehearsal.tfstate`);
}

/** `docker stack`, at the swarm's manager. */
function stackTool(
  { managerEnvironment }: Swarm,
  file: string,
): Pick<Tool, 'prepare' | 'commands'> & { subject: string } {
  const command = (...args: string[]): Command => ({
    program: 'docker',
    args: ['stack', ...args],
    env: { ...process.env, ...managerEnvironment },
  });
  return {
    subject: 'docker stack',
    commands: action =>
      action === 'destroy' ? [command('rm', CLUSTER)] : [command('deploy', '--compose-file', file, CLUSTER)],
  };
}

interface Course {
  readonly request: Request;
  readonly record: Notebook['record'];
  readonly place: Place;
  readonly turn: Turn;
}

async function act(
  { request, record, place, turn: { size, run } }: Course,
  tool: Pick<Tool, 'prepare' | 'commands'> & { readonly subject: string },
  action: Action,
): Promise<void> {
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(STEP_SEC * 1000)]);
  if (action === 'deploy') await tool.prepare?.(size, signal);
  const { engines } = place;
  const { wallSec } = await measure({
    commands: tool.commands(action, size) ?? [],
    isDone: () => (action === 'destroy' ? isGone(CLUSTER, engines) : areAllNormal(CLUSTER, size, engines)),
    signal,
  });
  const subject = tool.subject === 'docker stack' ? tool.subject : `${tool.subject}, ${place.name}`;
  record({ subject, action, servers: size, quantity: 'wallSec', run, value: wallSec });
}
