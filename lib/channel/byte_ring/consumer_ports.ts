import type { DrainResult, WaitOptions } from "../../sync/internal.ts";
import type { ReceivePorts, WakePorts } from "../shared/path_ports.ts";
import type { RecordPorts } from "./records.ts";

/** A message, copied out of a {@linkcode ByteRing}. */
export interface ByteMessage {
  /** The type word that its producer gave it. */
  readonly type: number;
  /** A copy of its bytes. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What a {@linkcode ByteConsumer} calls for each message: with its type, and where it lies in `bytes` and `view`. */
export type ReceiveMessage = (type: number, byteOffset: number, byteLength: number) => DrainResult;

/** The message that `next` found. */
export interface CurrentMessage {
  type: number;
  byteOffset: number;
  byteLength: number;
}

/** What the hot paths of a consumer are given; `words` are those of the ring's header. */
export interface ByteConsumerPorts extends ReceivePorts, RecordPorts, WakePorts {
  /**
   * Whether many may produce: the first word of a record is then written by others, and may say that it is only
   * claimed.
   */
  readonly isShared: boolean;
  /** Where to begin. */
  readonly start: number;
  /** The head, which this consumer alone writes. */
  readonly headWord: number;
  /** The tail; undefined in closed memory. An atomic load. */
  readonly loadTail: () => number;
  /** The most bytes found so far, and what is called when more are found. */
  readonly highWater: number;
  readonly noteHighWater: (foundBytes: number) => void;
  /** The event count that is notified of freed space. */
  readonly freedWord: number;
  /** Where `next` reports what it found. */
  readonly current: CurrentMessage;
  /**
   * Whether the claimer of the record at a position is known to be dead; a caller that only waits has the time to ask.
   */
  readonly isDead: (position: number, claimer: number, isWaiting: boolean) => boolean;
  /** Counts claims that were skipped. */
  readonly noteSkipped: (count: number) => void;
  /** Throws if it is not a function, or is declared asynchronous. */
  readonly requireSynchronous: (fn: ReceiveMessage) => void;
  /** Refuses a record that cannot be valid. */
  readonly refuseRecord: (position: number, word: number) => never;
  /** The most bytes of messages that `next` takes before it frees them; a longer message is taken alone. */
  readonly heldMost: number;
}

/** A consumer's methods, and what they keep. */
export interface ByteConsumerPath {
  drain(fn: ReceiveMessage, limit?: number): number;
  drainWait(fn: ReceiveMessage, limit?: number, options?: WaitOptions): number;
  shift(): ByteMessage | undefined;
  shiftWait(options?: WaitOptions): ByteMessage | undefined;
  next(): boolean;
  nextWait(options?: WaitOptions): boolean;
  /** Whether there is a message, which is not taken; frees what `next` found. For those that only wait. */
  hasMessage(): boolean;
  release(): void;
  /** The position up to which everything is freed. */
  head(): number;
  /** The position to be received next. */
  position(): number;
  isDraining(): boolean;
  /** Nothing can be received from now on. */
  close(): void;
}
