import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { explore, Rule, RULE } from './mirror-explorer';
import { member, world, type Bounds, type Fault } from './mirror-model';

const SC: Record<string, Bounds> = {
  arbiters: { writes: 1, crashes: 0, arbiters: 2, late: 0, epochs: 2, steps: 3 },
  lates: { writes: 1, crashes: 0, arbiters: 2, late: 1, epochs: 2, steps: 2 },
  crashes: { writes: 2, crashes: 1, arbiters: 1, late: 0, epochs: 2, steps: 3 },
};
const STARTS = {
  mirrored: () => world(member('primary', 1, 'with', 'a'), member('backup', 1, 'with', 'a')),
  alone: () => world(member('primary', 0, 'alone', 'a'), member('backup', 0, 'alone', '')),
};
const M: [string, string, string][] = [
  ['unknown', '[[ $known == 1 && $mode == with', '[[ $mode == with'],
  ['versions', ' && $member_e == "$e" && $member_k == "$k" ]] || return 0', ' ]] || return 0'],
  ['one is enough', '|| known=1', '|| true; known=1'],
  ['any incarnation', '{ follow=$arbiter_incarnation && return 0; }', 'follow=$arbiter_incarnation'],
  ['non followers', '[[ $member_follow == "$incarnation" ]] || return 0', ''],
  ['yielded adopts', '&& $yielded == 0 && $arbiter_mode', '&& $arbiter_mode'],
  ['active at once', 'e=$1 k=$2 mode=alone acks=with', 'e=$1 k=$2 mode=with acks=with'],
  ['unconfirmed', 'elif [[ $acks == with && $confirmed == 1 ]]', 'elif true'],
  ['takes over by itself', '|| want=takeover', '|| be_primary $((e + 1)) 0'],
  ['alone by itself', '[[ $peer_lost == 0 ]] || want=alone', '[[ $peer_lost == 0 ]] || be_primary "$e" $((k + 1))'],
  ['resumes alone', 'serving=1 acks=with', 'serving=1 acks=alone'],
  ['arbiter mode', '$known == 1 && $mode == with && $member_mode == with', '$known == 1'],
  ['early with', 'acks=with\n    elif', 'acks=alone mode=with\n    elif'],
  ['same run', 'be_primary "$arbiter_e" 0\n', 'be_primary "$arbiter_e" 0 1\n'],
  ['inactive takes over', '[[ $mode == with && $peer_k == "$k" ]] || { want=none && return 0; }', ''],
  ['no step down', '{ [[ $role == none ]] || ((peer_e > e)); }', '[[ $role == none ]]'],
];
const F: Fault[] = ['numbers without their run', 'confirms after a promotion', 'nothing is flushed', 'forgets that it yielded'];

test.each([...M.map(m => ({ name: m[0], m })), ...F.map(f => ({ name: f, f }))] as { name: string; m?: [string, string, string]; f?: Fault }[])('$name', async ({ name, m, f }) => {
  let file = RULE;
  if (m) {
    const text = readFileSync(RULE, 'utf8');
    expect(text).toContain(m[1]);
    file = join(mkdtempSync('/tmp/mut-'), 'rule.sh');
    writeFileSync(file, text.replace(m[1], () => m[2]));
  }
  const rule = new Rule(file);
  const t = Date.now();
  const out: string[] = [];
  outer: for (const [s, start] of Object.entries(STARTS))
    for (const [b, bounds] of Object.entries(SC)) {
      const r = await explore(rule, start(), bounds, { width: 20000, states: 150000 }, f);
      out.push(`${name} ${s} ${b}: ${r.states} depth ${r.depth} ${Date.now() - t} ms ${r.found ? `FOUND ${r.found.what}\n   ${r.found.path.join('\n   ')}` : '-'}`);
      if (r.found) break outer;
    }
  console.log(out.join('\n'));
  await rule.end();
}, 1000000);
