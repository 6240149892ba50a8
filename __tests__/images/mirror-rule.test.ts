/** The rule of a mirror in all orders of what can happen, and that each way of breaking it would be found. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recover } from './mirror-recovery';
import { explore, Rule, RULE, type Limits } from './mirror-explorer';
import { keyOf, member, world, type Bounds, type Fault, type World } from './mirror-model';

const STARTS: Readonly<Record<string, () => World>> = {
  mirrored: () => world(member('primary', 1, 'with', 'a'), member('backup', 1, 'with', 'a')),
  alone: () => world(member('primary', 0, 'alone', 'a'), member('backup', 0, 'alone', '')),
  empty: () => world(member('none', 0, 'alone', ''), member('none', 0, 'alone', '')),
};

const POLLS = { writes: 1, crashes: 0, arbiters: 1, late: 0, epochs: 2, steps: 2 };
const SCENARIOS = {
  polls: POLLS,
  'a fresh arbiter': { ...POLLS, arbiters: 2 },
  'a late answer': { ...POLLS, late: 1 },
  'a late answer and a fresh arbiter': { ...POLLS, writes: 0, arbiters: 2, late: 1 },
  'a crash': { ...POLLS, crashes: 1 },
  'two writes and a crash': { ...POLLS, writes: 2, crashes: 1 },
  everything: { writes: 3, crashes: 2, arbiters: 3, late: 2, epochs: 4, steps: 6 },
} satisfies Record<string, Bounds>;
type Scenario = keyof typeof SCENARIOS;

/** TEST_REPEAT=10 looks at ten times as many. */
const MORE = Number(process.env.TEST_REPEAT ?? 1);
const ALL = { width: Infinity, states: 20_000 * MORE };
const DEEP = { width: 400, states: 20_000 * MORE };
const LONG = 600_000;
let seen = 0;

test.each<[string, Scenario, Limits]>([
  ['mirrored', 'polls', ALL],
  ['mirrored', 'a fresh arbiter', ALL],
  ['mirrored', 'a late answer', ALL],
  ['mirrored', 'a crash', ALL],
  ['mirrored', 'everything', DEEP],
  ['empty', 'everything', DEEP],
])(
  'from %s, with %s: one primary acknowledges, and has all that was acknowledged',
  async (start, scenario, limits) => {
    const found = await explored(RULE, start, scenario, limits);
    if (process.env.SHOW) console.log(start, scenario, found.states, found.depth);
    expect(found.found).toBeUndefined();
    seen += found.states;
  },
  LONG,
);

test('more than 50,000 states were looked at', () => {
  expect(seen).toBeGreaterThan(50_000);
});

test(
  'wherever it got to, the mirror comes back when nothing goes wrong any more',
  async () => {
    const rule = new Rule();
    const { some } = await explore(rule, STARTS.mirrored!(), SCENARIOS.everything, {
      width: 100,
      states: 3_000 * MORE,
    });
    const stuck: string[] = [];
    for (const w of some) if (!(await recover(rule, w))) stuck.push(keyOf(w));
    await rule.end();
    expect(some.length).toBeGreaterThan(100);
    expect(stuck).toEqual([]);
  },
  LONG,
);

const BROKEN: readonly (readonly [string, string, string, Scenario, string])[] = [
  [
    'an arbiter that does not know decides',
    '[[ $known == 1 && $mode == with',
    '[[ $mode == with',
    'a fresh arbiter',
    'mirrored',
  ],
  ['an arbiter knows by one member', '|| known=1', '|| true; known=1', 'a fresh arbiter', 'mirrored'],
  [
    'an arbiter hears who does not follow it',
    '[[ $member_follow == "$incarnation" ]] || return 0',
    ':',
    'a late answer and a fresh arbiter',
    'mirrored',
  ],
  ['a primary that has yielded goes on', '&& $yielded == 0 && $arbiter_mode', '&& $arbiter_mode', 'polls', 'mirrored'],
  [
    'a backup is active without a confirmation',
    'elif [[ $acks == with && $confirmed == 1 ]]',
    'elif true',
    'polls',
    'alone',
  ],
  ['a backup takes over without the arbiter', '|| want=takeover', '|| be_primary $((e + 1)) 0', 'polls', 'mirrored'],
  [
    'a primary goes on alone without the arbiter',
    '[[ $peer_lost == 0 ]] || want=alone',
    '[[ $peer_lost == 0 ]] || be_primary "$e" $((k + 1))',
    'polls',
    'mirrored',
  ],
  ['a primary comes back without its backup', 'serving=1 acks=with', 'serving=1 acks=alone', 'polls', 'mirrored'],
  [
    'a takeover goes on with the run',
    'be_primary "$arbiter_e" 0\n',
    'be_primary "$arbiter_e" 0 1\n',
    'polls',
    'mirrored',
  ],
];

test.each(BROKEN)(
  'found: %s',
  async (_, right, wrong, scenario, start) => {
    const folder = mkdtempSync(join(tmpdir(), 'ecp-mirror-rule-'));
    const text = readFileSync(RULE, 'utf8');
    expect(text.split(right)).toHaveLength(2);
    writeFileSync(
      join(folder, 'rule.sh'),
      text.replace(right, () => wrong),
    );
    const { found, states } = await explored(join(folder, 'rule.sh'), start, scenario, {
      ...ALL,
      states: 100_000,
    });
    rmSync(folder, { recursive: true });
    if (process.env.SHOW) console.log(states, found);
    expect(found).toBeDefined();
  },
  LONG,
);

const FAULTS: readonly (readonly [Fault, Scenario])[] = [
  ['numbers without their run', 'two writes and a crash'],
  ['nothing is flushed', 'a crash'],
  ['forgets that it yielded', 'a crash'],
];

test.each(FAULTS)(
  'found around the rule: %s',
  async (fault, scenario) => {
    const { found, states } = await explored(RULE, 'mirrored', scenario, { ...ALL, states: 150_000 }, fault);
    if (process.env.SHOW) console.log(states, found);
    expect(found).toBeDefined();
  },
  LONG,
);

async function explored(file: string, start: string, scenario: Scenario, limits: Limits, fault?: Fault) {
  const rule = new Rule(file);
  try {
    return await explore(rule, STARTS[start]!(), SCENARIOS[scenario], limits, fault);
  } finally {
    await rule.end();
  }
}
