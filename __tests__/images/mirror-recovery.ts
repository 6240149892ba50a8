/** What becomes of a mirror when nothing goes wrong any more: everybody hears everybody, and the clocks run on. */
import type { Rule } from './mirror-explorer';
import { otherSteps, ruleSteps, type Question, type World } from './mirror-model';

const NOTHING_NEW = { writes: 0, crashes: 0, arbiters: 0, late: 0, epochs: 99, steps: 99 };

/** The mirrored world that it comes to, or undefined when it does not within some rounds. */
export async function recover(rule: Rule, start: World): Promise<World | undefined> {
  let w = start;
  for (let round = 0; round < 60; round++) {
    if (isMirrored(w)) return w;
    const count = ruleSteps(w).length;
    for (let i = 0; i < count; i++) {
      const step = ruleSteps(w)[i];
      if (!step) break;
      await rule.ask([step]);
      const question = likely(w, step.questions);
      if (question) w = step.next(question.answer!);
    }
    for (const kind of [/waits no longer/, /rolls back/, /receives/, /asks/, /confirms/]) {
      const found = otherSteps(w, NOTHING_NEW).find(([what]) => kind.test(what));
      if (found) w = found[1];
    }
  }
  return undefined;
}

function isMirrored({ a, b, arbiter }: World): boolean {
  return [[a, b] as const, [b, a] as const].some(
    ([p, o]) =>
      p.role === 'primary' &&
      p.serving &&
      p.mode === 'with' &&
      o.role === 'backup' &&
      o.mode === 'with' &&
      [o, arbiter].every(each => each.e === p.e && each.k === p.k),
  );
}

/** Of what could be asked at the moment, what is true: nobody is lost, and who waits has waited. */
function likely(w: World, questions: readonly Question[]): Question | undefined {
  const [first] = questions;
  if (!first) return undefined;
  const named = (words: string) => questions.find(({ what }) => what.includes(words));
  if (first.what.startsWith('the arbiter hears')) {
    const silent = first.what.startsWith('the arbiter hears a') ? w.b : w.a;
    return (silent.serving ? undefined : named('and not')) ?? first;
  }
  if (first.what.startsWith('the clock')) {
    const [one, peer] = first.what.startsWith('the clock of a') ? [w.a, w.b] : [w.b, w.a];
    const caughtUp =
      one.acks === 'alone' && one.serving && peer.role === 'backup' && peer.e === one.e && peer.log === one.log;
    return caughtUp
      ? (named('(0 0 0 1)') ?? first)
      : one.serving || one.acks === 'with'
        ? undefined
        : (named('(0 0 1 0)') ?? first);
  }
  return named('has waited') ?? named('hears that all') ?? first;
}
