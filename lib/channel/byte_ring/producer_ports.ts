import type { WordAccess } from "../../atomic/internal.ts";
import type { WaitOptions } from "../../sync/mod.ts";
import type { WakePorts } from "../shared/path_ports.ts";
import type { ProducerMethods } from "../shared/producer.ts";
import type { WaitPorts } from "../shared/waiter.ts";
import type { RecordPorts } from "./records.ts";

/** What the hot paths of a producer are given. */
export interface ByteProducerPorts extends RecordPorts, WakePorts {
  /** The ring's header. */
  readonly words: WordAccess;
  readonly tailWord: number;
  readonly headWord: number;
  readonly lockWord: number;
  readonly seenHeadWord: number;
  /** The event count that is notified of publishing. */
  readonly publishedWord: number;
  /** Where the only producer begins. Positions are signed: engines keep them as integers. */
  readonly start: number;
  /** The id of one of many producers. */
  readonly id: number;
  /** Takes the claim lock, which another producer holds; false if that one keeps it. */
  readonly takeLock: () => boolean;
  /** Counts that there was no space; `usedBytes` are in the ring. Never throws. */
  readonly noteFull: (usedBytes: number) => void;
  /** The bytes of a text; throws if the value is not a text. */
  readonly encode: (message: string) => Uint8Array;
  /** Throws if nothing can be claimed any more. */
  readonly requireUse: () => void;
  /** Throws the reason why such a message cannot be claimed. */
  readonly refuseMessage: (byteLength: unknown, type: unknown) => never;
  /** Throws the reason why nothing can be published. */
  readonly refusePublish: () => never;
  /** Refuses a wait for space that the producer itself holds. */
  readonly refuseWait: () => never;
  readonly waiting: WaitPorts;
}

/** How a message is claimed. */
export type ClaimBytes = (byteLength: number, type?: number) => number | undefined;
/** How a message is pushed. */
export type PushBytes = (message: Uint8Array | string, type?: number) => boolean;

/** A producer's methods, and what they keep. */
export interface ByteProducerPath extends ProducerMethods<ClaimBytes, PushBytes> {
  claimWait(byteLength: number, type?: number, options?: WaitOptions): number | undefined;
  pushWait(message: Uint8Array | string, type?: number, options?: WaitOptions): boolean;
  /** How many bytes are claimed that the tail does not count. */
  hiddenBytes(): number;
}
