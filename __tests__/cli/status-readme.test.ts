import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatMermaid } from '../../cli/views/mermaid';
import { recorded } from './recorded-reports';

const README = join(__dirname, '..', '..', 'README.md');

test('README has the diagram of the recorded cluster (STATUS_WRITE=1 writes it)', () => {
  const { report, configurations } = recorded('healthy');
  const block = /(?<=^```mermaid\n).*?(?=^```$)/ms;
  const diagram = formatMermaid(report, configurations);
  const text = readFileSync(README, 'utf8');
  expect(text).toMatch(block);
  if (process.env.STATUS_WRITE === '1')
    writeFileSync(
      README,
      text.replace(block, () => diagram),
    );
  expect(block.exec(readFileSync(README, 'utf8'))![0]).toBe(diagram);
});
