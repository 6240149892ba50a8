import { rmSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import type { Notebook, Request } from '../measurement';
import { clearBenchCluster, makeBenchCluster, type BenchCluster } from './bench-cluster';
import { findTools, type Found } from './find-tools';
import { perform } from './perform';
import { ACTIONS, type Action, type Tool } from './tool';

/** Application servers of the largest cluster: `./ecp` alone, once. */
const LARGEST = 100;

/**
 * Measures what is done to a cluster, by `./ecp` and by what people use in its place. The tools take turns within each run, so that they
 * share what else goes on on the machine.
 *
 * @throws Error when it is interrupted, or not even a first cluster can be deployed. Everything that was made is removed anyway.
 */
export async function measureOperations(request: Request, notebook: Notebook): Promise<void> {
  try {
    // A benchmark that was killed leaves its cluster behind.
    await clearBenchCluster();
    const found = await findTools(request, notebook);
    // The first deploy builds the image, and a tool's first one installs the providers for it.
    if (!request.quick) await warmUp(request, notebook, found);
    const unable = new Set<string>();
    // Sizes take turns too: a benchmark that is interrupted has some runs of each.
    for (let run = 1; run <= request.runs; run++)
      for (const size of request.sizes) await measureRun(request, notebook, found, { size, run, unable });
    if (!request.quick && !request.sizes.includes(LARGEST)) await measureLargest(request, notebook, found[0]!);
  } finally {
    notebook.progress('remove what is left');
    await clearBenchCluster();
  }
}

async function warmUp(request: Request, notebook: Notebook, found: readonly Found[]): Promise<void> {
  for (const { folder, toolFor } of found) {
    const bench = makeBenchCluster(request.directory, folder, 1);
    const tool = toolFor(bench);
    for (const action of ['deploy', 'destroy'] as const) {
      notebook.progress(`${tool.subject}: ${action} to warm up`);
      await perform(tool, action, bench, 1, request.signal);
    }
    await clearBenchCluster();
  }
}

interface Turn {
  readonly size: number;
  readonly run: number;
  /** Tools that have failed at a size, which is not tried again. */
  readonly unable: Set<string>;
}

async function measureRun(request: Request, notebook: Notebook, found: readonly Found[], turn: Turn): Promise<void> {
  const { size, run, unable } = turn;
  for (const { folder, toolFor } of found) {
    const key = `${folder} ${size}`;
    if (unable.has(key)) continue;
    const bench = makeBenchCluster(request.directory, folder, size + 1);
    const tool = toolFor(bench);
    const failure = await measureActions(request, notebook, { tool, bench, actions: ACTIONS, size, run });
    if (failure === undefined) continue;
    notebook.remark(`${failure}; ${tool.subject} was not measured any further at this size.`);
    unable.add(key);
  }
  await notebook.keep();
}

async function measureLargest(request: Request, notebook: Notebook, { folder, toolFor }: Found): Promise<void> {
  const bench = makeBenchCluster(request.directory, folder, LARGEST);
  const course = { tool: toolFor(bench), bench, actions: ['deploy', 'destroy'] as const, size: LARGEST, run: 1 };
  const failure = await measureActions(request, notebook, course);
  notebook.remark(
    failure ?? `${LARGEST} application servers were deployed by ./ecp once, and all of them became Normal.`,
  );
}

/** What one tool does to one cluster, from nothing to nothing. */
interface Course {
  readonly tool: Tool;
  readonly bench: BenchCluster;
  readonly actions: readonly Action[];
  readonly size: number;
  readonly run: number;
}

/** @returns what failed, in words; the actions before it have been recorded. */
async function measureActions(request: Request, notebook: Notebook, course: Course): Promise<string | undefined> {
  const { tool, bench, actions, size, run } = course;
  try {
    for (const action of actions) {
      if (!tool.commands(action, size)) continue;
      notebook.progress(`${tool.subject}: ${action}, ${size} application servers, run ${run} of ${request.runs}`);
      const measured = await perform(tool, action, bench, size, request.signal);
      for (const [quantity, value] of Object.entries(measured))
        notebook.record({ subject: tool.subject, action, servers: size, quantity, run, value });
    }
    return undefined;
  } catch (error) {
    request.signal.throwIfAborted();
    // A state that knows what is not there any more would spoil what comes next.
    rmSync(bench.folder, { recursive: true, force: true });
    return `${tool.subject} failed at ${size} application servers in run ${run}: ${inOneLine((error as Error).message)}`;
  } finally {
    await clearBenchCluster();
  }
}

const LAST_CHARACTERS = 400;

/** What failed and the program's last words, for a list of remarks. */
function inOneLine(text: string): string {
  const [what = '', ...words] = stripVTControlCharacters(text).split(/\s*\n\s*/);
  return [what, words.join(' / ').slice(-LAST_CHARACTERS)].filter(Boolean).join(': ');
}
