import type { Sample } from '../measurement';
import { summaryOf, type Choice } from '../statistics';

/** Lines of a table in Markdown, and an empty one after it. */
export function tableLines(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
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
