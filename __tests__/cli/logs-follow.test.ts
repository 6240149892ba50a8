import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ContainerFacts } from '../../cli/access/docker';
import { follow } from '../../cli/logs/follow';

let folder: string;
const path = process.env.PATH;

/** A `docker` that shows the whole log at once, as it is for a container that has just ended, and takes down how it was called. */
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ecp-follow-'));
  writeFileSync(join(folder, 'docker'), `#!/bin/sh\necho "$*" >>${folder}/calls\ncat ${folder}/log\n`);
  chmodSync(join(folder, 'docker'), 0o755);
  process.env.PATH = `${folder}:${path}`;
});
afterEach(() => {
  process.env.PATH = path;
  rmSync(folder, { recursive: true, force: true });
});

const at = (second: number): string => `2026-11-29T08:00:0${second}.000000000Z`;
const write = (...seconds: number[]): void =>
  writeFileSync(join(folder, 'log'), seconds.map(second => `${at(second)} line ${second}\n`).join(''));

function container(startedAt: string, running: boolean): ContainerFacts {
  const facts = {
    Id: 'abc',
    State: { Running: running, StartedAt: startedAt },
    Config: { Labels: { 'ecp.server': 'app-server-1' } },
  };
  return facts as unknown as ContainerFacts;
}

test('a server that restarts is followed again, from where it was read to, and no line twice', async () => {
  const end = new AbortController();
  const shown: string[] = [];
  const looks = [
    () => [container('start 1', true)],
    // It has restarted and ended between two looks.
    () => (write(1, 2, 3), [container('start 2', false)]),
    () => [container('start 2', false)],
    () => (end.abort(), []),
  ];
  write(1, 2);
  await follow({
    find: () => Promise.resolve(looks.shift()?.() ?? []),
    readTo: new Map([['abc', at(1)]]),
    since: at(0),
    show: ({ server, text }) => shown.push(`${server} ${text}`),
    onComplaint: () => undefined,
    signal: end.signal,
  });
  expect(shown).toEqual(['app-server-1 line 2', 'app-server-1 line 3']);
  const calls = readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n');
  expect(calls).toEqual([at(1), at(2)].map(since => `logs --timestamps --since ${since} --follow abc`));
}, 20_000);
