/**
 * The base of every error that a program can act on: `code` is stable and meant for programs, `message` for people.
 * What the operating system refuses is a `SystemError`, with the system's own word as `code`, such as `EEXIST`. Misuse
 * that no program should recover from is a plain `TypeError` or `RangeError` instead.
 */
export class ShmkitError extends Error {
  /** The class's name, as printed in front of the message. */
  override name = "ShmkitError";
  /** A stable word for programs, such as `CLOSED`. */
  readonly code: string;

  /**
   * Makes the error.
   *
   * @param code A stable word for programs.
   * @param message Action, reason and found value.
   * @param options The underlying error, as `cause`.
   */
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
