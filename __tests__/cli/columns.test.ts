import { columnsOf, table, widthOf, wrapped } from '../../cli/columns';
import { formatTable } from '../../cli/views/table';
import { recorded } from './recorded-reports';

const RED = (text: string): string => `\u001b[31m${text}\u001b[0m`;

test('a table that is too wide cuts its widest cells, and keeps colours', () => {
  const rows = [['app-server-1', RED('Normal'), 'http://127.0.0.1:8101/']];
  expect(table(['SERVER', 'STATE', 'WEB'], rows, 44).split('\n')[1]).toBe(
    `app-server-1  ${RED('Normal')}  http://127.0.0.1:8101/`,
  );
  expect(table(['SERVER', 'STATE', 'WEB'], rows, 30).split('\n')).toEqual([
    'SERVER      STATE   WEB',
    `app-serve…  ${RED('Normal')}  http://12…`,
  ]);
  expect(table(['A', 'B'], [[RED('x'.repeat(20)), 'y']], 10).split('\n')[1]).toBe(`${RED('xxxxxx…')}  y`);
});

test('a sentence that is too long goes on below, between words', () => {
  expect(wrapped('✗ app-server-2: it does not run; ./ecp up starts it', 30)).toEqual([
    '✗ app-server-2: it does not',
    '  run; ./ecp up starts it',
  ]);
  expect(wrapped(`  ${'x'.repeat(40)}`, 30)).toEqual([`  ${'x'.repeat(40)}`]);
});

test.each([40, 60, 80])('no line of a status is wider than a terminal of %i columns', columns => {
  for (const name of ['healthy', 'broken', 'machines'] as const)
    for (const line of formatTable(recorded(name).report, { columns }).split('\n'))
      expect(widthOf(line)).toBeLessThanOrEqual(columns);
});

test('what is no terminal, or does not know its size, has room for all', () => {
  expect([columnsOf({}), columnsOf({ isTTY: true, columns: 0 }), columnsOf({ isTTY: true, columns: 80 })]).toEqual([
    Infinity,
    Infinity,
    80,
  ]);
});
