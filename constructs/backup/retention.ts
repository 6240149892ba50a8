import { Refusal } from '../../contract/refusal';
import { requireKnownWholeNumber } from '../private/validate';

/** How many backups are kept, in the words of restic. What none of them keeps is removed after the next backup. */
export interface EcpBackupRetention {
  /**
   * The newest ones.
   *
   * @default - none for that alone
   */
  readonly last?: number;
  /**
   * The newest of each hour.
   *
   * @default - none for that alone
   */
  readonly hourly?: number;
  /**
   * The newest of each day.
   *
   * @default - none for that alone
   */
  readonly daily?: number;
  /**
   * The newest of each week.
   *
   * @default - none for that alone
   */
  readonly weekly?: number;
  /**
   * The newest of each month.
   *
   * @default - none for that alone
   */
  readonly monthly?: number;
}

const KINDS = ['last', 'hourly', 'daily', 'weekly', 'monthly'] as const;

/** @throws Error unless some backups are kept, and all are numbers. */
export function requireRetention(retention: EcpBackupRetention): Readonly<Record<string, number>> {
  const kept = KINDS.flatMap(kind => {
    const value = retention[kind];
    if (value !== undefined) requireKnownWholeNumber(kind, value, 1, 100_000, 'backups that are kept');
    return value === undefined ? [] : [[kind, value] as const];
  });
  if (kept.length > 0) return Object.fromEntries(kept);
  throw new Refusal(
    `'retention' must keep some backups by ${KINDS.join(', ')}, got ${JSON.stringify(retention)}; leave it out to keep all`,
  );
}
