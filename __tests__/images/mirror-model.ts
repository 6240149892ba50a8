/**
 * Two members and an arbiter around images/rehearsal/lib/mirror-rule.sh: what a poll, a crash, a write and a sync do. Here are the network, the
 * disk and the database; every decision is the rule's.
 *
 * A poll answers with what was published when it was asked, at once, late or never. A crash takes the memory, and what no sync has flushed, or not.
 */
interface Facts {
  role: string;
  e: number;
  k: number;
  mode: string;
  yielded: number;
  serving: number;
  want: string;
  follow: string;
  acks: string;
  /** Runs are letters, writes digits, in the order of the journal. */
  log: string;
  flushed: number;
  /** 1: the database was opened after a crash or as a backup, so that to serve begins a run. */
  opened: number;
  /** The number that the backup was asked to confirm, with its epoch and run, and the writes that it stands for: asked or answered. */
  asked: string;
}

/** One object for each: what follows from it is worked out once. */
export interface Member extends Facts {
  key: string;
  ruled: string;
  said: string;
  questions: Map<string, Question[]>;
  after: Map<string, Member>;
}

export interface Arbiter {
  incarnation: string;
  e: number;
  k: number;
  mode: string;
  primary: string;
  known: number;
  heard: string;
}

interface Mind extends Arbiter {
  ruled: string;
  said: string;
  questions: Map<string, Question[]>;
}

/** One call of the rule. */
export interface Question {
  what: string;
  question: string;
  /** Set when the rule has been asked: all lines but those that change nothing. */
  answer?: string;
}

export interface World {
  a: Member;
  b: Member;
  arbiter: Mind;
  /** Answers on their way: who asked, who answered, what. */
  late: readonly { to: string; from: string; said: string }[];
  /** The run that took each write. */
  runs: string;
  acknowledged: string;
  nextRun: number;
  crashes: number;
  arbiters: number;
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

/** What is wrong around the rule, to see that it would be found. */
export type Fault = 'numbers without their run' | 'nothing is flushed' | 'forgets that it yielded';

const NAMES = ['a', 'b'] as const;
type Name = (typeof NAMES)[number];
const other = (name: Name): Name => (name === 'a' ? 'b' : 'a');
const lastRun = (log: string): string => log.replace(/\d/g, '').slice(-1);
const united = (one: string, more: string): string => [...new Set([...one, ...more])].sort().join('');

const members = new Map<string, Member>();
function keep(m: Facts): Member {
  const ruled = `${m.role} ${m.e} ${m.k} ${m.mode} ${m.yielded} ${m.serving} ${m.want} ${m.follow} ${m.acks} 0`;
  const key = `${ruled} ${m.log} ${m.flushed}${m.opened} ${m.asked}`;
  let found = members.get(key);
  if (!found) {
    const said = `${m.role} ${m.e} ${m.k} ${m.mode} ${m.yielded} ${m.serving} ${m.want} ${m.follow}`;
    members.set(key, (found = { ...m, key, ruled, said, questions: new Map(), after: new Map() }));
  }
  return found;
}

const minds = new Map<string, Mind>();
function keepArbiter(r: Arbiter): Mind {
  const said = `${r.incarnation} ${r.e} ${r.k} ${r.mode} ${r.primary} ${r.known}`;
  const ruled = `${said} ${r.heard || '-'}`;
  let found = minds.get(ruled);
  if (!found) minds.set(ruled, (found = { ...r, said, ruled, questions: new Map() }));
  return found;
}

/** Rules that differ must not share what they have answered. */
export function forget(): void {
  members.clear();
  minds.clear();
}

export function member(role: string, k: number, mode: string, log: string): Member {
  const serving = role === 'primary' ? 1 : 0;
  const acks = role === 'primary' ? mode : 'with';
  return keep({
    role,
    e: role === 'none' ? 0 : 1,
    k,
    mode,
    yielded: 0,
    serving,
    want: 'none',
    follow: '1',
    acks,
    log,
    flushed: log.length,
    opened: 1 - serving,
    asked: '',
  });
}

export function world(a: Member, b: Member): World {
  const arbiter = keepArbiter({
    incarnation: '1',
    e: a.e,
    k: a.k,
    mode: a.mode,
    primary: a.e ? 'a' : '-',
    known: a.e ? 1 : 0,
    heard: 'a,b',
  });
  return { a, b, arbiter, late: [], runs: '', acknowledged: '', nextRun: a.log.length, crashes: 0, arbiters: 1 };
}

export function keyOf(w: World): string {
  const late = w.late.length
    ? w.late
        .map(each => `${each.to}${each.from}${each.said}`)
        .sort()
        .join(';')
    : '';
  return `${w.a.key}|${w.b.key}|${w.arbiter.ruled}|${late}|${w.runs}|${w.acknowledged}|${w.crashes}|${w.arbiters}`;
}

export function isWithin(w: World, bounds: Bounds): boolean {
  return Math.max(w.a.e, w.b.e, w.arbiter.e) <= bounds.epochs && Math.max(w.a.k, w.b.k, w.arbiter.k) <= bounds.steps;
}

const published = (w: World, from: string): string => (from === 'r' ? w.arbiter.said : w[from as Name].said);

/** The world after the rule's answer: what a promotion, a demotion and a start to serve mean for the member's database. */
function ruledMember(w: World, name: Name, answer: string): World {
  const before = w[name];
  const key = `${answer} ${w.nextRun}`;
  let m = before.after.get(key);
  if (!m) {
    const [role, e, k, mode, yielded, serving, want, follow, acks, sameRun] = answer.split(' ') as [
      string,
      string,
      string,
      string,
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    const now: Facts = {
      ...before,
      role,
      e: +e,
      k: +k,
      mode,
      yielded: +yielded,
      serving: +serving,
      want,
      follow,
      acks,
    };
    if (role !== before.role || acks !== before.acks) now.asked = '';
    if (role === 'backup' && before.role !== 'backup') now.opened = 1;
    if (now.serving && !before.serving && now.opened) {
      if (sameRun === '0') now.log += String.fromCharCode(97 + w.nextRun);
      now.opened = 0;
    }
    before.after.set(key, (m = keep(now)));
  }
  return { ...w, [name]: m, nextRun: m.log.endsWith(String.fromCharCode(97 + w.nextRun)) ? w.nextRun + 1 : w.nextRun };
}

const PAIRS = ['ab', 'ba', 'ar', 'br', 'ra', 'rb'] as const;

/** Peer lost, isolated, has waited, backup caught up. */
const CLOCKS = ['0 0 0 0', '1 0 0 0', '1 1 0 0', '0 0 1 0', '1 0 1 0', '0 0 0 1'];

/** What one of the three can be asked, and what its answer makes of the world. */
export interface Step {
  questions: Question[];
  next: (answer: string) => World;
}

function cached(of: { questions: Map<string, Question[]> }, key: string, ask: () => Question[]): Question[] {
  let found = of.questions.get(key);
  if (!found) of.questions.set(key, (found = ask()));
  return found;
}

function hears(w: World, to: string, from: string, said: string): Step {
  const waiting = w.late.find(each => each.to === to && each.from === from);
  // One poll at a time: the next one is asked when the answer has come or nobody waits for it any more.
  const base = waiting ? { ...w, late: w.late.filter(each => each !== waiting) } : w;
  const heard = waiting ? waiting.said : said;
  if (to === 'r') {
    const name = from as Name;
    const questions = cached(w.arbiter, `${from}${heard}`, () =>
      [0, 1].map(down => ({
        what: `the arbiter hears ${from} (${heard})${down ? ` and not ${other(name)}` : ''}`,
        question: `arbiter ${w.arbiter.ruled} ${name} ${other(name)} ${heard} ${down}`,
      })),
    );
    return { questions, next: answer => ({ ...base, arbiter: arbiterOf(answer) }) };
  }
  const m = w[to as Name];
  const questions = cached(m, `${to}${from}${heard}`, () =>
    from === 'r'
      ? [{ what: `${to} hears the arbiter (${heard})`, question: `hear_arbiter ${to} ${m.ruled} ${heard}` }]
      : [0, 1].map(waited => ({
          what: `${to} hears ${from} (${heard})${waited ? ', has waited' : ''}`,
          question: `hear_peer ${to} ${m.ruled} ${heard} ${waited}`,
        })),
  );
  return { questions, next: answer => ruledMember(base, to as Name, answer) };
}

function arbiterOf(answer: string): Mind {
  const known = minds.get(answer);
  if (known) return known;
  const [incarnation, e, k, mode, primary, isKnown, heard] = answer.split(' ') as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  return keepArbiter({ incarnation, e: +e, k: +k, mode, primary, known: +isKnown, heard: heard === '-' ? '' : heard });
}

/** Everything that the rule can be asked next. */
export function ruleSteps(w: World): Step[] {
  const steps: Step[] = PAIRS.map(pair => hears(w, pair[0]!, pair[1]!, published(w, pair[1]!)));
  for (const name of NAMES) {
    const m = w[name];
    const clock = cached(m, `${name}clock`, () =>
      CLOCKS.map(flags => ({
        what: `the clock of ${name} (${flags})`,
        question: `look_at_clock ${name} ${m.ruled} ${flags} 0`,
      })),
    );
    steps.push({ questions: clock, next: answer => ruledMember(w, name, answer) });
    const [answered, , , length, writes] = m.asked.split(',');
    if (answered !== 'ok') continue;
    const told = { ...w, [name]: keep({ ...m, asked: '' }), acknowledged: united(w.acknowledged, writes!) };
    const after = cached(m, `${name}told`, () => [
      { what: `${name} hears that all is confirmed`, question: `look_at_clock ${name} ${m.ruled} 0 0 0 0 1` },
      // The door was shut before the number was noted, so that nothing came after it.
      ...(+length! === m.log.length ? [{ what: `${name} yields`, question: `yield ${name} ${m.ruled}` }] : []),
    ]);
    steps.push({ questions: after, next: answer => ruledMember(told, name, answer) });
  }
  return steps;
}

/** What happens without the rule: polls that get stuck, replication, writes, syncs, crashes. */
export function otherSteps(w: World, bounds: Bounds, fault?: Fault): (readonly [string, World])[] {
  const steps: (readonly [string, World])[] = [];
  for (const each of w.late)
    steps.push([`${each.to} waits no longer for ${each.from}`, { ...w, late: w.late.filter(one => one !== each) }]);
  if (w.late.length < bounds.late)
    for (const pair of PAIRS) {
      const [to, from] = [pair[0]!, pair[1]!];
      if (!w.late.some(each => each.to === to && each.from === from))
        steps.push([`${to} polls ${from}`, { ...w, late: [...w.late, { to, from, said: published(w, from) }] }]);
    }
  for (const name of NAMES) memberSteps(w, name, bounds, steps, fault);
  if (w.arbiters < bounds.arbiters) {
    const arbiter = keepArbiter({
      incarnation: String(w.arbiters + 1),
      e: 0,
      k: 0,
      mode: 'alone',
      primary: '-',
      known: 0,
      heard: '',
    });
    steps.push([
      'a fresh arbiter',
      { ...w, arbiter, arbiters: w.arbiters + 1, late: w.late.filter(each => each.to !== 'r') },
    ]);
  }
  return steps;
}

function memberSteps(w: World, name: Name, bounds: Bounds, steps: (readonly [string, World])[], fault?: Fault): void {
  const m = w[name];
  const peer = other(name);
  const o = w[peer];
  const set = (changed: Partial<Facts>, rest: Partial<World> = {}): World => ({
    ...w,
    ...rest,
    [name]: keep({ ...m, ...changed }),
  });
  if (m.role === 'primary' && m.serving) {
    const run = lastRun(m.log);
    const writes = [...w.runs].flatMap((of, i) => (of === run ? [String(i)] : [])).join('');
    if (w.runs.length < bounds.writes)
      steps.push([`${name} takes a write`, set({ log: m.log + w.runs.length }, { runs: w.runs + run })]);
    if (m.acks === 'with')
      steps.push([
        `${name} asks for a confirmation`,
        set({ flushed: m.log.length, asked: `asked,${m.e},${run},${m.log.length},${writes}` }),
      ]);
    else if (m.acks === 'alone' && united(w.acknowledged, writes) !== w.acknowledged)
      steps.push([
        `${name} acknowledges alone`,
        set({ flushed: m.log.length }, { acknowledged: united(w.acknowledged, writes) }),
      ]);
  }
  if (o.asked.startsWith('asked')) {
    const [, e, run, length] = o.asked.split(',');
    const confirms = m.role === 'backup' && m.e === +e!;
    if (confirms && m.log.length >= +length! && (fault === 'numbers without their run' || lastRun(m.log) === run)) {
      const flushed = fault === 'nothing is flushed' ? m.flushed : m.log.length;
      steps.push([
        `${name} confirms`,
        set({ flushed }, { [peer]: keep({ ...o, asked: o.asked.replace('asked', 'ok') }) }),
      ]);
    }
  }
  if (m.role === 'backup' && o.role === 'primary' && m.e === o.e && m.log !== o.log) {
    if (o.log.startsWith(m.log)) steps.push([`${name} receives`, set({ log: o.log.slice(0, m.log.length + 1) })]);
    else {
      let same = 0;
      while (same < m.log.length && m.log[same] === o.log[same]) same++;
      steps.push([
        `${name} rolls back what only it has`,
        set({ log: m.log.slice(0, same), flushed: Math.min(m.flushed, same) }),
      ]);
    }
  }
  if (w.crashes < bounds.crashes) {
    const rest = {
      crashes: w.crashes + 1,
      late: w.late.filter(each => each.to !== name),
      ...(o.asked.startsWith('asked') ? { [peer]: keep({ ...o, asked: '' }) } : {}),
    };
    const yielded = fault === 'forgets that it yielded' ? 0 : m.yielded;
    for (const log of new Set([m.log, m.log.slice(0, m.flushed)]))
      steps.push([
        `${name} crashes${log === m.log ? '' : ' and loses what was not flushed'}`,
        set(
          {
            log,
            flushed: Math.min(m.flushed, log.length),
            yielded,
            serving: 0,
            want: 'none',
            follow: '-',
            acks: 'closed',
            opened: 1,
            asked: '',
          },
          rest,
        ),
      ]);
  }
}

/** What is wrong, or undefined. */
export function violation(w: World): string | undefined {
  const able = (m: Member, o: Member) =>
    m.role === 'primary' && m.serving === 1 && (m.acks === 'alone' || (o.role === 'backup' && o.e === m.e));
  const [a, b] = [able(w.a, w.b), able(w.b, w.a)];
  if (a && b) return 'two primaries that acknowledge';
  if (!w.acknowledged) return undefined;
  // An earlier primary that has not heard yet that it is one may still answer reads. It acknowledges nothing.
  const [latest] = [w.a, w.b].filter(m => m.role === 'primary').sort((x, y) => y.e - x.e || y.k - x.k);
  const serving = [w.a, w.b].filter(m => (m === latest && m.serving) || (m === w.a ? a : b));
  const lost = [...w.acknowledged].find(write => serving.some(m => !m.log.includes(write)));
  return lost && `the acknowledged write ${lost} is not on the member that serves`;
}
