/** What a command is made of; type-only, so that none is loaded for another. */
interface Modules {
  readonly backup: typeof import('./commands/backup.js');
  readonly backups: typeof import('./commands/backups.js');
  readonly completion: typeof import('./commands/completion.js');
  readonly down: typeof import('./commands/down.js');
  readonly drain: typeof import('./commands/drain.js');
  readonly exec: typeof import('./commands/exec.js');
  readonly fence: typeof import('./commands/fence.js');
  readonly logs: typeof import('./commands/logs.js');
  readonly ls: typeof import('./commands/ls.js');
  readonly pause: typeof import('./commands/pause.js');
  readonly report: typeof import('./commands/report.js');
  readonly restart: typeof import('./commands/restart.js');
  readonly restore: typeof import('./commands/restore.js');
  readonly rotate: typeof import('./commands/rotate.js');
  readonly scale: typeof import('./commands/scale.js');
  readonly setup: typeof import('./commands/setup.js');
  readonly status: typeof import('./commands/status.js');
  readonly 'switch-over': typeof import('./commands/switch-over.js');
  readonly up: typeof import('./commands/up.js');
  readonly verify: typeof import('./commands/verify.js');
  readonly 'verify-full': typeof import('./commands/verify-full.js');
  readonly version: typeof import('./commands/version.js');
}

/** Loads a command when it runs. By `require`: dynamic imports would need Node's ESM loader, which costs a quarter of a second at each start. */
export function load<Name extends keyof Modules>(name: Name): Modules[Name] {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- see above
  return require(`./commands/${name}`) as Modules[Name];
}
