import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FACTS_FILE as FACTS_PATH } from '../contract/set-up';
import { PROJECT } from './folders';

/** A limit of a container, as Terraform calls it. */
export type Limit = 'memory' | 'memory_swap' | 'cpu_shares';

/** Limits that a daemon does not apply, such as rootless Docker without delegated controllers, or a kernel that does not count swap. */
export interface Unlimited {
  /** Which daemon it was; another version or other settings may apply more. */
  readonly daemon: string;
  /** Those that `docker info` names. */
  readonly said: readonly Limit[];
  /** Those that containers lacked although they had just been applied. */
  readonly seen: readonly Limit[];
}

/** What the set-up of this machine found out, kept for later runs and for a plain `npx cdktf deploy`. */
export interface MachineFacts {
  /** Image reference that the rehearsal image is built on. */
  readonly rehearsalBaseImage?: string;
  /** By the address of the daemon; daemons that limit all that is asked of them are not among them. */
  readonly unlimited?: Readonly<Record<string, Unlimited>>;
  /** When the Terraform registry answered last, as an ISO time. */
  readonly terraformRegistryAnswered?: string;
}

const FACTS_FILE = join(PROJECT, FACTS_PATH);

/** Reads the facts; a missing or damaged file is the same as no facts. */
export function readFacts(file = FACTS_FILE): MachineFacts {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as MachineFacts;
  } catch {
    return {};
  }
}

/** Adds facts to the file, by a rename so that no reader sees half of it; writes nothing when nothing changes. */
export function rememberFacts(facts: MachineFacts, file = FACTS_FILE): void {
  const known = readFacts(file);
  const text = `${JSON.stringify({ ...known, ...facts }, undefined, 2)}\n`;
  if (text === `${JSON.stringify(known, undefined, 2)}\n`) return;
  mkdirSync(dirname(file), { recursive: true });
  const scratch = `${file}.${process.pid}`;
  writeFileSync(scratch, text);
  renameSync(scratch, file);
}
