/** All orders of what can happen to a mirror, as far as bounds and numbers go, with the rule of the image in one bash process. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  forget,
  isWithin,
  keyOf,
  otherSteps,
  ruleSteps,
  violation,
  type Bounds,
  type Fault,
  type Step,
  type World,
} from './mirror-model';

export const RULE = join(__dirname, '../../images/rehearsal/lib/mirror-rule.sh');

/** Worlds whose questions go to the rule at once. */
const BATCH = 2000;

/** The rule, asked in batches. */
export class Rule {
  private readonly bash: ChildProcessWithoutNullStreams;
  private readonly lines: AsyncIterableIterator<string>;
  questions = 0;

  constructor(file = RULE) {
    forget();
    this.bash = spawn('bash', [join(__dirname, 'mirror-rule.sh'), file]);
    this.lines = createInterface(this.bash.stdout)[Symbol.asyncIterator]();
  }

  /** Of questions with one answer the first is kept. */
  async ask(steps: readonly Step[]): Promise<void> {
    const open = new Set(
      steps.map(step => step.questions).filter(questions => questions.some(({ answer }) => answer === undefined)),
    );
    if (!open.size) return;
    const asked = [...open].flat();
    this.questions += asked.length;
    this.bash.stdin.write(`${asked.map(({ question }) => question).join('\n')}\n`);
    for (const question of asked) {
      const { value, done } = await this.lines.next();
      if (done) throw new Error(`the rule ended at: ${question.question}`);
      question.answer = value;
    }
    for (const questions of open) {
      const first = questions.filter(({ answer }, i) => questions.findIndex(each => each.answer === answer) === i);
      questions.splice(0, questions.length, ...first);
    }
  }

  async end(): Promise<void> {
    this.bash.stdin.end();
    await once(this.bash, 'exit');
  }
}

export interface Exploration {
  states: number;
  depth: number;
  /** A few states of each depth. */
  some: World[];
  found?: { what: string; path: string[] };
}

export interface Limits {
  width: number;
  states: number;
}

/**
 * Breadth first. Where more than `width` new states are as deep, some of them by chance, always the same ones, so that the search gets deep as
 * well; `width` Infinity leaves out none.
 */
export async function explore(
  rule: Rule,
  start: World,
  bounds: Bounds,
  limits: Limits,
  fault?: Fault,
): Promise<Exploration> {
  const cameFrom = new Map([[keyOf(start), '']]);
  const some: World[] = [];
  let level = [start];
  let depth = 0;
  for (; level.length && cameFrom.size < limits.states; depth++) {
    const next: World[] = [];
    for (let from = 0; from < level.length; from += BATCH) {
      const batch = level.slice(from, from + BATCH).map(w => ({ w, asked: ruleSteps(w) }));
      await rule.ask(batch.flatMap(({ asked }) => asked));
      for (const { w, asked } of batch) {
        const before = keyOf(w);
        for (const [, world] of [...after(asked), ...otherSteps(w, bounds, fault)]) {
          const key = keyOf(world);
          if (cameFrom.has(key)) continue;
          cameFrom.set(key, before);
          const what = violation(world);
          if (what) return { states: cameFrom.size, depth, some, found: { what, path: await pathTo(key) } };
          if (isWithin(world, bounds)) next.push(world);
        }
      }
    }
    level = sample(next, limits.width, depth);
    some.push(...sample(level, 20, depth));
  }
  return { states: cameFrom.size, depth, some };

  /** What happened on the way there, by going it again. */
  async function pathTo(key: string): Promise<string[]> {
    const keys: string[] = [];
    for (let at = key; at; at = cameFrom.get(at)!) keys.unshift(at);
    const steps: string[] = [];
    let w = start;
    for (const each of keys.slice(1)) {
      const asked = ruleSteps(w);
      await rule.ask(asked);
      const [step, world] = [...after(asked), ...otherSteps(w, bounds, fault)].find(([, one]) => keyOf(one) === each)!;
      steps.push(step);
      w = world;
    }
    return steps;
  }
}

function after(asked: readonly Step[]): (readonly [string, World])[] {
  const found: (readonly [string, World])[] = [];
  for (const { questions, next } of asked) for (const { what, answer } of questions) found.push([what, next(answer!)]);
  return found;
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
