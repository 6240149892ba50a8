import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const IMAGES = join(__dirname, '..', '..', 'images');

/** A script of an image with what it sources, and with folders of a test instead of a container's. */
export function scriptOf(image: 'iris' | 'rehearsal', path: string, folder: string): string {
  return readFileSync(join(IMAGES, image, path), 'utf8')
    .replace(/(?<![\w$}{.])\/(durable|journal|alternate-journal|backup|run\/ecp|opt\/gtm)\b/g, `${folder}/$1`)
    .replace(/^\. \/opt\/ecp\/lib\/(.*)$/gm, (_, name: string) => scriptOf(image, `lib/${name}`, folder));
}

/** Bash that kills a script after so many changes. */
export function cutShortAfter(changes: number): string {
  const commands = ['mv', 'cp', 'rm', 'rmdir', 'mkdir', 'tee'];
  const counted = commands.map(name => `${name}() { ((left-- > 0)) || kill -9 $$; command ${name} "$@"; }`);
  return [...counted, `left=${changes}`].join('\n');
}
