import type { Part, Sample } from '../measurement';
import { choose, distinct, median, pairedRatios, runsOf, summaryOf, type Choice } from '../statistics';
import type { Result } from './result';
import { throughputShares } from './targets';

/**
 * Figures as a person reads them: medians with least and most, and ratios to the peer.
 *
 * @param pictures Names of the plots beside it.
 */
export function toMarkdown(result: Result, pictures: readonly string[] = []): string {
  const { day, quick, machine, tookMin, samples } = result;
  const parts = distinct(samples, 'part');
  // The largest cluster and the size of the image are measured once.
  const usual = samples.filter(({ servers, quantity }) => servers < 100 && quantity !== 'sizeMb');
  const has = (part: Part): boolean => samples.some(sample => sample.part === part);
  const lines = [
    `# Benchmark of ${day}`,
    '',
    `${quick ? 'A quick run: it shows that everything works, and its figures are not worth keeping. ' : ''}Medians, in brackets the lowest and the highest; ${tookMin.toFixed(0)} minutes in all. What is measured, and how: [docs/benchmarks.md](../../docs/benchmarks.md).`,
    '',
    ...table(
      ['Machine', ''],
      [
        ['Processor', `${machine.processor}, ${machine.cores} cores`],
        ['Memory', `${machine.memoryGib} GiB`],
        ['System', machine.system],
        [
          'Programs',
          `Docker ${machine.docker}, Terraform ${machine.terraform}, cdktf ${machine.cdktf}, Node.js ${machine.node}`,
        ],
        ['Commit', machine.commit],
        ['Runs', parts.map(part => `${part}: ${runsOf(choose(usual, { part }))}`).join(', ')],
      ],
    ),
    '## Targets',
    '',
    ...table(
      ['Target', 'Measured', ''],
      result.targets.map(({ target, measured, verdict }) => [target, measured, verdict]),
    ),
    ...pictures.map(picture => `![Plot of ${day}](${picture})\n`),
    ...(has('synth') ? synthSection(samples) : []),
    ...(has('operations') ? operationsSection(samples) : []),
    ...(has('engine') ? engineSection(samples) : []),
    ...(has('image') ? imageSection(samples) : []),
    ...growthSection(result),
    ...(result.remarks.length > 0 ? ['## Remarks', '', ...result.remarks.map(remark => `- ${remark}`), ''] : []),
  ];
  return lines.join('\n').replace(/\n+$/, '\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line), ''];
}

/** `12.3 (11.9–14.0)`; a lone value without brackets. */
export function cell(samples: readonly Sample[], choice: Choice, digits?: number): string {
  const found = summaryOf(samples, choice);
  if (!found) return '';
  const places = digits ?? (found.median >= 100 ? 0 : found.median >= 10 ? 1 : 2);
  const text = (value: number): string => value.toFixed(places);
  return found.runs === 1 ? text(found.median) : `${text(found.median)} (${text(found.min)}–${text(found.max)})`;
}

function synthSection(samples: readonly Sample[]): string[] {
  const own = choose(samples, { part: 'synth' });
  const value = (servers: number, subject: string, quantity: string): number =>
    summaryOf(own, { subject, servers, quantity })?.median ?? NaN;
  return [
    '## Synth',
    '',
    'Whole processes in seconds, and one call of `synthesize` in a fresh process in milliseconds. The shares are of `cdktf synth`.',
    '',
    ...table(
      [
        'Servers',
        '`cdktf synth`, s',
        '`main.ts`, s',
        'its imports alone, s',
        'in process, ms',
        'our code',
        'cdktf’s library and imports',
        'cdktf’s command',
      ],
      distinct(own, 'servers').map(servers => {
        const whole = value(servers, 'cdktf synth', 'wallSec') * 1000;
        const app = value(servers, 'main.ts', 'wallSec') * 1000;
        const our = value(servers, 'in process', 'ourMs');
        const share = (ms: number): string => (Number.isNaN(ms / whole) ? '' : `${((100 * ms) / whole).toFixed(1)} %`);
        const wall = (subject: string): string => cell(own, { subject, servers, quantity: 'wallSec' });
        const inProcess = cell(own, { subject: 'in process', servers, quantity: 'synthesizeMs' });
        return [
          String(servers),
          ...['cdktf synth', 'main.ts', 'imports alone'].map(wall),
          inProcess,
          share(our),
          share(app - our),
          share(whole - app),
        ];
      }),
    ),
  ];
}

const QUANTITIES: readonly (readonly [quantity: string, title: string])[] = [
  ['wallSec', 'Wall time until all is Normal, s'],
  ['clientCpuSec', 'Processor time of the tool, s'],
  ['daemonCpuSec', 'Processor time of Docker, s'],
  ['clientMemoryMb', 'Memory of the tool at its most, MB'],
  ['daemonMemoryMb', 'Memory of Docker at the end, MB'],
];

function operationsSection(samples: readonly Sample[]): string[] {
  const own = choose(samples, { part: 'operations' });
  const tools = distinct(own, 'subject');
  const lines = ['## Operations', ''];
  for (const [quantity, title] of QUANTITIES) {
    lines.push(`### ${title}`, '');
    const ratio = quantity === 'wallSec';
    const rows = distinct(own, 'action').flatMap(action =>
      distinct(choose(own, { action }), 'servers').map(servers => {
        const times = (peer: string): string => {
          const ratios = pairedRatios(
            own,
            { subject: './ecp', action, servers, quantity },
            { subject: peer, action, servers, quantity },
          );
          return ratios.length > 0 ? `${median(ratios).toFixed(2)}` : '';
        };
        const cells = tools.map(subject => cell(own, { subject, action, servers, quantity }));
        return [action, String(servers), ...cells, ...(ratio ? [times('terraform'), times('docker compose')] : [])];
      }),
    );
    const ratios = ratio ? ['`./ecp` / terraform', '`./ecp` / docker compose'] : [];
    lines.push(...table(['Action', 'Servers', ...tools.map(tool => `\`${tool}\``), ...ratios], rows));
  }
  return lines;
}

function engineSection(samples: readonly Sample[]): string[] {
  const own = choose(samples, { part: 'engine' });
  const speeds = choose(own, { quantity: 'perSec' });
  const shares = throughputShares(samples);
  const rows = distinct(speeds, 'servers').flatMap(servers =>
    distinct(speeds, 'action').flatMap(action => {
      const share = shares.find(each => each.action === action && each.servers === servers);
      return ['mutual TLS', 'plain'].map(subject => [
        action,
        String(servers),
        subject,
        ...['perSec', 'p50Us', 'p95Us', 'p99Us'].map(quantity => cell(own, { subject, action, servers, quantity }, 0)),
        subject === 'plain' || !share ? '' : `${share.percent.toFixed(0)} %`,
      ]);
    }),
  );
  const loads = choose(own, { quantity: 'memoryMb' });
  const costs = distinct(loads, 'servers').flatMap(servers =>
    distinct(loads, 'action').flatMap(action =>
      distinct(choose(loads, { action, servers }), 'subject').map(subject => [
        subject,
        action,
        String(servers),
        cell(own, { subject, action, servers, quantity: 'cpuPercent' }, 2),
        cell(own, { subject, action, servers, quantity: 'memoryMb' }, 1),
      ]),
    ),
  );
  return [
    '## The rehearsal engine',
    '',
    'Of all application servers together, at the same time; latencies in microseconds.',
    '',
    ...table(['Action', 'Servers', 'Connection', 'a second', 'median', '95 %', '99 %', 'of plain'], rows),
    ...(costs.length > 0 ? table(['Container', 'While', 'Servers', 'Percent of one core', 'Memory, MB'], costs) : []),
  ];
}

function imageSection(samples: readonly Sample[]): string[] {
  const own = choose(samples, { part: 'image' });
  const rows = own.map(({ action, quantity }) => [
    `${action}${quantity === 'sizeMb' ? ', MB' : ', s'}`,
    cell(own, { action, quantity }),
  ]);
  const unique = [...new Map(rows.map(row => [row[0], row])).values()] as string[][];
  return ['## Image', '', ...table(['Rehearsal image', ''], unique)];
}

function growthSection({ growth }: Result): string[] {
  const shown = growth.filter(({ quantity }) =>
    /^(wallSec|clientCpuSec|daemonCpuSec|synthesizeMs|perSec)$/.test(quantity),
  );
  if (shown.length === 0) return [];
  const number = (value: number): string => value.toPrecision(3).replace(/e\+?(-?\d+)/, ' · 10^$1');
  return [
    '## Growth',
    '',
    'A straight line through the medians: what is spent at no server, and what each application server adds.',
    '',
    ...table(
      ['What', 'Action', 'Value', 'Base', 'Each server adds', 'R²', 'Bends at'],
      shown.map(({ subject, action, quantity, base, perServer, rSquared, bendsAt }) => [
        `\`${subject}\``,
        action,
        quantity,
        number(base),
        number(perServer),
        rSquared.toFixed(3),
        bendsAt === undefined ? '' : String(bendsAt),
      ]),
    ),
  ];
}
