import { IS_ON_DEMAND } from './repetitions';

/** Steps of one story as tests, and whether any of them failed, so that the end knows whether logs are wanted. */
export class Steps {
  /** True after the first step that failed. */
  failed = false;

  /** Declares a step as a test. */
  readonly step = (name: string, body: () => void | Promise<void>): void => {
    it(name, async () => {
      try {
        await body();
      } catch (error) {
        this.failed = true;
        throw error;
      }
    });
  };

  /** As `step`, with `--repeat` alone: what CI has no time for. */
  readonly stepOnDemand: typeof this.step = (...args) => {
    if (IS_ON_DEMAND) this.step(...args);
  };
}
