import type { ClusterReport } from '../../cli/cluster-report';
import { UserError } from '../../cli/terminal';
import { watch, type WatchOutput } from '../../cli/watch';
import { crowd, recorded } from './recorded-reports';

/** Reports one after the other; with the last one the watch ends, as if somebody pressed Ctrl-C. */
async function watched(
  answers: readonly (ClusterReport | Error)[],
  terminal?: { readonly columns: number; readonly rows: number },
  json = false,
): Promise<{ code: number; writes: string[] }> {
  const end = new AbortController();
  const writes: string[] = [];
  const output: WatchOutput = { isTTY: terminal !== undefined, ...terminal, write: text => writes.push(text) };
  let next = 0;
  const ask = (): Promise<ClusterReport> => {
    const answer = answers[next++]!;
    if (next === answers.length) setTimeout(() => end.abort(), 20);
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  const code = await watch(ask, output, end.signal, { intervalMs: 1, json });
  return { code, writes };
}

const healthy = recorded('healthy').report;
const broken = recorded('broken').report;
const withoutTime = (text: string): string => text.replace(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ /gm, 'TIME ');

describe('off a terminal', () => {
  test('there is a line a server at first, then one for each change, and nothing while all stays the same', async () => {
    const { code, writes } = await watched([healthy, healthy, broken, broken, healthy, healthy]);
    expect(withoutTime(writes.join(''))).toBe(`TIME data-server Normal
TIME app-server-1 Normal
TIME app-server-2 Normal
TIME data-server paused: the container is paused
TIME app-server-1 Trouble: no answer from data-server:1972 within 3 s
TIME app-server-2 exited: the container is not running (exit code 0)
TIME data-server Normal
TIME app-server-1 Normal
TIME app-server-2 Normal
`);
    expect(code).toBe(0);
  });

  test('drift and warnings come and go, and so does a cluster', async () => {
    const [first, ...others] = healthy.servers;
    const drifted = {
      ...healthy,
      ok: false,
      warnings: ['it ends soon'],
      servers: [{ ...first!, drift: ['it differs'] }, ...others],
    };
    const { code, writes } = await watched([
      healthy,
      drifted,
      healthy,
      new UserError('no server'),
      { ...healthy, ok: false, missing: ['app-server-3'] },
    ]);
    expect(withoutTime(writes.slice(3).join(''))).toBe(`TIME data-server changed by hand: it differs
TIME warning: it ends soon
TIME no longer: data-server changed by hand: it differs
TIME no longer: warning: it ends soon
TIME no server
TIME no longer: data-server Normal
TIME no longer: app-server-1 Normal
TIME no longer: app-server-2 Normal
TIME data-server Normal
TIME app-server-1 Normal
TIME app-server-2 Normal
TIME app-server-3 is gone
TIME no longer: no server
`);
    expect(code).toBe(1);
  });

  test('no colour and no cursor is moved', async () => {
    expect((await watched([healthy, broken])).writes.join('')).not.toContain('\u001b');
  });
});

describe('on a terminal', () => {
  test('each picture is painted over the one before', async () => {
    const { code, writes } = await watched([healthy, broken, healthy], { columns: 1000, rows: 30 });
    const screens = screensOf(writes);
    expect(screens[0]).toHaveLength(7);
    expect(screens[1]!.slice(-4)).toEqual([
      '✗ data-server: the container is paused; docker unpause ecp-data-server lets it go on',
      '✗ app-server-1: no answer from data-server:1972 within 3 s',
      '✗ app-server-2: the container is not running (exit code 0); ./ecp up starts it',
      expect.stringMatching(/^\d\d:\d\d:\d\d UTC, Ctrl-C ends$/),
    ]);
    expect(screens[2]).toEqual([...screens[0]!.slice(0, -1), expect.stringMatching(/UTC/)]);
    expect(code).toBe(0);
  });

  test.each([
    [80, 24],
    [40, 24],
    [100, 10],
    [20, 6],
  ])('a hundred servers fit into %i columns and %i rows', async (columns, rows) => {
    const { report } = crowd(100, number => number % 9 === 0);
    const { writes } = await watched([report, report], { columns, rows });
    for (const screen of screensOf(writes, columns)) expect(screen.length).toBeLessThan(rows);
  });

  test('a cluster that is not there yet is waited for', async () => {
    const { code, writes } = await watched([new UserError('no server carries the label'), healthy], {
      columns: 100,
      rows: 30,
    });
    expect(writes[0]).toContain('no server carries the label');
    expect(screensOf(writes)[1]).toHaveLength(7);
    expect(code).toBe(0);
  });
});

test('a defect is not taken for a state', async () => {
  await expect(watched([new Error('a defect'), healthy])).rejects.toThrow('a defect');
});

test('an answer that does not come holds up no end', async () => {
  const end = new AbortController();
  setTimeout(() => end.abort(), 20);
  const never = (): Promise<ClusterReport> => new Promise(() => undefined);
  expect(await watch(never, { write: () => undefined }, end.signal)).toBe(1);
});

/* eslint-disable no-control-regex -- what a terminal is sent */
/** What a terminal shows after each write; it understands what `watch` uses: up, clear to the end of the line, clear below. */
function screensOf(writes: readonly string[], columns = 1000): string[][] {
  let lines: string[] = [];
  return writes.map(text => {
    const up = Number(/^\r\u001b\[(\d+)A/.exec(text)?.[1] ?? 0);
    expect(up).toBeLessThanOrEqual(lines.length);
    lines = lines.slice(0, lines.length - up);
    const body = text.replace(/^\r\u001b\[\d+A/, '').replace(/\u001b\[J$/, '');
    for (const line of body.split('\u001b[K\n').slice(0, -1)) {
      const plain = line.replace(/\u001b\[\d+m/g, '');
      for (let start = 0; start === 0 || start < plain.length; start += columns)
        lines.push(plain.slice(start, start + columns));
    }
    return [...lines];
  });
}

test('a program gets a line of JSON at the start and after each change', async () => {
  const { writes } = await watched([healthy, healthy, broken, new UserError('no server')], undefined, true);
  const lines = writes.map(line => JSON.parse(line) as { at: string; ok?: boolean; error?: string });
  expect(writes.every(line => line.indexOf('\n') === line.length - 1)).toBe(true);
  expect(lines.map(({ ok, error }) => ok ?? error)).toEqual([true, false, 'no server']);
  for (const { at } of lines) expect(Date.parse(at)).not.toBeNaN();
});
