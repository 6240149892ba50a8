import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatMermaid } from '../../cli/views/mermaid';
import { recorded } from './recorded-reports';

const FILE = join(__dirname, '..', '..', 'docs', 'images', 'status.mermaid');

test('docs/images/status.mermaid is the diagram of the recorded cluster (STATUS_WRITE=1 writes it)', () => {
  const { report, configurations } = recorded('healthy');
  const diagram = formatMermaid(report, configurations);
  if (process.env.STATUS_WRITE === '1') writeFileSync(FILE, diagram);
  expect(readFileSync(FILE, 'utf8')).toBe(diagram);
});
