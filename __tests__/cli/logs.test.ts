import { formatterOf } from '../../cli/commands/logs';
import { readLogLine, type LogLine } from '../../cli/logs/log-line';
import { lastOf, mergeByTime, type LogSource } from '../../cli/logs/merge';
import { readSince, readTail } from '../../cli/logs/since';
import { painterFor } from '../../cli/terminal';

const line = (server: string, second: number): LogLine => ({
  server,
  time: `2026-11-29T08:00:0${second}.000000000Z`,
  text: `${server} ${second}`,
});

async function* source(server: string, ...seconds: number[]): AsyncGenerator<LogLine> {
  for (const second of seconds) {
    await new Promise(resolve => setTimeout(resolve, second % 3));
    yield line(server, second);
  }
}

async function textsOf(lines: LogSource): Promise<string[]> {
  const texts: string[] = [];
  for await (const { text } of lines) texts.push(text);
  return texts;
}

test('lines of several servers are in the order of time, those of one in their own', async () => {
  const merged = mergeByTime([source('a', 1, 4, 4, 9), source('b'), source('c', 2, 3, 5)]);
  expect(await textsOf(merged)).toEqual(['a 1', 'c 2', 'c 3', 'a 4', 'a 4', 'c 5', 'a 9']);
});

test('the last lines of a source', async () => {
  expect(await textsOf(lastOf(2, source('a', 1, 2, 3)))).toEqual(['a 2', 'a 3']);
  expect(await textsOf(lastOf(0, source('a', 1, 2, 3)))).toEqual([]);
});

test("a line of a log has a time, and Docker's own words have none", () => {
  expect(readLogLine('2026-11-29T08:00:01.123456789Z said  so\r')).toEqual({
    time: '2026-11-29T08:00:01.123456789Z',
    text: 'said  so',
  });
  expect(readLogLine('2026-11-29T08:00:01.123456789Z')).toMatchObject({ text: '' });
  expect(readLogLine('Error response from daemon: no such container')).toBeUndefined();
});

const NOW = new Date('2026-11-29T08:00:00Z');
test.each([
  ['90s', '2026-11-29T07:58:30.000Z'],
  ['1h30m', '2026-11-29T06:30:00.000Z'],
  ['2d', '2026-11-27T08:00:00.000Z'],
  ['2026-11-29T07:00Z', '2026-11-29T07:00:00.000Z'],
])('--since %s', (text, expected) => {
  expect(readSince(text, NOW).toISOString()).toBe(expected);
});

test.each(['', 'yesterday', '5', '1w', '-1h', '2026-13-01', '99999999999999d'])('--since %j is refused', text => {
  expect(() => readSince(text, NOW)).toThrow(
    `'--since' must be a time such as 2026-11-29T08:00Z, or how long ago, such as 90s, 1h30m or 2d, got '${text}'; correct it`,
  );
});

test('--tail takes whole numbers', () => {
  expect(readTail('0')).toBe(0);
  for (const text of ['-1', '1.5', 'all', ''])
    expect(() => readTail(text)).toThrow(`'--tail' must be a whole number of lines, got '${text}'; correct it`);
});

test("each line begins with its server's name, and what a stranger sent cannot act on the terminal", () => {
  const plain = formatterOf({}, ['data-server', 'a']);
  expect(plain({ ...line('a', 1), text: 'x\ty\u001b[2J' })).toBe('a           | x\ty\\u{1b}[2J\n');
  const timed = formatterOf({ timestamps: true }, ['a']);
  expect(timed(line('a', 1))).toBe('a | 2026-11-29T08:00:01.000000000Z a 1\n');
  const json = formatterOf({ json: true }, ['a']);
  expect(JSON.parse(json(line('a', 1)))).toEqual(line('a', 1));
});

test('on a terminal each server has a colour of its own, also one that came later', () => {
  const format = formatterOf({}, ['a'], painterFor({ isTTY: true }, {}));
  const [one, other] = [format(line('a', 1)), format(line('b', 1))].map(text => text.split('|')[0]!);
  expect(one).toBe('\u001b[36ma ');
  expect(other).toBe('\u001b[33mb ');
});
