/**
 * Text that a stranger may have chosen (the subject of a refused certificate, for one), with each character that would
 * act instead of being seen written as its number: escape sequences, line breaks, a change of the writing direction.
 */
export function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu, character => {
    return `\\u{${character.codePointAt(0)!.toString(16)}}`;
  });
}
