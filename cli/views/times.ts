const ISO = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(:\d\d)(\.\d+)?Z$/;

/** A time as ISO 8601 writes it, for a person; what is no time stays as it is. */
export function moment(iso: string): string {
  return iso.replace(ISO, '$1 $2$3 UTC');
}

/** As `moment`, where there is little room. */
export function toTheMinute(iso: string): string {
  return iso.replace(ISO, '$1 $2 UTC');
}

/** How long something has been so, in its largest unit: `for 3 hours`. Empty when the time is none. */
export function ageOf(iso: string, now: Date): string {
  const seconds = Math.floor((now.getTime() - Date.parse(iso)) / 1000);
  if (Number.isNaN(seconds)) return '';
  const [size, unit] = UNITS.find(([size]) => seconds >= size) ?? [1, 'second'];
  const number = Math.max(0, Math.floor(seconds / size));
  return `for ${number} ${unit}${number === 1 ? '' : 's'}`;
}

const UNITS: readonly (readonly [number, string])[] = [
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
];
