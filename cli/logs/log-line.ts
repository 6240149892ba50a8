import { visible } from '../terminal';

/** One line that a server wrote. */
export interface LogLine {
  readonly server: string;
  /** Node that it ran on, where there are several. */
  readonly node?: string;
  /** As Docker has it, with nanoseconds: in the order of the alphabet it is in the order of time. */
  readonly time: string;
  readonly text: string;
}

/** Reads what `docker logs --timestamps` prints; undefined for Docker's own words, which have no time. */
export function readLogLine(line: string): Pick<LogLine, 'time' | 'text'> | undefined {
  const [, time, text] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z) ?(.*)$/s.exec(line) ?? [];
  return time === undefined || text === undefined ? undefined : { time, text: text.replace(/\r$/, '') };
}

/** What a person reads of a line: a server may log what a stranger sent. */
export function shownText({ text }: Pick<LogLine, 'text'>): string {
  return text.split('\t').map(visible).join('\t');
}
