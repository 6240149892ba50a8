/** The rule of a mirror in all orders of what can happen, and that each way of breaking it would be found. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { explore, Rule, RULE, type Limits } from './mirror-explorer';
import { member, world, type Bounds, type Fault, type World } from './mirror-model';

const STARTS: Readonly<Record<string, () => World>> = {
  mirrored: () => world(member('primary', 1, 'with', 'a'), member('backup', 1, 'with', 'a')),
  alone: () => world(member('primary', 0, 'alone', 'a'), member('backup', 0, 'alone', '')),
  empty: () => world(member('none', 0, 'alone', ''), member('none', 0, 'alone', '')),
};

const FEW = { writes: 1, crashes: 0, arbiters: 1, late: 0, epochs: 2, steps: 2 };
const SCENARIOS: Readonly<Record<string, Bounds>> = {
  'fresh arbiters': { ...FEW, arbiters: 2 },
  'late answers': { ...FEW, late: 1 },
  crashes: { ...FEW, crashes: 1 },
  'two writes and a crash': { ...FEW, writes: 2, crashes: 1 },
  'late answers of a fresh arbiter': { ...FEW, arbiters: 2, late: 1 },
  everything: { writes: 3, crashes: 2, arbiters: 3, late: 2, epochs: 4, steps: 6 },
};

/** TEST_REPEAT=10 looks at ten times as many. */
const MORE = Number(process.env.TEST_REPEAT ?? 1);
const ALL = { width: Infinity, states: 20_000 * MORE };
const DEEP = { width: 400, states: 20_000 * MORE };
let seen = 0;

test.each<[string, string, Limits]>([
  ['mirrored', 'fresh arbiters', ALL],
  ['mirrored', 'late answers', ALL],
  ['mirrored', 'crashes', ALL],
  ['mirrored', 'everything', DEEP],
  ['empty', 'everything', DEEP],
])(
  'from %s, with %s: one primary acknowledges, and has all that was acknowledged',
  async (start, scenario, limits) => {
    const found = await explored(RULE, start, scenario, limits);
    expect(found.found).toBeUndefined();
    seen += found.states;
  },
  600_000,
);

test('more than 50,000 states were looked at', () => {
  expect(seen).toBeGreaterThan(50_000);
});

const BROKEN: readonly (readonly [string, string, string, string])[] = [
  ['an arbiter that does not know decides', '[[ $known == 1 && $mode == with', '[[ $mode == with', 'fresh arbiters'],
  ['an arbiter knows by one member', '|| known=1', '|| true; known=1', 'fresh arbiters'],
  [
    'an arbiter grants both',
    '$known == 1 && $mode == with && $member_mode == with',
    '$known == 1 && $member_mode == with',
    'late answers',
  ],
  [
    'the word of the past arbiter counts',
    '[[ $arbiter_incarnation == "$follow" ]] || { follow=$arbiter_incarnation && return 0; }',
    'follow=$arbiter_incarnation',
    'late answers of a fresh arbiter',
  ],
  [
    'an arbiter hears who does not follow it',
    '[[ $member_follow == "$incarnation" ]] || return 0',
    ':',
    'late answers of a fresh arbiter',
  ],
  ['a primary that has yielded goes on', '&& $yielded == 0 && $arbiter_mode', '&& $arbiter_mode', 'late answers'],
  [
    'a backup is active without a confirmation',
    'elif [[ $acks == with && $confirmed == 1 ]]',
    'elif true',
    'two writes and a crash',
  ],
  ['a backup takes over without the arbiter', '|| want=takeover', '|| be_primary $((e + 1)) 0', 'late answers'],
  [
    'a primary goes on alone without the arbiter',
    '[[ $peer_lost == 0 ]] || want=alone',
    '[[ $peer_lost == 0 ]] || be_primary "$e" $((k + 1))',
    'late answers',
  ],
  ['a primary comes back without its backup', 'serving=1 acks=with', 'serving=1 acks=alone', 'crashes'],
  [
    'a takeover goes on with the run',
    'be_primary "$arbiter_e" 0\n',
    'be_primary "$arbiter_e" 0 1\n',
    'two writes and a crash',
  ],
  [
    'a backup that is not active takes over',
    '[[ $mode == with && $peer_k == "$k" ]] || { want=none && return 0; }',
    '',
    'crashes',
  ],
];

test.each(BROKEN)(
  'found: %s',
  async (_, right, wrong, scenario) => {
    const folder = mkdtempSync(join(tmpdir(), 'ecp-mirror-rule-'));
    const text = readFileSync(RULE, 'utf8');
    expect(text.split(right)).toHaveLength(2);
    writeFileSync(
      join(folder, 'rule.sh'),
      text.replace(right, () => wrong),
    );
    const { found } = await explored(join(folder, 'rule.sh'), 'mirrored', scenario, { ...ALL, states: 150_000 });
    rmSync(folder, { recursive: true });
    if (process.env.SHOW) console.log(found);
    expect(found).toBeDefined();
  },
  600_000,
);

const FAULTS: readonly (readonly [Fault, string])[] = [
  ['numbers without their run', 'two writes and a crash'],
  ['confirms after a promotion', 'two writes and a crash'],
  ['nothing is flushed', 'crashes'],
  ['forgets that it yielded', 'crashes'],
];

test.each(FAULTS)(
  'found around the rule: %s',
  async (fault, scenario) => {
    const { found } = await explored(RULE, 'mirrored', scenario, { ...ALL, states: 150_000 }, fault);
    if (process.env.SHOW) console.log(found);
    expect(found).toBeDefined();
  },
  600_000,
);

async function explored(file: string, start: string, scenario: string, limits: Limits, fault?: Fault) {
  const rule = new Rule(file);
  try {
    return await explore(rule, STARTS[start]!(), SCENARIOS[scenario]!, limits, fault);
  } finally {
    await rule.end();
  }
}
