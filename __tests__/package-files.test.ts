import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { files } from '../package.json';

const ROOT = join(__dirname, '..');

/** Folders below images/ that a construct builds from. */
function imagesOfConstructs(): string[] {
  const sources = readdirSync(join(ROOT, 'constructs'), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts'))
    .map(file => readFileSync(join(ROOT, 'constructs', file), 'utf8'));
  const named = sources.flatMap(text => [...text.matchAll(/'images', '([a-z-]+)'/g)].map(([, folder]) => folder!));
  return [...new Set(named)].sort();
}

test('the package has each folder that a construct builds an image from', () => {
  const packed = files.filter(file => file.startsWith('images/')).map(file => file.replace('images/', ''));
  expect(packed.sort()).toEqual(imagesOfConstructs());
});
