import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

const ROOT = join(__dirname, '..');

/** Phrases that stumble, each with what to write instead. */
const PHRASES: readonly (readonly [RegExp, string])[] = [
  [/\bg(?:ive|ives|iven|ave|iving) (?:it |them )?up\b/i, 'stop, disable, abandon'],
  [/\bmend(?:s|ed|ing)?\b/i, 'fix, repair'],
  [/\bwhom\b/i, 'who, which'],
  [/\bin vain\b/i, 'without success'],
  [/\bbeside each other\b/i, 'side by side, in parallel'],
  [/\bof ours\b/i, "this project's, this cluster's"],
  [/\b(?:tells?|told) of\b/i, 'reports, shows'],
  [/\b(?:does|do) not tell\b(?! \w+ from)/i, 'does not report'],
  [/\banew\b(?! ?")/i, 'again; recreate'],
  [/\bat one time\b/i, 'at a time, at once'],
  [/\bfor ever\b/i, 'forever'],
  [/\ball the same\b/i, 'anyway'],
  [/\bone and the same\b/i, 'the same'],
  [/\bin the place of\b/i, 'instead of; replaces'],
  [/\b(?:stands?|lies?) (?:in(?! for)|beside|below|there|where)\b/i, 'is in, is at'],
  [/\bbelongs? into\b/i, 'belongs in'],
  [/\bamiss\b/i, 'wrong'],
  [/\bis over\b/i, 'has passed, has ended'],
  [/\bhand(?:s|ed)? on\b/i, 'passes'],
  [/\bunless told\b/i, 'by default, unless set'],
  [/\bone's own\b/i, 'your own'],
  [/\bby turns\b/i, 'in turn'],
  [/\bthe least and the most\b/i, 'lowest and highest'],
  [/\bnobody has (?:run|tried|deployed) it\b/i, 'untested'],
  [/\blooks? whether\b/i, 'checks whether'],
  [/\bto be had\b/i, 'available'],
  [/\bshall\b/i, 'must, should'],
];

const PAGES = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md', '.github', 'docs', 'examples', 'images']
  .flatMap(filesBelow)
  .filter(file => file.endsWith('.md') && !file.startsWith('docs/api/'));

/** Comments, messages and help; fixed words of other programs are in JSON files. */
const SOURCES = ['main.ts', 'ecp', 'app', 'bench', 'cli', 'dev', 'constructs', 'contract', 'examples', 'images']
  .flatMap(filesBelow)
  .filter(file => !/\.(?:md|json|svg|sum|pem)$/.test(file));

const MOST_WORDS = 25_050;

/** One line: a phrase may be broken, with the mark of a comment or a quotation before its second half. */
function flowing(text: string): string {
  return text.replace(/\n[ \t]*(?:\*(?!\/)|\/\/+|#+|;+|>)?[ \t]*/g, ' ');
}

test.each([...PAGES, ...SOURCES])('%s reads like English', file => {
  expect(phrasesIn(file)).toEqual([]);
});

test(`README and docs have at most ${MOST_WORDS} words`, () => {
  const pages = PAGES.filter(file => /^(?:README|docs\/[^/]+)\.md$/.test(file));
  const words = pages.map(
    file =>
      readFileSync(join(ROOT, file), 'utf8')
        .split(/\s+/)
        .filter(word => /[a-z0-9]/i.test(word)).length,
  );
  expect(words.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(MOST_WORDS);
});

function filesBelow(path: string): string[] {
  const folder = join(ROOT, path);
  if (statSync(folder).isFile()) return [path];
  return readdirSync(folder, { recursive: true, withFileTypes: true, encoding: 'utf8' })
    .filter(entry => entry.isFile())
    .map(entry => relative(ROOT, join(entry.parentPath, entry.name)))
    .filter(file => !/(^|\/)(node_modules|cdktf\.out|\.gen)\//.test(file));
}

/** Each phrase that a file has, with its surroundings and the better words. */
function phrasesIn(file: string): string[] {
  const text = flowing(readFileSync(join(ROOT, file), 'utf8'));
  return PHRASES.flatMap(([phrase, better]) =>
    [...text.matchAll(new RegExp(phrase, 'gi'))].map(
      ({ index, 0: { length } }) => `…${text.slice(Math.max(0, index - 60), index + length + 20)}…: ${better}`,
    ),
  );
}
