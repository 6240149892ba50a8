import { UserError } from '../terminal';

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/**
 * Reads a moment: a time such as 2026-11-29T08:00Z, or how long ago, such as 90s, 1h30m or 2d. Docker would take the second by the clock of
 * each engine, and knows no days.
 *
 * @throws UserError when it is neither.
 */
export function readSince(text: string, now = new Date()): Date {
  const ago = /^(\d+[smhd])+$/.test(text)
    ? [...text.matchAll(/(\d+)([smhd])/g)].reduce((sum, [, count, unit]) => sum + Number(count) * SECONDS[unit!]!, 0)
    : undefined;
  const at = ago === undefined ? Date.parse(/^\d{4}-\d\d-\d\d/.test(text) ? text : '') : now.getTime() - ago * 1000;
  if (!Number.isNaN(new Date(at).getTime())) return new Date(at);
  throw new UserError(
    `'--since' must be a time such as 2026-11-29T08:00Z, or how long ago, such as 90s, 1h30m or 2d, got '${text}'; correct it`,
    2,
  );
}

/** @throws UserError when it is no number of lines */
export function readTail(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UserError(`'--tail' must be a whole number of lines, got '${text}'; correct it`, 2);
}
