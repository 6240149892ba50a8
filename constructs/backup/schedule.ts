import { Refusal } from '../../contract/refusal';
import { requireKnown } from '../private/validate';

const FIELDS = [
  ['minute', 0, 59],
  ['hour', 0, 23],
  ['day', 1, 31],
  ['month', 1, 12],
  ['weekday', 0, 6],
] as const;

/** @throws Error unless it has the five fields of cron, in numbers. */
export function requireSchedule(prop: 'schedule' | 'verify', schedule: string): void {
  requireKnown(prop, schedule);
  const words = schedule.split(' ');
  const fault = FIELDS.find(([, first, last], index) => !isField(words[index] ?? '', first, last));
  if (words.length === FIELDS.length && fault === undefined) return;
  const which = words.length === FIELDS.length && fault ? ` (the ${fault[0]} is from ${fault[1]} to ${fault[2]})` : '';
  throw new Refusal(
    `'${prop}' must have the five fields of cron in numbers, such as '0 * * * *' for each hour, got '${schedule}'${which}; correct it`,
  );
}

function isField(field: string, first: number, last: number): boolean {
  return field.split(',').every(part => {
    const [, from, to, step] = /^(?:\*|(\d{1,2})(?:-(\d{1,2}))?)(?:\/(\d{1,2}))?$/.exec(part) ?? [''];
    if (!/^[\d*]/.test(part) || (from === undefined && !part.startsWith('*'))) return false;
    const numbers = [from, to].filter(each => each !== undefined).map(Number);
    const inRange = numbers.every(each => each >= first && each <= last);
    return inRange && (to === undefined || Number(from) <= Number(to)) && (step === undefined || Number(step) > 0);
  });
}
