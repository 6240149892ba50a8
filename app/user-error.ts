/** A failure that is told to the user in one sentence, without a stack trace. */
export class UserError extends Error {
  /** @param exitCode Exit code of the command. */
  constructor(
    message: string,
    readonly exitCode = 1,
  ) {
    super(message);
  }
}
