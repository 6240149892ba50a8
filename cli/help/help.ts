import { bold, dim } from '../terminal';

/** What `./ecp COMMAND --help` says about one command. */
export interface HelpPage {
  /** What may follow `./ecp`. */
  readonly usage: string;
  /** One line for the overview of all commands. */
  readonly summary: string;
  /** What it does, in a few lines. */
  readonly about: string;
  /** Each option with what it means. */
  readonly options: readonly (readonly [string, string])[];
  /** Exit codes of its own, beside those that all commands share. */
  readonly exitCodes: readonly (readonly [string, string])[];
  /** Command lines, each with what it does. */
  readonly examples: readonly (readonly [string, string])[];
}

/** Exit codes that mean the same for every command. */
export const SHARED_EXIT_CODES = [
  ['2', 'invalid option, argument or setting; nothing was done'],
  ['70', 'a bug in ecp; please report the stack trace'],
  ['130', 'interrupted by Ctrl-C'],
] as const;

/** The text of `./ecp --help`. */
export function overview(pages: Readonly<Record<string, HelpPage>>): string {
  return `ecp: an InterSystems IRIS distributed cache cluster as code

usage: ./ecp COMMAND [OPTIONS]

${rows(Object.values(pages).map(({ usage, summary }) => [usage, summary]))}

./ecp COMMAND --help explains a command, with examples.

settings: "context" in cdktf.json, or environment variables, which win: ECP_CLUSTER, ECP_APP_SERVERS (a number or names),
ECP_SUBNET, ECP_DATA_SERVER_WEB_PORT, ECP_APP_SERVER_WEB_PORT_BASE, … (docs/settings.md lists them all)

shell: docker exec -it ecp-app-server-1 ecp-node session    (ecp- is the cluster's name)
diff:  npx cdktf diff                                       (what a changed setting would do)

exit codes: 0 done and all Normal; 1 not; 2 invalid option or setting; 130 interrupted; exec returns that of ecp-node
colours: on a terminal only, never with NO_COLOR or TERM=dumb (docs/commands.md)`;
}

/** The text of `./ecp COMMAND --help`. */
export function helpText({ usage, about, options, exitCodes, examples }: HelpPage): string {
  const sections = [
    `usage: ./ecp ${usage}`,
    about,
    options.length > 0 ? `${bold('options')}\n${rows(options)}` : '',
    `${bold('exit codes')}\n${rows(withShared(exitCodes))}`,
    `${bold('examples')}\n${examples.map(([command, what]) => `  ${command}\n      ${dim(what)}`).join('\n')}`,
  ];
  return sections.filter(Boolean).join('\n\n');
}

/** A command that gives a shared code a meaning of its own says so itself. */
function withShared(own: HelpPage['exitCodes']): HelpPage['exitCodes'] {
  return [...own, ...SHARED_EXIT_CODES.filter(([code]) => !own.some(([ownCode]) => ownCode === code))];
}

function rows(pairs: readonly (readonly [string, string])[]): string {
  const width = Math.min(28, Math.max(...pairs.map(([left]) => left.length)));
  const indent = ' '.repeat(width + 4);
  return pairs
    .map(([left, right]) =>
      left.length > width ? `  ${left}\n${indent}${right}` : `  ${left.padEnd(width)}  ${right}`,
    )
    .join('\n');
}
