import { join } from 'node:path';
import { sharesOf } from '../../bench/synth/profile';

const PROJECT = join(__dirname, '../..');

/** A node of a profile that a sample of so many microseconds is in. */
const node = (id: number, url: string, children: number[], functionName = 'f') => ({
  id,
  callFrame: { functionName, scriptId: '0', url, lineNumber: 0, columnNumber: 0 },
  children,
});

/** Root, which calls our code, which calls cdktf, which calls another package; each of them calls into Node.js. */
const NODES = [
  node(1, '', [2, 9, 10, 11], '(root)'),
  node(2, `file://${PROJECT}/main.ts`, [3, 4]),
  node(3, 'node:internal/fs', [12]),
  node(4, `${PROJECT}/node_modules/cdktf/lib/app.js`, [5, 6]),
  node(5, 'node:path', []),
  node(6, `file://${PROJECT}/node_modules/lodash/lodash.js`, []),
  node(9, '', [], '(idle)'),
  node(10, '', [], '(garbage collector)'),
  node(11, 'node:internal/modules', []),
  node(12, '', [], 'readFileSync'),
];

const shares = (timeOf: Readonly<Record<number, number>>, nodes = NODES) => {
  const samples = Object.keys(timeOf).map(Number);
  return sharesOf({ nodes, startTime: 0, endTime: 0, samples, timeDeltas: Object.values(timeOf) });
};

it('time is shared between us, the library and others, and what is idle is nobody’s', () => {
  const found = shares({ 2: 500, 4: 300, 6: 150, 9: 9000, 10: 50 });
  expect(found).toEqual({ ourMs: 0.5, libraryMs: 0.3, otherMs: 0.2 });
  expect(found.ourMs + found.libraryMs + found.otherMs).toBe(1);
});

it('what runs inside Node.js is its caller’s, through as many frames as there are', () => {
  expect(shares({ 3: 10, 5: 90 })).toEqual({ ourMs: 0.1, libraryMs: 0.9, otherMs: 0 });
  expect(shares({ 12: 1 })).toEqual({ ourMs: 1, libraryMs: 0, otherMs: 0 });
  expect(shares({ 11: 1 })).toEqual({ ourMs: 0, libraryMs: 0, otherMs: 1 });
});

it.each([
  [`${PROJECT}/bench/main.ts`, 'ourMs'],
  [`${PROJECT}/node_modules/constructs/lib/construct.js`, 'libraryMs'],
  [`${PROJECT}/node_modules/@cdktf/provider-docker/lib/container.js`, 'libraryMs'],
  [`${PROJECT}/node_modules/cdktf-other/index.js`, 'otherMs'],
  ['/usr/lib/other.js', 'otherMs'],
])('%s is counted as %s', (url, owner) => {
  expect(shares({ 1: 3 }, [node(1, url, [])])).toMatchObject({ [owner]: 1 });
});
