/** What the feed replays, handed over as JSON. */
export interface FeedOptions {
  /** Captures: where to read them, and what to call them; the built-in market if there are none. */
  readonly files: readonly { readonly path: string; readonly name: string }[];
  /** Whether they are played side by side, whenever they were recorded. */
  readonly together: boolean;
  /** 1 is real time; 0 is as fast as it goes, for which JSON has no number. */
  readonly speed: number;
  /** Of the built-in market. */
  readonly seed: number;
}
