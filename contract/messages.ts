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

/** The candidate that somebody most likely meant by a word with a slip or two in it, or nothing when none is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const tolerated = Math.max(1, Math.floor(word.length / 3));
  const rated = candidates.map(candidate => ({ candidate, slips: editDistance(word, candidate) }));
  return rated.sort((a, b) => a.slips - b.slips).find(({ slips }) => slips <= tolerated)?.candidate;
}

/** Letters to insert, drop, change or swap with their neighbour until one word is the other. */
export function editDistance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) => [i, ...Array<number>(b.length).fill(0)]);
  for (let j = 0; j <= b.length; j++) rows[0]![j] = j;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min(rows[i - 1]![j]! + 1, rows[i]![j - 1]! + 1, rows[i - 1]![j - 1]! + same);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) least = Math.min(least, rows[i - 2]![j - 2]! + 1);
      rows[i]![j] = least;
    }
  }
  return rows[a.length]![b.length]!;
}
