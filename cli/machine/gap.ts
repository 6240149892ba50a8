import type { Progress } from '../terminal';

/** Something that this machine lacks and that `ecp up` brings into place. */
export interface Gap {
  /** What `bring` does, for the step's title. */
  readonly title: string;
  /** Changes outside the project's folder, which the user must agree to. */
  readonly changes: readonly string[];
  bring(progress: Progress): Promise<void>;
}
