import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readState, type StateResource } from '../../app/state-text';
import { dataDirectoryOf } from '../../app/workspace';
import { planEnvironment, terraformEnvironment } from '../machine/terraform';
import type { NodeWatch } from '../access/watch-nodes';
import { run } from '../process';
import { UserError, type Progress } from '../terminal';
import { diagnosticsAtEnd, type Diagnostic } from './diagnostics';
import { parallelismOptions } from './parallelism';
import { PATIENCE_SEC } from './state-lock';
import { notedBackendOf } from './state-place';

/** Where and with what Terraform runs. */
export interface Workspace {
  readonly terraform: string;
  /** Folder with `cdk.tf.json`. */
  readonly directory: string;
}

/** Outcome of a plan and its application. */
export interface ApplyResult {
  readonly ok: boolean;
  /** True when a signal ended it early, which `ok` excludes. */
  readonly interrupted: boolean;
  /** True when a signal came while it ran; with `ok` it came too late to end anything, and nothing further should be begun. */
  readonly signalled: boolean;
  /** Addresses that were waited for when `isPointless` ended the wait. */
  readonly gaveUpOn?: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
  readonly changes: { readonly add: number; readonly change: number; readonly remove: number };
}

/** Options of `apply`. */
export interface ApplyOptions {
  readonly destroy?: boolean;
  /** Addresses to replace whatever the plan says. */
  readonly replace?: readonly string[];
  /** Addresses to work on, and nothing else but what they need. */
  readonly targets?: readonly string[];
  /** A plan that was made before, with the number of its changes; it is applied as it is, and what it is to replace and to work on is in it. */
  readonly planned?: { readonly file: string; readonly total: number };
  /** Asked every two seconds with the addresses that are under way; true ends the apply by an interrupt. */
  readonly isPointless?: (underWay: readonly string[]) => Promise<boolean>;
  /** Ends the apply by an interrupt when a node stops answering. @default - nodes are not watched */
  readonly nodes?: Pick<NodeWatch, 'lost' | 'words'>;
  /** Called with a few words whenever something moves. */
  readonly progress: Progress;
}

interface Message {
  readonly type: string;
  readonly '@message': string;
  readonly hook?: { readonly resource?: { readonly addr: string }; readonly action?: string };
  readonly changes?: {
    readonly add: number;
    readonly change: number;
    readonly remove: number;
    readonly operation: string;
  };
  readonly change?: { readonly resource: { readonly addr: string }; readonly action: string };
  readonly outputs?: Readonly<Record<string, { readonly action?: string }>>;
  readonly diagnostic?: Diagnostic;
}

const PAST: Readonly<Record<string, string>> = { create: 'made', update: 'changed', delete: 'removed' };

/** `terraform init`, only when what it read last time has changed. */
export async function init({ terraform, directory }: Workspace): Promise<void> {
  const stampFile = join(dataDirectoryOf(process.env, directory), 'ecp-init');
  const stamp = initStamp(directory);
  const isDone = existsSync(stampFile) && existsSync(notedBackendOf(process.env, directory));
  if (isDone && readFileSync(stampFile, 'utf8') === stamp) return;
  const result = await run(terraform, ['init', '-input=false', '-no-color'], {
    cwd: directory,
    env: terraformEnvironment(),
  });
  if (result.code !== 0) throw new UserError(`terraform init failed:\n${(result.stderr || result.stdout).trim()}`);
  writeFileSync(stampFile, initStamp(directory));
}

function initStamp(directory: string): string {
  const stack = JSON.parse(readFileSync(join(directory, 'cdk.tf.json'), 'utf8')) as { terraform: unknown };
  const lockFile = join(directory, '.terraform.lock.hcl');
  const lock = existsSync(lockFile) ? readFileSync(lockFile, 'utf8') : '';
  return createHash('sha256').update(JSON.stringify(stack.terraform)).update(lock).digest('hex');
}

/** The end of an apply for which there was nothing to do. */
export const NOTHING_TO_APPLY: ApplyResult = {
  ok: true,
  interrupted: false,
  signalled: false,
  diagnostics: [],
  changes: { add: 0, change: 0, remove: 0 },
};

/** Plans and applies without asking, and tells what happens while it happens. */
export async function apply({ terraform, directory }: Workspace, options: ApplyOptions): Promise<ApplyResult> {
  const heard: Diagnostic[] = [];
  let changes: ApplyResult['changes'] = { add: 0, change: 0, remove: 0 };
  let total = options.planned?.total ?? 0;
  let done = 0;
  /** What is under way, and what is done to it. */
  const open = new Map<string, string>();
  let interrupts = 0;
  const onInterrupt = (count: number): void => {
    interrupts = count;
    console.error(
      count === 1
        ? '\nInterrupted: Terraform ends what it has begun and writes its state. A second interrupt ends it at once.'
        : '\nInterrupted again: Terraform ends at once; its state may lack what it was making.',
    );
  };
  /** Keys and certificates that are counted and have no line of their own yet. */
  let certificates = 0;
  const sayCertificates = (count: number): void => {
    if (certificates > 0) options.progress(`${count}/${total} keys and certificates (${certificates})`, true);
    certificates = 0;
  };
  const onMessage = (message: Message): void => {
    const address = message.hook?.resource?.addr;
    if (message.type === 'diagnostic' && message.diagnostic) heard.push(message.diagnostic);
    if (message.type === 'change_summary' && message.changes) {
      changes = message.changes;
      if (message.changes.operation === 'plan') total = changes.add + changes.change + changes.remove;
    }
    if (message.type === 'refresh_start') options.progress('reading what is there');
    if (!address) return;
    if (message.type === 'apply_start') open.set(address, message.hook?.action ?? '');
    if (message.type === 'apply_complete' || message.type === 'apply_errored') {
      open.delete(address);
      done += 1;
    }
    const count = `${done}/${total}`;
    if (message.type === 'apply_complete' && address.startsWith('docker_')) {
      sayCertificates(done - 1);
      options.progress(`${count} ${readable(address)} ${PAST[message.hook?.action ?? ''] ?? 'done'}`, true);
    } else if (message.type.startsWith('apply_')) {
      if (message.type === 'apply_complete') certificates += 1;
      options.progress(`${count} ${[...open.keys()].slice(-1).map(readable).join('')}`.trim());
    }
  };
  const args = [
    'apply',
    '-auto-approve',
    '-input=false',
    '-json',
    `-lock-timeout=${PATIENCE_SEC}s`,
    ...parallelismOptions(directory),
    ...(options.destroy ? ['-destroy'] : []),
  ];
  if (options.planned) {
    args.push(options.planned.file);
  } else {
    for (const address of options.replace ?? []) args.push(`-replace=${address}`);
    for (const address of options.targets ?? []) args.push(`-target=${address}`);
  }
  const { gaveUpOn, giveUp, stopAsking } = askWhetherPointless(open, options.isPointless);
  const result = await run(terraform, args, {
    cwd: directory,
    env: planEnvironment(),
    onInterrupt,
    interrupt: options.nodes ? AbortSignal.any([giveUp, options.nodes.lost]) : giveUp,
    onLine: (line, stream) => {
      const message = stream === 'stdout' ? messageIn(line) : undefined;
      if (message) onMessage(message);
    },
  });
  stopAsking();
  sayCertificates(done);
  const diagnostics = diagnosticsAtEnd('apply', result, heard, options.nodes);
  const ok = result.code === 0;
  return { ok, interrupted: interrupts > 0 && !ok, signalled: interrupts > 0, gaveUpOn, diagnostics, changes };
}

/** The message of a line, unless there is none: a Terraform that is killed leaves half a line behind. */
export function messageIn(line: string): Message | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Message;
  } catch {
    return undefined;
  }
}

const ASK_EVERY_MS = 2000;

/**
 * Asks again and again whether waiting has become pointless; a question that fails, as when Docker is busy, decides nothing. A server that
 * is being removed is not waited for to start, however it looks, and an interrupt would spoil its end.
 */
function askWhetherPointless(
  open: ReadonlyMap<string, string>,
  isPointless: ApplyOptions['isPointless'],
): { readonly gaveUpOn: string[]; readonly giveUp: AbortSignal; readonly stopAsking: () => void } {
  const gaveUpOn: string[] = [];
  const controller = new AbortController();
  let asking = false;
  const ask = async (): Promise<void> => {
    if (!isPointless || asking || open.size === 0 || controller.signal.aborted) return;
    if ([...open.values()].includes('delete')) return;
    asking = true;
    const underWay = [...open.keys()];
    const pointless = await isPointless(underWay).catch(() => false);
    asking = false;
    // Something may have ended or begun while Docker was asked.
    if (!pointless || underWay.length !== open.size || !underWay.every(address => open.has(address))) return;
    gaveUpOn.push(...underWay);
    controller.abort();
  };
  const ticker = setInterval(() => void ask(), ASK_EVERY_MS);
  return { gaveUpOn, giveUp: controller.signal, stopAsking: () => clearInterval(ticker) };
}

/** `docker_container.ecp_app-server-1_0900AE3B` in words that a person would use. */
function readable(address: string): string {
  const [type = '', name = ''] = address.split('.');
  const words = name
    .replace(/_[0-9A-F]{8}$/, '')
    .split('_')
    .slice(1)
    .join(' ');
  const kind = type.replace(/^docker_|^tls_/, '').replaceAll('_', ' ');
  return words ? `${words} (${kind})` : `${name.replace(/_[0-9A-F]{8}$/, '')} (${kind})`;
}

/** What the state says of a container, as far as this program reads it. */
export interface ContainerInState {
  readonly id: string;
  readonly name: string;
  /** Name of the node that it was made on; empty for the stack's own host. Not an attribute. */
  readonly host?: string;
  readonly image?: string;
  /** What a delivery said. */
  readonly container_logs?: string;
  /** MiB. */
  readonly memory?: number;
  readonly cpu_shares?: number;
  readonly restart?: string;
  readonly max_retry_count?: number;
  readonly env?: readonly string[];
  readonly labels?: readonly { readonly label: string; readonly value: string }[];
  /** Networks that it was connected to by name or id. */
  readonly networks_advanced?: readonly { readonly name: string }[];
}

/**
 * Resources that the state knows.
 *
 * @param type @default - those of all types
 */
export function resourcesInState(stateFile: string, type?: string): StateResource[] {
  return readState(stateFile).resources.filter(resource => type === undefined || resource.type === type);
}

/** What the state says of an image. */
export interface ImageInState {
  readonly name: string;
  readonly image_id: string;
  readonly build?: readonly { readonly label?: Readonly<Record<string, string>> | null }[] | null;
}

/** Images that the state knows, by address. */
export function imagesInState(stateFile: string): Map<string, ImageInState> {
  const found = resourcesInState(stateFile, 'docker_image').flatMap(({ name, instances }) => {
    const attributes = instances[0]?.attributes as unknown as ImageInState | null | undefined;
    return attributes ? [[`docker_image.${name}`, attributes] as const] : [];
  });
  return new Map(found);
}

/** Ids of all resources of a type that the state knows. */
export function idsInState(stateFile: string, type: string): Set<string> {
  const found = resourcesInState(stateFile, type);
  return new Set(found.flatMap(resource => resource.instances.map(instance => instance.attributes?.id ?? '')));
}

/** All containers that the state knows, also those that are gone. */
export function containersInState(stateFile: string): ContainerInState[] {
  return resourcesInState(stateFile, 'docker_container').flatMap(resource =>
    resource.instances.flatMap(({ attributes }) =>
      attributes?.id ? [{ ...(attributes as unknown as ContainerInState), host: hostInState(resource) }] : [],
    ),
  );
}

/** Name of the Docker host of a resource in the state; empty for the stack's own. */
export function hostInState({ provider = '' }: StateResource): string {
  return /"\]\.([^.]+)$/.exec(provider)?.[1] ?? '';
}
