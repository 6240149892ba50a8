import { visible } from '../terminal';

/** HTML that is safe to insert as it is: only `markup` makes it. */
export class Markup {
  constructor(readonly html: string) {}
}

/** What a template may contain: text is escaped, markup is not, of a list each, and `undefined` is nothing. */
export type Content = string | number | Markup | undefined | readonly Content[];

/** A template of HTML or SVG. All text that is put into it is escaped for element content and quoted attributes. */
export function markup(strings: TemplateStringsArray, ...values: readonly Content[]): Markup {
  return new Markup(strings.map((string, index) => string + render(values[index])).join(''));
}

function render(value: Content): string {
  if (value === undefined) return '';
  if (value instanceof Markup) return value.html;
  if (typeof value === 'string' || typeof value === 'number') return escape(visible(String(value)));
  return value.map(render).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escape(text: string): string {
  return text.replace(/[&<>"']/g, character => ENTITIES[character]!);
}
