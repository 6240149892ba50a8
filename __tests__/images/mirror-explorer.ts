/** All orders of what can happen to a mirror, as far as bounds and numbers go, with the rule of the image in one bash process. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { isWithin, keyOf, otherSteps, ruleSteps, violation, type Bounds, type Fault, type Step, type World } from './mirror-model';

export const RULE = join(__dirname, '../../images/rehearsal/lib/mirror-rule.sh');

/** Worlds whose questions go to the rule at once. */
const BATCH = 2000;

/** The rule, asked in batches. What was asked once is known. */
export class Rule {
  private readonly bash: ChildProcessWithoutNullStreams;
  private readonly lines: Interface;
  private readonly known = new Map<string, string>();

  constructor(file = RULE) {
    this.bash = spawn('bash', [join(__dirname, 'mirror-rule.sh'), file]);
    this.lines = createInterface(this.bash.stdout);
  }

  async ask(questions: Iterable<string>): Promise<void> {
    const open = [...new Set(questions)].filter(question => !this.known.has(question));
    if (!open.length) return;
    let answered = 0;
    const done = new Promise<void>((resolve, reject) => {
      const end = () => reject(new Error(`the rule ended at: ${open[answered]}`));
      this.bash.once('exit', end);
      this.lines.on('line', line => {
        this.known.set(open[answered++]!, line);
        if (answered < open.length) return;
        this.lines.removeAllListeners('line');
        this.bash.off('exit', end);
        resolve();
      });
    });
    this.bash.stdin.write(`${open.join('\n')}\n`);
    await done;
  }

  answer(question: string): string {
    return this.known.get(question)!;
  }

  get questions(): number {
    return this.known.size;
  }

  async end(): Promise<void> {
    this.bash.stdin.end();
    await once(this.bash, 'exit');
  }
}

export interface Exploration {
  states: number;
  depth: number;
  worlds: World[];
  found?: { what: string; path: string[] };
}

/**
 * Breadth first. Where more than `width` new states are as deep, some of them by chance, always the same ones, so that the search gets deep as
 * well; `width` Infinity leaves out none.
 */
export async function explore(rule: Rule, start: World, bounds: Bounds, limits: { width: number; depth: number; states: number }, fault?: Fault): Promise<Exploration> {
  const seen = new Set([keyOf(start)]);
  const worlds: World[] = [start];
  let level = [start];
  let depth = 0;
  for (; level.length && depth < limits.depth && seen.size < limits.states; depth++) {
    const next: World[] = [];
    for (let from = 0; from < level.length; from += BATCH) {
      const batch = level.slice(from, from + BATCH).map(w => ({ w, asked: ruleSteps(w, fault) }));
      await rule.ask(batch.flatMap(({ asked }) => asked.map(step => step.question)));
      for (const { w, asked } of batch) {
        for (const [step, world] of [...after(rule, asked), ...otherSteps(w, bounds, fault)]) {
          const key = keyOf(world);
          if (seen.has(key)) continue;
          seen.add(key);
          world.path = { step, before: w.path };
          const what = violation(world);
          if (what) return { states: seen.size, depth, worlds, found: { what, path: pathTo(world) } };
          if (isWithin(world, bounds)) next.push(world);
        }
      }
    }
    level = sample(next, limits.width, depth);
    worlds.push(...sample(level, 200, depth));
  }
  return { states: seen.size, depth, worlds };
}

function after(rule: Rule, asked: readonly Step[]): (readonly [() => string, World])[] {
  return asked.flatMap(step => {
    const world = step.next(rule.answer(step.question));
    return world ? [[step.what, world] as const] : [];
  });
}

function pathTo(w: World): string[] {
  const steps: string[] = [];
  for (let at = w.path; at; at = at.before) steps.unshift(typeof at.step === 'string' ? at.step : at.step());
  return steps;
}

/** Some of them, by a generator of numbers (mulberry32) that always begins the same way. */
function sample<T>(all: T[], most: number, seed: number): T[] {
  if (all.length <= most) return all;
  let at = seed + 1;
  const random = () => {
    at = (at + 0x6d2b79f5) | 0;
    let t = Math.imul(at ^ (at >>> 15), 1 | at);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const left = [...all];
  for (let i = 0; i < most; i++) {
    const j = i + Math.floor(random() * (left.length - i));
    [left[i], left[j]] = [left[j]!, left[i]!];
  }
  return left.slice(0, most);
}
