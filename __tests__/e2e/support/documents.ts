import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from './test-cluster';

/** The first block of code in a language below a heading of the second level, or, without a heading, of the document. */
export function codeBelow(document: string, language: string, heading?: string): string {
  const text = readFileSync(join(PROJECT, document), 'utf8');
  const at = heading === undefined ? 0 : text.indexOf(`\n## ${heading}\n`) + 1;
  if (heading !== undefined && at === 0) throw new Error(`${document} has no heading '${heading}'`);
  const [, code] = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'ms').exec(text.slice(at)) ?? [];
  if (code === undefined) throw new Error(`${document} has no ${language} below '${heading}'`);
  return code;
}
