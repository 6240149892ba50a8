import { linePlot, niceStep } from '../../bench/report/line-plot';
import { OPERATION_TIME } from '../../bench/report/questions/operation-time';
import { sharePlot } from '../../bench/report/share-plot';
import { deploys, speeds } from './samples';

const operationsPlot = OPERATION_TIME.plot!.draw;
const count = (text: string, part: string | RegExp): number => text.split(part).length - 1;

/** Tags that are left open and bare characters that are left over: nothing of what is well-formed. */
function flawsOf(xml: string): string {
  const open: string[] = [];
  const rest = xml.replaceAll(/<(\/?)([a-z]+)(?: [\w:-]+="[^"<]*")*(\/?)>/g, (tag, end, name: string, alone) => {
    if (end) return open.pop() === name ? '' : tag;
    if (!alone) open.push(name);
    return '';
  });
  return [...open, ...(rest.replaceAll(/&(amp|lt);/g, '').match(/[<&].*/g) ?? [])].join();
}

/** `terraform` was not measured at 10 servers, `a<b & c` at none but 10. */
const OPERATIONS = [
  ...deploys('./ecp', 2, 10, 12, 11),
  ...deploys('./ecp', 10, 40),
  ...deploys('terraform', 2, 9),
  ...deploys('a<b & c', 10, 30),
  ...deploys('./ecp', 2, 3).map(sample => ({ ...sample, action: 'no-op' })),
  ...deploys('terraform', 2, 3).map(sample => ({ ...sample, action: 'plan' })),
];
const ENGINE = [
  ...speeds('mutual TLS', 'write', 1, 79),
  ...speeds('plain', 'write', 1, 100),
  ...speeds('mutual TLS', 'read', 1, 120),
  ...speeds('plain', 'read', 1, 100),
  ...speeds('plain', 'lock', 1, 100),
];

it.each([
  ['of operations', operationsPlot(OPERATIONS)],
  ['of nothing', linePlot('nothing', [{ title: 'none', samples: [] }])],
  ['of the engine', sharePlot(ENGINE)],
  ['of an engine without a pair', sharePlot(speeds('plain', 'lock', 1, 100))],
])('the plot %s is well-formed and has a number wherever one belongs', (_, svg) => {
  expect(flawsOf(svg)).toBe('');
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
});

it('the plot of operations has a panel for each action but plan, and in it a line for each tool that was measured', () => {
  const svg = operationsPlot(OPERATIONS);
  const [, deploy = '', noOp = '', ...others] = svg.split('<text class="title"');
  expect(others).toEqual([]);
  expect([deploy, noOp].map(panel => />(.*?)</.exec(panel)?.[1])).toEqual(['deploy, s', 'no-op, s']);
  expect([deploy, noOp].map(panel => count(panel, '<g stroke='))).toEqual([3, 1]);
  expect([deploy, noOp].map(panel => count(panel, '<circle'))).toEqual([4, 1]);
  expect(svg.match(/y="4">.*?</g)).toEqual(['y="4">./ecp<', 'y="4">terraform<', 'y="4">a&lt;b &amp; c<']);
});

it('a line goes through medians, with whiskers from least to most', () => {
  // 242 × 126 points of paper from (44, 160) up, for 10 servers and 40 seconds.
  const line = '<path d="M92.4 125.4L286 34"/><path d="M92.4 128.5V122.2"/><circle cx="92.4" cy="125.4" r="2.5"/>';
  expect(operationsPlot(OPERATIONS)).toContain(line);
});

it('the plot of the engine has a bar for each pair, all of which have room, and the line to reach', () => {
  const svg = sharePlot(ENGINE);
  expect([...svg.matchAll(/text-anchor="middle">(.*?)</g)].map(([, text]) => text)).toEqual([
    ...['79', 'write', '1'],
    ...['120', 'read', '1'],
  ]);
  expect(svg).toContain('y="34" width="34" height="146"');
  const half = sharePlot([...speeds('mutual TLS', 'read', 1, 1), ...speeds('plain', 'read', 1, 2)]);
  expect(half).toContain('y="107" width="34" height="73"');
  expect(count(svg, 'class="goal"')).toBe(1);
});

it('steps of an axis are 1, 2 and 5 with a power of ten', () => {
  expect([1, 1.1, 2, 2.1, 5, 5.1, 10, 30, 0.03, 1200].map(niceStep)).toEqual([1, 2, 2, 5, 5, 10, 10, 50, 0.05, 2000]);
});
