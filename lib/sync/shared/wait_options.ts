/** How long to block. */
export interface WaitOptions {
  /** In milliseconds; unless given, for ever. */
  readonly timeoutMs?: number;
}
