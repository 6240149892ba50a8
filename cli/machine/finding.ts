import { UserError, green, red, yellow } from '../terminal';

/** One line of `ecp up --check`. */
export interface Finding {
  /** `note` is for a person to know; `later` is a gap that `ecp up` closes by itself; `stops` is one that would stop it. */
  readonly mark: 'fine' | 'note' | 'later' | 'stops';
  readonly what: string;
  /** The value found and, unless it is fine, the remedy. */
  readonly found: string;
}

const MARKS = { fine: green('✓'), note: yellow('!'), later: yellow('○'), stops: red('✗') } as const;

/** The finding as a line, with its subject in a column of that width. */
export function formatFinding(finding: Finding, width: number): string {
  const [first = '', ...more] = finding.found.split('\n');
  return [`${MARKS[finding.mark]} ${finding.what.padEnd(width)}  ${first}`, ...more.map(line => `    ${line}`)].join(
    '\n',
  );
}

/** Turns the sentence of a UserError into a finding that stops `up`. */
export async function finding(what: string, look: () => Promise<Omit<Finding, 'what'>>): Promise<Finding> {
  try {
    return { what, ...(await look()) };
  } catch (error) {
    if (error instanceof UserError) return { what, mark: 'stops', found: error.message };
    throw error;
  }
}
