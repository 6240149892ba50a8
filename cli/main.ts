import { parseArgs } from 'node:util';
import { SettingsError } from '../app/settings';
import { helpText, overview } from './help/help';
import { HELP_PAGES } from './help/help-pages';
import { nearest } from './help/suggest';
import { settleDaemon } from './machine/daemon-handover';
import { watchOutput } from './output-failures';
import { logWarning } from './terraform/log-warning';
import { UserError, onStderr } from './terminal';

const OPTIONS = {
  all: { type: 'boolean' },
  ca: { type: 'boolean' },
  check: { type: 'boolean' },
  cluster: { type: 'string' },
  full: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  html: { type: 'string' },
  json: { type: 'boolean' },
  mermaid: { type: 'boolean' },
  repeat: { type: 'string' },
  report: { type: 'string' },
  volumes: { type: 'boolean' },
  watch: { type: 'boolean' },
  yes: { type: 'boolean', short: 'y' },
} as const;

type Option = keyof typeof OPTIONS;
type Values = { readonly [Key in Option]?: (typeof OPTIONS)[Key]['type'] extends 'boolean' ? boolean : string };

interface Command {
  readonly options: readonly Option[];
  readonly run: (values: Values, positionals: readonly string[]) => Promise<number>;
}

/** Commands load their code when they run: `status` does not wait for cdktf's library to start Terraform's side. */
const COMMANDS: Readonly<Record<string, Command>> = {
  up: {
    options: ['yes', 'check'],
    run: async values =>
      (await import('./commands/up.js')).up({ assumeYes: assumeYes(values), check: values.check ?? false }),
  },
  status: {
    options: ['json', 'watch', 'mermaid', 'html', 'cluster'],
    run: async values => (await import('./commands/status.js')).status(values),
  },
  verify: {
    options: ['cluster', 'full', 'report'],
    run: async values => {
      if (!values.full) return (await import('./commands/verify.js')).verify({ cluster: values.cluster });
      const report = values.report ?? 'ecp-verify-report.md';
      return (await import('./commands/verify-full.js')).verifyFull({ cluster: values.cluster, report });
    },
  },
  rotate: {
    options: ['ca', 'yes'],
    run: async (values, servers) =>
      (await import('./commands/rotate.js')).rotate({ ca: values.ca ?? false, servers, assumeYes: assumeYes(values) }),
  },
  down: {
    options: ['volumes', 'yes'],
    run: async values =>
      (await import('./commands/down.js')).down({ volumes: values.volumes ?? false, assumeYes: assumeYes(values) }),
  },
  setup: {
    options: ['yes'],
    run: async values => (await import('./commands/setup.js')).setup({ assumeYes: assumeYes(values) }),
  },
  test: {
    options: ['all', 'repeat'],
    run: async ({ all = false, repeat }, names) => (await import('./commands/test.js')).test({ all, repeat, names }),
  },
};

function assumeYes(values: Values): boolean {
  return values.yes === true || process.env.CI === 'true';
}

async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    console.log(name === 'help' && rest[0] !== undefined ? helpOf(rest[0]) : overview(HELP_PAGES));
    return name === undefined ? 2 : 0;
  }
  // Everything behind SERVER belongs to ecp-node, options included.
  if (name === 'exec') return runExec(rest);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) throw unknownCommand(name);
  const { values, positionals } = parse(name, rest, [...command.options, 'help']);
  if (values.help) {
    console.log(helpOf(name));
    return 0;
  }
  if (positionals.length > 0 && !['test', 'rotate'].includes(name))
    throw new UserError(`'${name}' takes no argument, got '${positionals[0]}'; see ./ecp ${name} --help`, 2);
  settleDaemon();
  const warning = ['up', 'rotate', 'down'].includes(name) ? logWarning(process.env) : undefined;
  if (warning) console.error(onStderr.yellow(`warning: ${warning}`));
  return command.run(values, positionals);
}

async function runExec(args: readonly string[]): Promise<number> {
  const start = args.findIndex((arg, index) => !arg.startsWith('--cluster') && args[index - 1] !== '--cluster');
  const own = start < 0 ? args : args.slice(0, start);
  const [server, ...words] = start < 0 ? [] : args.slice(start);
  if (server === '--help' || server === '-h') {
    console.log(helpOf('exec'));
    return 0;
  }
  const { values } = parse('exec', own, ['cluster']);
  settleDaemon();
  return (await import('./commands/exec.js')).exec({ cluster: values.cluster }, server, words);
}

function parse(
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

function helpOf(name: string): string {
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

const exitCodeOf = watchOutput();

main(process.argv.slice(2)).then(
  code => {
    // A write to a pipe or a terminal may fail after the last line of the command.
    process.exitCode = exitCodeOf(code);
  },
  (error: unknown) => {
    const known = error instanceof UserError || error instanceof SettingsError;
    console.error(`${onStderr.red('error:')} ${known ? error.message : (error as Error).stack}`);
    if (!known) console.error('This is a defect of ecp; please report it with the lines above.');
    process.exitCode = error instanceof UserError ? error.exitCode : known ? 2 : 70;
  },
);
