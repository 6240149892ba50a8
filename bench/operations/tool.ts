import type { Command } from './step';

/** What is done to a cluster, in the order in which it is done. */
export const ACTIONS = ['deploy', 'no-op', 'plan', 'add one', 'remove one', 'rotate', 'destroy'] as const;

/** `plan` is Terraform's own, for a cluster that is as it is to be: the peer of `no-op`. */
export type Action = (typeof ACTIONS)[number];

/** A program that deploys clusters. */
export interface Tool {
  /** As a reader knows it. */
  readonly subject: './ecp' | 'cdktf' | 'terraform' | 'docker compose';
  /** Makes ready, outside of what is measured, what a person has at hand when an action begins. */
  readonly prepare?: (appServers: number, signal: AbortSignal) => Promise<void>;
  /**
   * @param appServers Application servers that there are to be afterwards.
   * @returns undefined for an action that the tool does not have.
   */
  readonly commands: (action: Action, appServers: number) => readonly Command[] | undefined;
}
