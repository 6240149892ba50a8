import type { Part, Sample } from '../../measurement';

/** What a reader wants to know: a table, and a plot of the same where three numbers would not do. */
export interface Question {
  /** Part of the benchmark that answers it. */
  readonly part: Part;
  readonly title: string;
  readonly words: (samples: readonly Sample[]) => string;
  readonly head: (samples: readonly Sample[]) => readonly string[];
  readonly rows: (samples: readonly Sample[]) => readonly (readonly string[])[];
  readonly plot?: {
    /** End of its file's name, before `.svg`. */
    readonly suffix: string;
    readonly draw: (samples: readonly Sample[]) => string;
  };
}
