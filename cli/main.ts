import { parseArgs } from 'node:util';
import { SettingsError } from '../settings';
import { UserError, red } from './terminal';

const HELP = `ecp: an InterSystems IRIS distributed cache cluster as code

usage: ./ecp COMMAND [OPTIONS]

  up [--yes] [--check]        bring this machine and the cluster up; ends when every server is Normal
                              --check only looks and says what is missing
  status [--json]             one line a server; exit code 0 only when all is Normal
  verify                      write ^demo.ecp through the application servers and read it on every server
  verify --full               … and hostile clients, restarts and a renewal, with a report (--report FILE) to send
  exec SERVER COMMAND …       run ecp-node in a server: get, set, kill, zwrite, sync, status, session
  down [--volumes] [--yes]    remove the cluster and keep its data; --volumes removes the data too, after asking
  setup [--yes]               bring this machine up for plain cdktf deploy
  test [--all] [NAME …]       lint, types, unit tests and live tests; --all adds the long live suites

  --cluster NAME              with status, verify and exec: a cluster that another stack deployed on this Docker host
  --help                      this text

settings: "context" in cdktf.json, or environment variables, which win: ECP_CLUSTER, ECP_APP_SERVERS (a number or names),
ECP_SUBNET, ECP_DATA_SERVER_WEB_PORT, ECP_APP_SERVER_WEB_PORT_BASE, … (docs/settings.md lists them all)

exit codes: 0 done and all Normal; 1 not; 2 a wrong option or setting; exec passes on that of ecp-node

examples:
  ./ecp up
  ECP_APP_SERVERS=3 ./ecp up
  ./ecp exec app-server-1 zwrite '^demo.ecp'
  echo hello | ./ecp exec app-server-1 set '^demo.ecp(3)'
`;

const OPTIONS = {
  all: { type: 'boolean' },
  check: { type: 'boolean' },
  cluster: { type: 'string' },
  full: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  json: { type: 'boolean' },
  report: { type: 'string' },
  volumes: { type: 'boolean' },
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
    options: ['json', 'cluster'],
    run: async values =>
      (await import('./commands/status.js')).status({ cluster: values.cluster, json: values.json ?? false }),
  },
  verify: {
    options: ['cluster', 'full', 'report'],
    run: async values => {
      if (!values.full) return (await import('./commands/verify.js')).verify({ cluster: values.cluster });
      const report = values.report ?? 'ecp-verify-report.md';
      return (await import('./commands/verify-full.js')).verifyFull({ cluster: values.cluster, report });
    },
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
    options: ['all'],
    run: async (values, names) => (await import('./commands/test.js')).test({ all: values.all ?? false, names }),
  },
};

function assumeYes(values: Values): boolean {
  return values.yes === true || process.env.CI === 'true';
}

async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    console.log(HELP);
    return name === undefined ? 2 : 0;
  }
  // Everything behind SERVER belongs to ecp-node, options included.
  if (name === 'exec') return runExec(rest);
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command)
    throw new UserError(
      `'${name}' is not a command; commands are ${[...Object.keys(COMMANDS), 'exec'].join(', ')}; see ./ecp --help`,
      2,
    );
  const { values, positionals } = parse(name, rest, [...command.options, 'help']);
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  if (positionals.length > 0 && name !== 'test')
    throw new UserError(`'${name}' takes no argument, got '${positionals[0]}'; see ./ecp --help`, 2);
  return command.run(values, positionals);
}

async function runExec(args: readonly string[]): Promise<number> {
  const start = args.findIndex((arg, index) => !arg.startsWith('--cluster') && args[index - 1] !== '--cluster');
  const own = start < 0 ? args : args.slice(0, start);
  const [server, ...words] = start < 0 ? [] : args.slice(start);
  if (server === '--help' || server === '-h') {
    console.log(HELP);
    return 0;
  }
  const { values } = parse('exec', own, ['cluster']);
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
    const message = (error as Error).message.split('. ')[0] ?? '';
    throw new UserError(`'${name}': ${message}; options are ${allowed.map(option => `--${option}`).join(', ')}`, 2);
  }
}

main(process.argv.slice(2)).then(
  code => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const known = error instanceof UserError || error instanceof SettingsError;
    console.error(`${red('error:')} ${known ? error.message : (error as Error).stack}`);
    if (!known) console.error('This is a defect of ecp; please report it with the lines above.');
    process.exitCode = error instanceof UserError ? error.exitCode : known ? 2 : 70;
  },
);
