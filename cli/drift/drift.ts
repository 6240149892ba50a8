/** One thing about a server that differs from what was deployed. */
export interface Drift {
  readonly server: string;
  /** In words that follow the server's name. */
  readonly what: string;
  /** Arguments of `docker` that repair it, where no plan does. */
  readonly docker?: readonly string[];
  /** True when the server's files must be delivered again, which no plan does. */
  readonly redeliver?: boolean;
}
