/** A part of the benchmark; `npm run bench -- --only` takes these. */
export type Part = 'synth' | 'operations' | 'engine' | 'image' | 'machines' | 'backup';

/** One value that was measured once. Medians, spreads and ratios are all made of these. */
export interface Sample {
  readonly part: Part;
  /** What was measured, as a reader knows it: `./ecp up`, `docker compose`, `mutual TLS`. */
  readonly subject: string;
  /** What it did: `deploy`, `no-op`, `write`. */
  readonly action: string;
  /** Application servers; of backups the megabytes of data. */
  readonly servers: number;
  /** What the value is, with its unit in the name: `wallSec`, `clientCpuSec`, `perSec`, `p99Us`. */
  readonly quantity: string;
  /** Number of the run, from 1. */
  readonly run: number;
  readonly value: number;
}

/** What a part is asked to measure. */
export interface Request {
  /** Numbers of application servers; of backups the megabytes of data. */
  readonly sizes: readonly number[];
  /** Times that each value is measured. */
  readonly runs: number;
  /** Asks for the least that shows that everything works, not for figures to keep. */
  readonly quick: boolean;
  /** A folder of its own, which the benchmark removes at the end. */
  readonly directory: string;
  /** Aborts when a person ends the benchmark; what was made is removed anyway. */
  readonly signal: AbortSignal;
}

/** Where a part tells what it found, as soon as it has found it. */
export interface Notebook {
  readonly record: (sample: Omit<Sample, 'part'>) => void;
  /** A sentence that belongs in the report, such as why something could not be measured. */
  readonly remark: (sentence: string) => void;
  /** Writes what has been measured so far, so that it is not lost with what comes after it. */
  readonly keep: () => Promise<void>;
  /** What is being done now, for the person who waits. */
  readonly progress: (what: string) => void;
}
