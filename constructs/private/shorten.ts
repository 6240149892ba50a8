const MOST = 160;

/** A value as a message shows it: JSON, cut where it would bury the sentence. */
export function shorten(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > MOST ? `${text.slice(0, MOST)}…` : text;
}

/** A text whose words are cut where they would bury the sentence: names and paths come from users. */
export function cutWords(text: string): string {
  return text.replace(/\S{300,}/g, word => `${word.slice(0, MOST)}…`);
}
