/**
 * The hot paths of byte rings, a piece of code for each producer and consumer; `latest_table_code.ts` says why.
 *
 * @module
 */
import { Source } from "../../layout/source.ts";
import type { ByteRingGeometry } from "./geometry.ts";
import { BYTE_RING_NAMES, consumeText, produceText } from "./byte_ring_text.ts";

/** A message, copied out of a {@linkcode ByteRing}. */
export interface ByteMessage {
  /** What its producer called it. */
  readonly type: number;
  /** A copy of it. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What a producer needs. */
export interface ByteProducerContext {
  /** The ring's header, as words and as doubles. */
  readonly words: Int32Array;
  readonly counts: Float64Array;
  /** The ring's records, as words and as bytes. */
  readonly data: Int32Array;
  readonly bytes: Uint8Array;
  readonly geometry: ByteRingGeometry;
  /** Where to begin, if this is the only producer: the tail. Positions are signed: engines keep them as integers. */
  readonly tail: number;
  /** Who claims. */
  readonly id: number;
  /** Whether sleepers fence what this process publishes. */
  readonly isFenced: boolean;
  /** Wakes a sleeping consumer. */
  readonly wake: () => void;
  /** Takes the claim lock, which somebody holds; false if that one keeps it. */
  readonly enter: () => boolean;
  /** Throws if nothing can be claimed any more. */
  readonly requireUse: () => void;
  /** Throws why such a message cannot be. */
  readonly refuseMessage: (byteLength: unknown, type: unknown) => never;
  /** Throws why nothing can be published. */
  readonly refusePublish: () => never;
  /** A message's bytes; throws if it is none. */
  readonly bytesOf: (message: unknown) => Uint8Array;
}

/** What a consumer needs. */
export interface ByteConsumerContext {
  readonly words: Int32Array;
  readonly data: Int32Array;
  readonly bytes: Uint8Array;
  readonly geometry: ByteRingGeometry;
  /** Where to begin: the head, which this consumer alone writes. */
  readonly head: number;
  readonly isFenced: boolean;
  /** Wakes sleeping producers. */
  readonly wake: () => void;
  /** Returns the position up to which there are records; throws if nothing can be received any more. */
  readonly look: (head: number) => number;
  /** Whether the claimer of the record at a position is known to be dead. */
  readonly isDead: (position: number, claimer: number, isWaiting: boolean) => boolean;
  /** Counts claims that were skipped. */
  readonly noteSkipped: (count: number) => void;
  /** Throws why the consumer cannot be used. */
  readonly refuseUse: () => never;
  /** Throws that a record cannot be. */
  readonly refuseRecord: (position: number, word: number) => never;
}

/** A producer's methods, and what they keep. */
export interface ByteProducerPaths {
  claim(byteLength: number, type?: number): number | undefined;
  publish(): void;
  push(message: Uint8Array | string, type?: number): boolean;
  /** As `claim`, but 0 if there is no space, and not counted as a refusal. */
  attempt(byteLength: number, type: number): number;
  /** How many messages were claimed and not published. */
  claimed(): number;
  /** How many bytes were claimed that the tail does not tell of. */
  unseenBytes(): number;
  /** Gives up what was claimed. */
  abort(): void;
  /** The next claim asks whether it may. */
  close(): void;
}

/** A consumer's methods, and what they keep. */
export interface ByteConsumerPaths {
  drain(fn: (type: number, byteOffset: number, byteLength: number) => void, limit?: number): number;
  shift(): ByteMessage | undefined;
  /** Whether something can be received; looks if need be, and thoroughly. */
  hasMessages(): boolean;
  /** The position to be received next. */
  head(): number;
  isDraining(): boolean;
  /** Forgets what is known of the tail; the next receive looks. */
  forget(): void;
}

/** Makes the methods of a producer. */
export function byteProducerPaths({ isShared }: ByteRingGeometry, context: ByteProducerContext): ByteProducerPaths {
  return (generate(produceText(isShared), "produce") as (context: ByteProducerContext) => ByteProducerPaths)(context);
}

/** Makes the methods of a consumer. */
export function byteConsumerPaths({ isShared }: ByteRingGeometry, context: ByteConsumerContext): ByteConsumerPaths {
  return (generate(consumeText(isShared), "consume") as (context: ByteConsumerContext) => ByteConsumerPaths)(context);
}

function generate(text: string, name: string): unknown {
  const code = new Source();
  const use = Object.entries(BYTE_RING_NAMES).map(([name, value]) => `${name} = ${code.constant(value)}`).join(", ");
  return code.evaluate(`(() => {\nconst ${use};\n${text}\nreturn ${name};\n})()`);
}
