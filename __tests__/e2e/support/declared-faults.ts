import type { Figures } from './figures';
import type { RecoveryBed } from './recovery-bed';
import { IS_ON_DEMAND } from './repetitions';

/** Declares faults as tests of one bed. */
export class DeclaredFaults {
  /** True after the first fault that was not survived. */
  public failed = false;

  public constructor(
    private readonly bed: RecoveryBed,
    private readonly figures: Figures,
  ) {}

  public readonly fault = (name: string, body: () => Promise<void>): void => {
    it(name, async () => {
      try {
        await body();
      } catch (error) {
        this.failed = true;
        this.figures.add(name, 'failed', (error as Error).message.slice(0, 400));
        await this.bed.printLogs();
        throw error;
      }
    });
  };

  /** As `fault`, with `--repeat` alone: what CI has no time for. */
  public readonly faultOnDemand: typeof this.fault = (...args) => {
    if (IS_ON_DEMAND) this.fault(...args);
  };
}
