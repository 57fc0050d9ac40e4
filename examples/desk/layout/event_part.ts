import { array, bool, f64, struct, u32, u53, u8, type ViewOf } from "../../../mod.ts";

/** Doubles of an event that a part holds: all but depth events fit in one. */
export const PART_VALUES = 24;

/**
 * A record of the events' pipeline: an event (`input/event_codec.ts`) or, of a long one, a part. All parts of an event
 * are published by one store, so no reader ever begins or ends within one. The last part also carries what the
 * processes find out, from the one before to the one after: each field has one writer.
 */
export const EventPart = struct("EventPart", {
  /** Number of the event in the replay, from 1. */
  number: u53,
  /** When the feed wrote it: nanoseconds on the segment's clock. */
  fedAt: u53,
  /** Parts of the event after this one. */
  left: u32,
  /** By book: what became of a change, an index in `OUTCOMES`. */
  outcome: u8,
  /** By book: whether the best bid, and the best ask, is known to be it. */
  isBidKnown: bool,
  isAskKnown: bool,
  /** By book: what came of the checksum, an index in `CHECKSUMS`. */
  checksum: u8,
  /** By pricing: how greeks compare with the exchange's, an index in `VERDICTS`. */
  verdict: u8,
  /** By book: the top of the book after the change. */
  sequence: f64,
  bid: f64,
  bidQuantity: f64,
  ask: f64,
  askQuantity: f64,
  /** The event's doubles. */
  values: array(f64, PART_VALUES),
});

/** A view of a part. */
export type EventPartView = ViewOf<typeof EventPart>;

/** What became of a change; nothing was done yet at first. */
export const OUTCOMES = ["pending", "applied", "stale", "early", "gap", "restart", "restarted", "mismatch"] as const;

/** Whether a book is what its exchange's checksum says; at first none was computed, or there is none. */
export const CHECKSUMS = ["none", "equal", "different"] as const;

/** How computed greeks compare with those of the exchange; nothing was compared at first. */
export const VERDICTS = ["pending", "outside", "within"] as const;

/** First double of the values in a part. */
export const VALUES_F64: number = EventPart.fields.find(({ name }) => name === "values")!.byteOffset / 8;
