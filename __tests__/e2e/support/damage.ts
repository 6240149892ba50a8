import { docker, sleep, tryDocker } from './faults';
import type { RecoveryBed } from './recovery-bed';
import { IS_ON_DEMAND } from './repetitions';

/** What is done to the data server's files while it does not run. */
export interface Damage {
  readonly what: string;
  readonly after: 'after a clean stop' | 'after a crash';
  /** A shell command in the database's folder; `$word` is in an old value, `$recent` in one that the journal holds. */
  readonly script: string;
  readonly promise: 'refused' | 'repaired';
  /** The next look, after 30 s, says the same: nothing was changed by the first. */
  readonly looksAgain?: boolean;
}

/** A shell command that changes a byte of a value: of the last one with the word. */
export const flip = (file: string, word: string) =>
  `at=$(grep -abo "${word}" ${file} | tail -n1 | cut -d: -f1); printf Z | dd of=${file} bs=1 seek=$((at + 1)) conv=notrunc status=none`;
const cut = (file: string, bytes: string) => `truncate -s $(($(stat -c %s ${file}) ${bytes})) ${file}`;

/** Each of them was served, or would be, by an engine that looks at the structure of its file only. */
export const DAMAGES: readonly Damage[] = [
  {
    what: 'a byte of a value flipped',
    after: 'after a clean stop',
    script: flip('GTM.DAT', '$word'),
    promise: 'repaired',
  },
  {
    what: 'a byte of a value flipped and the copy removed',
    after: 'after a clean stop',
    script: `${flip('GTM.DAT', '$word')}; rm copy.*`,
    promise: 'refused',
  },
  { what: 'a byte of a value flipped', after: 'after a crash', script: flip('GTM.DAT', '$word'), promise: 'repaired' },
  { what: 'the data file cut to its half', after: 'after a crash', script: cut('GTM.DAT', '/ 2'), promise: 'repaired' },
  { what: 'the data file removed', after: 'after a crash', script: 'rm GTM.DAT', promise: 'refused' },
  { what: 'the journal cut by 4 KiB', after: 'after a crash', script: cut('GTM.MJL', '- 4096'), promise: 'refused' },
  {
    what: 'the journal cut to its half',
    after: 'after a crash',
    script: cut('GTM.MJL', '/ 2'),
    promise: 'refused',
    looksAgain: true,
  },
  {
    what: 'a byte of the journal flipped',
    after: 'after a crash',
    script: flip('GTM.MJL', '$recent'),
    promise: 'refused',
  },
  { what: 'the journal removed', after: 'after a crash', script: 'rm GTM.MJL', promise: 'refused' },
];

/**
 * Damages the files, starts the data server and looks at what it does; then puts the files back.
 *
 * @returns the reason of a refusal, or that all values are right again.
 */
export async function damaged(bed: RecoveryBed, damage: Damage): Promise<string> {
  const data = bed.container('data-server');
  const word = `old${Date.now()}`;
  const recent = word.replace('old', 'new');
  const write = async (text: string) => {
    const sets = Array.from({ length: 200 }, (_, i) => `set ^demo.damage("${text}",${i})="${text} ${i}"\n`).join('');
    const script = `printf '%s' '${sets}sync\nsync\n' | ecp-node session | grep -vc '^ok$'`;
    expect(await docker(['exec', bed.container('app-server-1'), 'bash', '-c', `${script} || true`])).toBe('0');
  };
  const normal = () =>
    bed.until('the data server is Normal', 30, async () => (await bed.status('data-server')).state === 'Normal');
  const wrong = async (text: string) => {
    const lines = (await docker(['exec', data, 'ecp-node', 'zwrite', `^demo.damage("${text}")`])).split('\n');
    return 200 - lines.filter((line, i) => line === `^demo.damage("${text}",${i})="${text} ${i}"`).length;
  };
  await write(word);
  await docker(['restart', data]); // now the values are in the data file and no longer in a journal
  await normal();
  await write(recent);
  await docker(damage.after === 'after a crash' ? ['kill', data] : ['stop', data]);
  const image = await docker(['inspect', '-f', '{{.Image}}', data]);
  const inVolume = (script: string) =>
    docker([
      'run',
      '--rm',
      '--label',
      `ecp.cluster=${bed.cluster.name}`,
      '-v',
      `${bed.cluster.name}-data:/durable`,
      '--network',
      'none',
      '--entrypoint',
      'bash',
      image,
      '-euc',
      `word=${word} recent=${recent}; db=$(dirname "$(find /durable -path /durable/before -prune -o -name synced.0 -print)"); cd "$db"; ${script}`,
    ]);
  await inVolume('cp -a . /durable/before');
  try {
    await inVolume(damage.script);
    await docker(['start', data]);
    let seen = await bed.status('data-server');
    await bed.until('the data server refuses or serves', 30, async () => {
      seen = await bed.status('data-server');
      return ['Failed', 'Normal'].includes(seen.state);
    });
    expect(seen.state).toBe(damage.promise === 'refused' ? 'Failed' : 'Normal');
    if (damage.looksAgain && IS_ON_DEMAND) {
      await sleep(35);
      expect((await bed.status('data-server')).reason).toBe(seen.reason);
    }
    if (seen.state === 'Failed') return `refused: ${seen.reason.replace(/\/durable\S*\//g, '').slice(0, 120)}`;
    expect([await wrong(word), await wrong(recent)]).toEqual([0, 0]);
    return 'repaired: 400 of 400 values right';
  } finally {
    await tryDocker(['kill', data]);
    await inVolume('rm -rf ./*; cp -a /durable/before/. .; rm -rf /durable/before');
    await docker(['start', data]);
    await normal();
    expect([await wrong(word), await wrong(recent)]).toEqual([0, 0]);
  }
}
