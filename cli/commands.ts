import { assumeYes, helpOf, parse, type Command, type RawCommand } from './command-line';
import { settleDaemon } from './machine/daemon-handover';

/** Commands with their options, each loaded when it runs. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  up: {
    options: ['yes', 'check', 'machines', 'at-once', 'no-backup', 'adopt', 'allow-destroy', 'cluster'],
    runsTerraform: true,
    isOfSettings: true,
    run: async values =>
      (await import('./commands/up.js')).up({
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
    run: async values => (await import('./commands/status.js')).status(values),
  },
  ls: {
    options: ['json'],
    run: async ({ json }) => (await import('./commands/ls.js')).ls({ json: json ?? false }),
  },
  verify: {
    options: ['cluster', 'full', 'report', 'yes'],
    run: async values => {
      if (!values.full) return (await import('./commands/verify.js')).verify({ cluster: values.cluster });
      const report = values.report ?? 'ecp-verify-report.md';
      return (await import('./commands/verify-full.js')).verifyFull({
        cluster: values.cluster,
        report,
        assumeYes: assumeYes(values),
      });
    },
  },
  logs: {
    options: ['follow', 'since', 'tail', 'timestamps', 'json', 'cluster'],
    takesArguments: true,
    run: async (values, servers) => (await import('./commands/logs.js')).logs({ ...values, servers }),
  },
  restart: {
    options: ['cluster'],
    takesArguments: true,
    run: async ({ cluster }, servers) => (await import('./commands/restart.js')).restart({ cluster, servers }),
  },
  scale: {
    options: ['yes', 'cluster'],
    takesArguments: true,
    runsTerraform: true,
    isOfSettings: true,
    run: async (values, counts) =>
      (await import('./commands/scale.js')).scale({ counts, assumeYes: assumeYes(values) }),
  },
  pause: {
    options: ['cluster'],
    run: async ({ cluster }) => (await import('./commands/pause.js')).pause({ cluster }),
  },
  resume: {
    options: ['cluster'],
    run: async ({ cluster }) => (await import('./commands/pause.js')).resume({ cluster }),
  },
  rotate: {
    options: ['ca', 'yes', 'cluster'],
    takesArguments: true,
    runsTerraform: true,
    isOfSettings: true,
    run: async (values, servers) =>
      (await import('./commands/rotate.js')).rotate({ ca: values.ca ?? false, servers, assumeYes: assumeYes(values) }),
  },
  drain: {
    options: ['cluster'],
    takesArguments: true,
    run: async ({ cluster }, names) =>
      (await import('./commands/drain.js')).setAvailability('drain', { cluster, names }),
  },
  activate: {
    options: ['cluster'],
    takesArguments: true,
    run: async ({ cluster }, names) =>
      (await import('./commands/drain.js')).setAvailability('active', { cluster, names }),
  },
  fence: {
    options: ['cluster'],
    takesArguments: true,
    run: async ({ cluster }, servers) => (await import('./commands/fence.js')).setFence('fence', { cluster, servers }),
  },
  unfence: {
    options: ['cluster'],
    takesArguments: true,
    run: async ({ cluster }, servers) =>
      (await import('./commands/fence.js')).setFence('unfence', { cluster, servers }),
  },
  backup: {
    options: ['tag', 'verify', 'cluster'],
    takesArguments: true,
    run: async ({ tag, verify, cluster }, ids) =>
      (await import('./commands/backup.js')).backup({ tag, verify: verify ?? false, cluster, ids }),
  },
  backups: {
    options: ['json', 'cluster'],
    run: async ({ json, cluster }) => (await import('./commands/backups.js')).backups({ json: json ?? false, cluster }),
  },
  restore: {
    options: ['to', 'into', 'cluster', 'yes'],
    takesArguments: true,
    run: async (values, ids) =>
      (await import('./commands/restore.js')).restore({
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
    run: async ({ cluster }, files) => (await import('./commands/report.js')).report({ cluster, files }),
  },
  down: {
    options: ['volumes', 'yes', 'adopt', 'cluster'],
    runsTerraform: true,
    isOfSettings: true,
    run: async values =>
      (await import('./commands/down.js')).down({
        volumes: values.volumes ?? false,
        assumeYes: assumeYes(values),
        adopt: values.adopt ?? false,
      }),
  },
  setup: {
    options: ['yes'],
    run: async values => (await import('./commands/setup.js')).setup({ assumeYes: assumeYes(values) }),
  },
  version: {
    options: ['json', 'cluster'],
    worksWithoutDaemon: true,
    run: async values => (await import('./commands/version.js')).version(values),
  },
  completion: {
    options: [],
    takesArguments: true,
    worksWithoutDaemon: true,
    run: async (_, words) => (await import('./commands/completion.js')).completion(words),
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
  return (await import('./commands/exec.js')).exec({ cluster: values.cluster }, server, words);
}

/** Commands that parse for themselves. */
export const RAW_COMMANDS: Readonly<Record<string, RawCommand>> = { exec };
