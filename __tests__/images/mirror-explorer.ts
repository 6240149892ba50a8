/** All orders of what can happen to a mirror, as far as bounds and numbers go, with the rule of the image in one bash process. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { keyOf, otherSteps, ruleSteps, violation, type Bounds, type Fault, type Step, type World } from './mirror-model';

export const RULE = join(__dirname, '../../images/rehearsal/lib/mirror-rule.sh');

/** The rule, asked in batches. What was asked once is known. */
export class Rule {
  private readonly bash: ChildProcessWithoutNullStreams;
  private readonly lines: Interface;
  private readonly known = new Map<string, readonly string[]>();

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
        this.known.set(open[answered++]!, line.split(' '));
        if (answered < open.length) return;
        this.lines.removeAllListeners('line');
        this.bash.off('exit', end);
        resolve();
      });
    });
    this.bash.stdin.write(`${open.join('\n')}\n`);
    await done;
  }

  answer(question: string): readonly string[] {
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
    const asked: Step[][] = level.map(w => ruleSteps(w, fault));
    await rule.ask(asked.flat().map(step => step.question));
    const next: World[] = [];
    for (const [i, w] of level.entries()) {
      const found: (readonly [string, World | undefined])[] = [...asked[i]!.map(step => [step.what, step.next(rule.answer(step.question))] as const), ...otherSteps(w, bounds, fault)];
      for (const [step, world] of found) {
        if (!world) continue;
        const key = keyOf(world);
        if (seen.has(key)) continue;
        seen.add(key);
        world.path = { step, before: w.path };
        const what = violation(world);
        if (what) return { states: seen.size, depth, worlds, found: { what, path: pathTo(world) } };
        next.push(world);
      }
    }
    level = sample(next, limits.width, depth);
    worlds.push(...sample(level, 200, depth));
  }
  return { states: seen.size, depth, worlds };
}

function pathTo(w: World): string[] {
  const steps: string[] = [];
  for (let at = w.path; at; at = at.before) steps.unshift(at.step);
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
