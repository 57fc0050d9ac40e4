/** What was compared of an instrument. */
export interface InstrumentCoverage {
  readonly name: string;
  /** Tops of its book that were compared, and those that had nothing to be compared with. */
  readonly tops: number;
  readonly unansweredTops: number;
  readonly greeks: number;
  /** Checksums of its book that were compared. */
  readonly checksums: number;
  /** The state of its book at the end; undefined if it had no data. */
  readonly book: BookState | undefined;
}

/**
 * What a book is: valid; or why it may not be used: its price lies beyond what the snapshot covered, no snapshot came,
 * there was a gap, sequence numbers began anew, or a checksum did not match, and no snapshot that fits came after that.
 */
export type BookState = "valid" | "beyond" | "early" | "gap" | "restart" | "mismatch";

/** What a check of a market compared, and what it found. */
export interface Comparison {
  /** Tops of rebuilt books that were compared with what the exchange said, and those that were equal. */
  tops: number;
  equalTops: number;
  /** Those that had nothing to be compared with; and those of them that lie beyond what the book knows. */
  unansweredTops: number;
  unsureTops: number;
  /** Books that were crossed after a change. */
  crossed: number;
  /** Books that were compared with a checksum, and those that were equal. */
  checksums: number;
  equalChecksums: number;
  /** Tickers whose greeks were compared, and those within the tolerances. */
  greeks: number;
  greeksWithin: number;
  /** By instrument. */
  readonly instruments: InstrumentCoverage[];
  /** What differs, in words. */
  readonly examples: string[];
}

/** What a book is behind a change, by what became of that. */
export function bookStateOf(
  before: BookState | undefined,
  outcome: string,
  { isBidKnown, isAskKnown }: { readonly isBidKnown: boolean; readonly isAskKnown: boolean },
): BookState | undefined {
  switch (outcome) {
    case "applied":
    case "restarted":
      return isBidKnown && isAskKnown ? "valid" : "beyond";
    case "gap":
    case "restart":
    case "mismatch":
      return outcome;
    case "early":
      return before ?? "early";
    default:
      return before;
  }
}
