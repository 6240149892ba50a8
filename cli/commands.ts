import { assumeYes, helpOf, parse, type Command, type RawCommand } from './command-line';
import { load } from './load-command';
import { settleDaemon } from './machine/daemon-handover';

/** Commands with their options, each loaded when it runs. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  up: {
    options: ['yes', 'check', 'machines', 'at-once', 'no-backup', 'adopt', 'allow-destroy', 'cluster'],
    runsTerraform: true,
    isOfSettings: true,
    run: values =>
      load('up').up({
        assumeYes: assumeYes(values),
        check: values.check ?? false,
        machines: values.machines,
        atOnce: values['at-once'],
        withoutBackup: values['no-backup'],
        adopt: values.adopt ?? false,
        allowDestroy: values['allow-destroy'] ?? false,
      }),
  },
  status: {
    options: ['output', 'json', 'watch', 'mermaid', 'html', 'cluster'],
    run: values => load('status').status(values),
  },
  ls: {
    options: ['json'],
    run: ({ json }) => load('ls').ls({ json: json ?? false }),
  },
  verify: {
    options: ['cluster', 'full', 'report', 'yes'],
    run: async values => {
      if (!values.full) return load('verify').verify({ cluster: values.cluster });
      const report = values.report ?? 'ecp-verify-report.md';
      return load('verify-full').verifyFull({
        cluster: values.cluster,
        report,
        assumeYes: assumeYes(values),
      });
    },
  },
  logs: {
    options: ['follow', 'since', 'tail', 'timestamps', 'json', 'cluster'],
    takesArguments: true,
    run: (values, servers) => load('logs').logs({ ...values, servers }),
  },
  restart: {
    options: ['cluster'],
    takesArguments: true,
    run: ({ cluster }, servers) => load('restart').restart({ cluster, servers }),
  },
  scale: {
    options: ['yes', 'cluster'],
    takesArguments: true,
    runsTerraform: true,
    isOfSettings: true,
    run: (values, counts) => load('scale').scale({ counts, assumeYes: assumeYes(values) }),
  },
  pause: {
    options: ['cluster'],
    run: ({ cluster }) => load('pause').pause({ cluster }),
  },
  resume: {
    options: ['cluster'],
    run: ({ cluster }) => load('pause').resume({ cluster }),
  },
  rotate: {
    options: ['ca', 'yes', 'cluster'],
    takesArguments: true,
    runsTerraform: true,
    isOfSettings: true,
    run: (values, servers) => load('rotate').rotate({ ca: values.ca ?? false, servers, assumeYes: assumeYes(values) }),
  },
  drain: {
    options: ['cluster'],
    takesArguments: true,
    run: ({ cluster }, names) => load('drain').setAvailability('drain', { cluster, names }),
  },
  activate: {
    options: ['cluster'],
    takesArguments: true,
    run: ({ cluster }, names) => load('drain').setAvailability('active', { cluster, names }),
  },
  fence: {
    options: ['cluster'],
    takesArguments: true,
    run: ({ cluster }, servers) => load('fence').setFence('fence', { cluster, servers }),
  },
  unfence: {
    options: ['cluster'],
    takesArguments: true,
    run: ({ cluster }, servers) => load('fence').setFence('unfence', { cluster, servers }),
  },
  'switch-over': {
    options: ['json', 'cluster'],
    takesArguments: true,
    run: ({ cluster, json }, members) => load('switch-over').switchOverTo({ cluster, json: json ?? false, members }),
  },
  backup: {
    options: ['tag', 'verify', 'cluster'],
    takesArguments: true,
    run: ({ tag, verify, cluster }, ids) => load('backup').backup({ tag, verify: verify ?? false, cluster, ids }),
  },
  backups: {
    options: ['json', 'cluster'],
    run: ({ json, cluster }) => load('backups').backups({ json: json ?? false, cluster }),
  },
  restore: {
    options: ['to', 'into', 'cluster', 'yes'],
    takesArguments: true,
    run: (values, ids) =>
      load('restore').restore({
        to: values.to,
        into: values.into,
        cluster: values.cluster,
        ids,
        assumeYes: assumeYes(values),
      }),
  },
  report: {
    options: ['cluster'],
    takesArguments: true,
    run: ({ cluster }, files) => load('report').report({ cluster, files }),
  },
  down: {
    options: ['volumes', 'yes', 'adopt', 'cluster'],
    runsTerraform: true,
    isOfSettings: true,
    run: values =>
      load('down').down({
        volumes: values.volumes ?? false,
        assumeYes: assumeYes(values),
        adopt: values.adopt ?? false,
      }),
  },
  setup: {
    options: ['yes'],
    run: values => load('setup').setup({ assumeYes: assumeYes(values) }),
  },
  version: {
    options: ['json', 'cluster'],
    worksWithoutDaemon: true,
    run: values => load('version').version(values),
  },
  completion: {
    options: [],
    takesArguments: true,
    worksWithoutDaemon: true,
    run: (_, words) => load('completion').completion(words),
  },
};

/** Everything behind SERVER belongs to ecp-node, options included. */
async function exec(args: readonly string[]): Promise<number> {
  const start = args.findIndex((arg, index) => !arg.startsWith('--cluster') && args[index - 1] !== '--cluster');
  const own = start < 0 ? args : args.slice(0, start);
  const [server, ...words] = start < 0 ? [] : args.slice(start);
  if (server === '--help' || server === '-h') {
    console.log(helpOf('exec'));
    return 0;
  }
  const { values } = parse('exec', own, ['cluster']);
  settleDaemon();
  return load('exec').exec({ cluster: values.cluster }, server, words);
}

/** Commands that parse for themselves. */
export const RAW_COMMANDS: Readonly<Record<string, RawCommand>> = { exec };
