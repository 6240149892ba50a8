import { parseArgs } from 'node:util';
import { SettingsError } from '../app/settings';
import { nearest } from '../contract/messages';
import { helpText, overview } from './help/help';
import { HELP_PAGES } from './help/help-pages';
import { settleDaemon } from './machine/daemon-handover';
import { watchOutput } from './output-failures';
import { UserError, onStderr, visibleLines } from './terminal';
import { logWarning } from './terraform/log-warning';

const OPTIONS = {
  adopt: { type: 'boolean' },
  all: { type: 'boolean' },
  'allow-destroy': { type: 'boolean' },
  'at-once': { type: 'boolean' },
  ca: { type: 'boolean' },
  check: { type: 'boolean' },
  cluster: { type: 'string' },
  follow: { type: 'boolean', short: 'f' },
  full: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  html: { type: 'string' },
  into: { type: 'string' },
  json: { type: 'boolean' },
  machines: { type: 'string' },
  mermaid: { type: 'boolean' },
  'no-backup': { type: 'boolean' },
  output: { type: 'string', short: 'o' },
  repeat: { type: 'string' },
  report: { type: 'string' },
  tag: { type: 'string' },
  to: { type: 'string' },
  verify: { type: 'boolean' },
  since: { type: 'string' },
  tail: { type: 'string' },
  timestamps: { type: 'boolean', short: 't' },
  volumes: { type: 'boolean' },
  watch: { type: 'boolean' },
  yes: { type: 'boolean', short: 'y' },
} as const;

/** Name of an option. */
export type Option = keyof typeof OPTIONS;
/** What was given for the options. */
export type Values = { readonly [Key in Option]?: (typeof OPTIONS)[Key]['type'] extends 'boolean' ? boolean : string };

/** A command of the program. Its code is loaded when it runs: `status` does not wait for cdktf's library. */
export interface Command {
  readonly options: readonly Option[];
  /** True when it takes arguments beside its options. @default false */
  readonly takesArguments?: boolean;
  /** True when a log of Terraform's would get private keys. @default false */
  readonly runsTerraform?: boolean;
  /** True when the settings say all of the cluster, so that `--cluster` stands in for their name. @default false */
  readonly isOfSettings?: boolean;
  /** True when it has an answer where nothing says which daemon to use. @default false */
  readonly worksWithoutDaemon?: boolean;
  readonly run: (values: Values, positionals: readonly string[]) => Promise<number>;
}

/** A command that parses what follows for itself. */
export type RawCommand = (args: readonly string[]) => Promise<number>;

/** True when nothing is to be asked. */
export function assumeYes(values: Values): boolean {
  return values.yes === true || process.env.CI === 'true';
}

/** Runs the command that a command line names, and sets the exit code of this process. */
export function runCommandLine(
  commands: Readonly<Record<string, Command>>,
  rawCommands: Readonly<Record<string, RawCommand>>,
  argv: readonly string[],
): void {
  const exitCodeOf = watchOutput();
  dispatch(commands, rawCommands, argv).then(
    code => {
      // A write to a pipe or a terminal may fail after the last line of the command.
      process.exitCode = exitCodeOf(code);
    },
    (error: unknown) => {
      const known = error instanceof UserError || error instanceof SettingsError;
      // It may have words of a node in it.
      const words = visibleLines(known ? error.message : String((error as Error).stack));
      console.error(`${onStderr.red('error:')} ${words.join('\n')}`);
      if (!known) console.error('This is a defect of ecp; please report it with the lines above.');
      process.exitCode = error instanceof UserError ? error.exitCode : known ? 2 : 70;
    },
  );
}

async function dispatch(
  commands: Readonly<Record<string, Command>>,
  rawCommands: Readonly<Record<string, RawCommand>>,
  argv: readonly string[],
): Promise<number> {
  const [first, ...rest] = argv;
  const name = first === '--version' || first === '-v' ? 'version' : first;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    console.log(name === 'help' && rest[0] !== undefined ? helpOf(rest[0]) : overview(HELP_PAGES));
    return name === undefined ? 2 : 0;
  }
  if (Object.hasOwn(rawCommands, name)) return rawCommands[name]!(rest);
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) throw unknownCommand(name);
  const { values, positionals } = parse(name, rest, [...command.options, 'help']);
  if (values.help) {
    console.log(helpOf(name));
    return 0;
  }
  if (positionals.length > 0 && !command.takesArguments)
    throw new UserError(`'${name}' takes no argument, got '${positionals[0]}'; see ./ecp ${name} --help`, 2);
  if (command.isOfSettings && values.cluster !== undefined) process.env.ECP_CLUSTER = values.cluster;
  if (!command.worksWithoutDaemon) settleDaemon();
  const warning = command.runsTerraform ? logWarning(process.env) : undefined;
  if (warning) console.error(onStderr.yellow(`warning: ${warning}`));
  return command.run(values, positionals);
}

/** Reads a command's options. @throws UserError with the rule that they break */
export function parse(
  name: string,
  args: readonly string[],
  allowed: readonly Option[],
): { values: Values; positionals: string[] } {
  const options = Object.fromEntries(allowed.map(option => [option, OPTIONS[option]]));
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    return { values: values as Values, positionals };
  } catch (error) {
    throw new UserError(`'${name}': ${optionProblem(error as Error, allowed)}; see ./ecp ${name} --help`, 2);
  }
}

/** Node's words for a wrong option, with the one that was probably meant. */
function optionProblem({ message }: Error, allowed: readonly Option[]): string {
  const words = message.split('. ')[0] ?? '';
  const [, unknown] = /^Unknown option '--?([^']*)'/.exec(words) ?? [];
  if (unknown === undefined) return words;
  const meant = nearest(unknown, allowed);
  return `${words}${meant ? ` (did you mean '--${meant}'?)` : ''}; options are ${allowed.map(option => `--${option}`).join(', ')}`;
}

/** The page of a command. @throws UserError when there is none */
export function helpOf(name: string): string {
  const page = Object.hasOwn(HELP_PAGES, name) ? HELP_PAGES[name] : undefined;
  if (!page) throw unknownCommand(name);
  return helpText(page);
}

function unknownCommand(name: string): UserError {
  const commands = Object.keys(HELP_PAGES);
  const meant = nearest(name, commands);
  return new UserError(
    `'${name}' is not a command${meant ? ` (did you mean '${meant}'?)` : ''}; commands are ${commands.join(', ')}; see ./ecp --help`,
    2,
  );
}
