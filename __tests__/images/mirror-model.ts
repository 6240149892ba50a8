/**
 * Two members and an arbiter around images/rehearsal/lib/mirror-rule.sh: what a poll, a crash, a write and a sync do. Here are the network, the
 * disk and the database; every decision is the rule's.
 *
 * A poll answers with what was published when it was asked, at once, late or never. A crash takes the memory, and what no sync has flushed, or not.
 */
export interface Member {
  role: string;
  e: number;
  k: number;
  mode: string;
  yielded: number;
  serving: number;
  want: string;
  follow: string;
  acks: string;
  sameRun: number;
  /** Runs are letters, writes digits, in the order of the journal. */
  log: string;
  flushed: number;
  /** The database was opened after a crash or as a backup: to serve begins a run. */
  opened: boolean;
  /** The number that the backup was asked to confirm: asked or answered. */
  memo?: Record<string, string>;
  asked?: { answered: boolean; e: number; run: string; length: number; writes: string };
}

export interface Arbiter {
  incarnation: string;
  e: number;
  k: number;
  mode: string;
  primary: string;
  known: number;
  heard: string;
  memo?: Record<string, string>;
}

export interface World {
  a: Member;
  b: Member;
  arbiter: Arbiter;
  /** Answers on their way: who asked, who answered, what. */
  late: readonly { to: string; from: string; said: string }[];
  /** The run that took each write. */
  runs: string;
  acknowledged: string;
  nextRun: number;
  crashes: number;
  arbiters: number;
  /** What happened, for the report of a violation. */
  path?: { step: string | (() => string); before?: World['path'] };
}

/** One call of the rule and what to do with its answer. */
export interface Step {
  what: () => string;
  question: string;
  next: (answer: string) => World | undefined;
}

/** How often; beyond epochs and steps nothing is looked at. */
export interface Bounds {
  writes: number;
  crashes: number;
  arbiters: number;
  late: number;
  epochs: number;
  steps: number;
}

export function isWithin(w: World, bounds: Bounds): boolean {
  return [w.a, w.b, w.arbiter].every(({ e, k }) => e <= bounds.epochs && k <= bounds.steps);
}

export type Fault = 'numbers without their run' | 'confirms after a promotion' | 'nothing is flushed' | 'forgets that it yielded';

const NAMES = ['a', 'b'] as const;
type Name = (typeof NAMES)[number];
const other = (name: Name): Name => (name === 'a' ? 'b' : 'a');
const lastRun = (log: string): string => log.replace(/\d/g, '').slice(-1);

export function member(role: string, k: number, mode: string, log: string): Member {
  const serving = role === 'primary' ? 1 : 0;
  const e = role === 'none' ? 0 : 1;
  const acks = role === 'primary' ? mode : 'with';
  return { role, e, k, mode, yielded: 0, serving, want: 'none', follow: '1', acks, sameRun: 0, log, flushed: log.length, opened: !serving };
}

export function world(a: Member, b: Member, k: number, mode: string): World {
  const arbiter = { incarnation: '1', e: a.e, k, mode, primary: a.e ? 'a' : '-', known: a.e ? 1 : 0, heard: 'a,b' };
  return { a, b, arbiter, late: [], runs: '', acknowledged: '', nextRun: a.log.length, crashes: 0, arbiters: 1 };
}

/** What is asked again and again of something that does not change is worked out once. */
function once<T extends { memo?: Record<string, string> }>(name: string, work: (of: T) => string): (of: T) => string {
  return of => ((of.memo ??= {})[name] ??= work(of));
}

const keyOfMember = once('key', (m: Member) => {
  const asked = m.asked ? `${m.asked.answered}${m.asked.e}${m.asked.run}${m.asked.length}${m.asked.writes}` : '';
  return `${ruled(m)} ${m.log} ${m.flushed} ${m.opened} ${asked}`;
});
const keyOfArbiter = (r: Arbiter) => `${saidBy.arbiter(r)} ${r.heard}`;
const keyOfLate = (late: World['late']) => (late.length ? late.map(each => `${each.to}${each.from}${each.said}`).sort().join(';') : '');

export function keyOf(w: World): string {
  return `${keyOfMember(w.a)}|${keyOfMember(w.b)}|${keyOfArbiter(w.arbiter)}|${keyOfLate(w.late)}|${w.runs}|${w.acknowledged}|${w.crashes}|${w.arbiters}`;
}

const ruled = once('ruled', (m: Member) => `${m.role} ${m.e} ${m.k} ${m.mode} ${m.yielded} ${m.serving} ${m.want} ${m.follow} ${m.acks} ${m.sameRun}`);

const saidBy = {
  member: once('said', (m: Member) => `${m.role} ${m.e} ${m.k} ${m.mode} ${m.yielded} ${m.serving} ${m.want} ${m.follow}`),
  arbiter: once('said', (r: Arbiter) => `${r.incarnation} ${r.e} ${r.k} ${r.mode} ${r.primary} ${r.known}`),
};

const published = (w: World, from: string): string => (from === 'r' ? saidBy.arbiter(w.arbiter) : saidBy.member(w[from as Name]));

/** The member after the rule's answer: what a promotion, a demotion and a start to serve mean for its database. */
function ruledMember(w: World, name: Name, answer: string, fault?: Fault): World | undefined {
  const before = w[name];
  if (answer === ruled(before)) return undefined;
  const [role, e, k, mode, yielded, serving, want, follow, acks, sameRun] = answer.split(' ') as unknown as [string, number, number, string, number, number, string, string, string, number];
  const m: Member = { ...before, memo: undefined, role, e: +e, k: +k, mode, yielded: +yielded, serving: +serving, want, follow, acks, sameRun: 0 };
  let { nextRun } = w;
  if (m.role !== before.role || m.acks !== before.acks) m.asked = undefined;
  if (m.role === 'backup' && before.role !== 'backup') m.opened = true;
  if (m.serving && !before.serving && m.opened) {
    if (!+sameRun) m.log += String.fromCharCode(97 + nextRun++);
    m.opened = false;
  }
  return { ...w, [name]: m, nextRun };
}

/** What a poll that is answered with `said` asks of the rule. */
function hears(w: World, to: string, from: string, said: string, late: World['late'], fault?: Fault): Step[] {
  const base = late === w.late ? w : { ...w, late };
  if (to === 'r') {
    const name = from as Name;
    const { incarnation, e, k, mode, primary, known, heard } = w.arbiter;
    return [0, 1].map(down => ({
      what: () => `the arbiter hears ${from} (${said})${down ? ` and not ${other(name)}` : ''}`,
      question: `arbiter ${incarnation} ${e} ${k} ${mode} ${primary} ${known} ${heard || '-'} ${name} ${other(name)} ${said} ${down}`,
      next: answer => {
        if (answer === `${saidBy.arbiter(w.arbiter)} ${heard || '-'}`) return base === w ? undefined : base;
        const [, e2, k2, mode2, primary2, known2, heard2] = answer.split(' ');
        const arbiter: Arbiter = { incarnation, e: +e2!, k: +k2!, mode: mode2!, primary: primary2!, known: +known2!, heard: heard2 === '-' ? '' : heard2! };
        return { ...base, arbiter };
      },
    }));
  }
  const name = to as Name;
  const question = `${from === 'r' ? 'hear_arbiter' : 'hear_peer'} ${name} ${ruled(w[name])} ${said}`;
  const next = (answer: string) => ruledMember(base, name, answer, fault) ?? (base === w ? undefined : base);
  if (from === 'r') return [{ what: () => `${to} hears the arbiter (${said})`, question, next }];
  return [0, 1].map(waited => ({ what: () => `${to} hears ${from} (${said})${waited ? ', has waited' : ''}`, question: `${question} ${waited}`, next }));
}

const PAIRS = ['ab', 'ba', 'ar', 'br', 'ra', 'rb'] as const;
/** Peer lost, arbiter lost, has waited, backup caught up. */
const FLAGS = ['0 0 0 0', '1 0 0 0', '1 1 0 0', '0 0 1 0', '1 0 1 0', '0 0 0 1'];

/** Everything that the rule can be asked next. */
export function ruleSteps(w: World, fault?: Fault): Step[] {
  const steps: Step[] = [];
  for (const pair of PAIRS) {
    const [to, from] = pair as unknown as [string, string];
    const waiting = w.late.find(each => each.to === to && each.from === from);
    // One poll at a time: the next one is asked when the answer has come or nobody waits for it any more.
    if (waiting) steps.push(...hears(w, to, from, waiting.said, w.late.filter(each => each !== waiting), fault));
    else steps.push(...hears(w, to, from, published(w, from), w.late, fault));
  }
  for (const name of NAMES) {
    for (const flags of FLAGS)
      steps.push({
        what: () => `the clock of ${name} (${flags})`,
        question: `look_at_clock ${name} ${ruled(w[name])} ${flags} 0`,
        next: answer => ruledMember(w, name, answer, fault),
      });
    const { asked } = w[name];
    if (!asked?.answered) continue;
    const acknowledged = [...new Set([...w.acknowledged, ...asked.writes])].sort().join('');
    const told = { ...w, [name]: { ...w[name], memo: undefined, asked: undefined }, acknowledged };
    steps.push({
      what: () => `${name} hears that all is confirmed`,
      question: `look_at_clock ${name} ${ruled(w[name])} 0 0 0 0 1`,
      next: answer => ruledMember(told, name, answer, fault) ?? told,
    });
    // The door was shut before the number was noted, so that nothing came after it.
    if (asked.length === w[name].log.length)
      steps.push({ what: () => `${name} yields`, question: `yield ${name} ${ruled(w[name])}`, next: answer => ruledMember(told, name, answer, fault) });
  }
  return steps;
}

/** What happens without the rule: polls that get stuck, replication, writes, syncs, crashes. */
export function otherSteps(w: World, bounds: Bounds, fault?: Fault): (readonly [string, World])[] {
  const steps: (readonly [string, World])[] = [];
  for (const each of w.late) steps.push([`${each.to} waits no longer for ${each.from}`, { ...w, late: w.late.filter(one => one !== each) }]);
  if (w.late.length < bounds.late)
    for (const pair of PAIRS) {
      const [to, from] = pair as unknown as [string, string];
      if (!w.late.some(each => each.to === to && each.from === from))
        steps.push([`${to} polls ${from}`, { ...w, late: [...w.late, { to, from, said: published(w, from) }] }]);
    }
  for (const name of NAMES) steps.push(...memberSteps(w, name, bounds, fault));
  if (w.arbiters < bounds.arbiters) {
    const arbiter = { incarnation: String(w.arbiters + 1), e: 0, k: 0, mode: 'alone', primary: '-', known: 0, heard: '' };
    steps.push(['a fresh arbiter', { ...w, arbiter, arbiters: w.arbiters + 1, late: w.late.filter(each => each.to !== 'r') }]);
  }
  return steps;
}

function memberSteps(w: World, name: Name, bounds: Bounds, fault?: Fault): (readonly [string, World])[] {
  const steps: (readonly [string, World])[] = [];
  const m = w[name];
  const o = w[other(name)];
  const set = (changed: Partial<Member>, rest: Partial<World> = {}) => ({ ...w, ...rest, [name]: { ...m, memo: undefined, ...changed } });
  if (m.role === 'primary' && m.serving) {
    const run = lastRun(m.log);
    const unacknowledged = [...w.runs].flatMap((of, i) => (of === run ? [String(i)] : [])).join('');
    if (w.runs.length < bounds.writes) steps.push([`${name} takes a write`, set({ log: m.log + w.runs.length }, { runs: w.runs + run })]);
    if (m.acks === 'with') steps.push([`${name} asks for a confirmation`, set({ flushed: m.log.length, asked: { answered: false, e: m.e, run, length: m.log.length, writes: unacknowledged } })]);
    else if (unacknowledged && m.acks === 'alone') {
      const acknowledged = [...new Set([...w.acknowledged, ...unacknowledged])].sort().join('');
      if (acknowledged !== w.acknowledged) steps.push([`${name} acknowledges alone`, set({ flushed: m.log.length }, { acknowledged })]);
    }
  }
  const confirms = (m.role === 'backup' && m.e === o.asked?.e) || (fault === 'confirms after a promotion' && o.asked);
  if (confirms && o.asked && !o.asked.answered && m.log.length >= o.asked.length && (fault === 'numbers without their run' || lastRun(m.log) === o.asked.run)) {
    const flushed = fault === 'nothing is flushed' ? m.flushed : m.log.length;
    steps.push([`${name} confirms`, { ...w, [name]: { ...m, memo: undefined, flushed }, [other(name)]: { ...o, memo: undefined, asked: { ...o.asked, answered: true } } }]);
  }
  if (m.role === 'backup' && o.role === 'primary' && m.e === o.e && m.log !== o.log) {
    if (o.log.startsWith(m.log)) steps.push([`${name} receives`, set({ log: o.log.slice(0, m.log.length + 1) })]);
    else if (fault !== 'numbers without their run' || m.log.length > o.log.length) {
      let same = 0;
      while (same < m.log.length && m.log[same] === o.log[same]) same++;
      steps.push([`${name} rolls back what only it has`, set({ log: m.log.slice(0, same), flushed: Math.min(m.flushed, same) })]);
    }
  }
  if (w.crashes < bounds.crashes) {
    for (const log of new Set([m.log, m.log.slice(0, m.flushed)])) {
      const crashed: Member = { ...m, memo: undefined, log, flushed: Math.min(m.flushed, log.length), yielded: fault === 'forgets that it yielded' ? 0 : m.yielded, serving: 0, want: 'none', follow: '-', acks: 'with', sameRun: 0, opened: true, asked: undefined };
      const peer = o.asked?.answered === false ? { ...o, memo: undefined, asked: undefined } : o;
      steps.push([`${name} crashes${log === m.log ? '' : ' and loses what was not flushed'}`, { ...w, [name]: crashed, [other(name)]: peer, late: w.late.filter(each => each.to !== name), crashes: w.crashes + 1 }]);
    }
  }
  return steps;
}

/** What is wrong, or undefined. */
export function violation(w: World): string | undefined {
  const able = (m: Member, o: Member) => m.role === 'primary' && m.serving === 1 && (m.acks === 'alone' || (o.role === 'backup' && o.e === m.e));
  if (able(w.a, w.b) && able(w.b, w.a)) return 'two primaries that acknowledge';
  // An earlier primary that has not heard yet that it is one may still answer reads. It acknowledges nothing.
  const [latest] = [w.a, w.b].filter(m => m.role === 'primary').sort((x, y) => y.e - x.e || y.k - x.k);
  const serving = [w.a, w.b].filter(m => (m === latest && m.serving) || able(m, m === w.a ? w.b : w.a));
  const lost = [...w.acknowledged].find(write => serving.some(m => !m.log.includes(write)));
  if (lost) return `the acknowledged write ${lost} is not on the member that serves`;
  return undefined;
}
