import { choose, distinct, runsOf } from '../statistics';
import { answered } from './questions/questions';
import type { Result } from './result';
import { tableLines } from './table';

/**
 * Figures as a person reads them: for each question a table of medians with least and most, and a plot.
 *
 * @param name The result's files, without their endings.
 */
export function toMarkdown(result: Result, name: string): string {
  const { day, quick, machine, tookMin, samples } = result;
  // The largest cluster and the size of the image are measured once.
  const usual = samples.filter(({ servers, quantity }) => servers < 100 && quantity !== 'sizeMb');
  const runs = distinct(samples, 'part').map(part => `${part}: ${runsOf(choose(usual, { part }))}`);
  const programs = `Docker ${machine.docker}, Terraform ${machine.terraform}, cdktf ${machine.cdktf}, Node.js ${machine.node}`;
  const lines = [
    `# Benchmark of ${day}`,
    '',
    `${quick ? 'A quick run: it shows that everything works, and its figures are not worth keeping. ' : ''}Medians, in brackets the lowest and the highest; ${tookMin.toFixed(0)} minutes in all. What is measured, and how: [docs/benchmarks.md](../../docs/benchmarks.md).`,
    '',
    ...tableLines(
      ['Machine', ''],
      [
        ['Processor', `${machine.processor}, ${machine.cores} cores`],
        ['Memory', `${machine.memoryGib} GiB`],
        ['System', machine.system],
        ['Programs', programs],
        ['Commit', machine.commit],
        ['Runs', runs.join(', ')],
      ],
    ),
    '## Targets',
    '',
    ...tableLines(
      ['Target', 'Measured', ''],
      result.targets.map(({ target, measured, verdict }) => [target, measured, verdict]),
    ),
    ...answered(samples).flatMap(({ question: { title, words, head, rows, plot }, own }) => [
      `## ${title}`,
      '',
      words(own),
      '',
      ...(plot ? [`![${title}](${name}${plot.suffix}.svg)`, ''] : []),
      ...tableLines(head(own), rows(own)),
    ]),
    ...(result.remarks.length > 0 ? ['## Remarks', '', ...result.remarks.map(remark => `- ${remark}`), ''] : []),
  ];
  return lines.join('\n').replace(/\n+$/, '\n');
}
