/** What the feed replays, handed over as JSON. */
export interface FeedOptions {
  /** Captures; the built-in market if there are none. */
  readonly files: readonly string[];
  /** 1 is real time; 0 is as fast as it goes, for which JSON has no number. */
  readonly speed: number;
  /** Of the built-in market. */
  readonly seed: number;
}
