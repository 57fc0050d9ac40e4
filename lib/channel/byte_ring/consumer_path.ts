import type { WordAccess } from "../../atomic/internal.ts";
import type { DrainResult, WaitOptions } from "../../sync/internal.ts";
import type { WaitPorts } from "../shared/waiter.ts";

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

/** What the hot paths of a consumer are given. Words of a record are counted from its first one. */
export interface ByteConsumerPorts {
  /** The ring's header. */
  readonly words: WordAccess;
  /** The ring's records. */
  readonly records: WordAccess;
  /** Bytes of all records, a power of two. */
  readonly capacity: number;
  /** Bytes of a record before its message. */
  readonly headerBytes: number;
  /** What a record's length is a multiple of, negated: the mask that rounds down to it. */
  readonly alignMask: number;
  /** Bits of a record's first word. */
  readonly lengthBits: number;
  readonly typeWord: number;
  readonly claimerWord: number;
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
  /** The event count that is notified of freed space, and its bit that says that somebody may sleep. */
  readonly freedWord: number;
  readonly asleep: number;
  /** Wakes those that sleep. */
  readonly wake: () => void;
  /** Where `next` reports what it found. */
  readonly current: CurrentMessage;
  readonly copyOut: (byteOffset: number, byteLength: number) => Uint8Array<ArrayBuffer>;
  /**
   * Whether the claimer of the record at a position is known to be dead; a caller that only waits has the time to ask.
   */
  readonly isDead: (position: number, claimer: number, isWaiting: boolean) => boolean;
  /** Counts claims that were skipped. */
  readonly noteSkipped: (count: number) => void;
  /** Throws if it is not a function, or is declared asynchronous. */
  readonly requireSynchronous: (fn: ReceiveMessage) => void;
  /** Throws if what a drain's function returned is a promise. */
  readonly requireDone: (result: object | null) => void;
  /** Refuses to drain that many messages. */
  readonly refuseLimit: (limit: unknown) => never;
  /** Throws the reason why the consumer cannot be used. */
  readonly refuseUse: () => never;
  /** Refuses a record that cannot be valid. */
  readonly refuseRecord: (position: number, word: number) => never;
  /** How many bytes a poll must find to be worthwhile. */
  readonly worthwhile: number;
  /** The most pauses for which a wait, and a drain with a limit, rest before they poll again. */
  readonly longestRest: number;
  /** The most bytes of messages that `next` takes before it frees them; a longer message is taken alone. */
  readonly heldMost: number;
  readonly waiting: WaitPorts;
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

/** The hot paths of a ring's one consumer. */
export function makeByteConsumerPath(ports: ByteConsumerPorts): ByteConsumerPath {
  const { words: { load, peek, publish: publishWord }, records, current, copyOut } = ports;
  const { capacity, headerBytes, alignMask, lengthBits, typeWord, claimerWord, isShared } = ports;
  const { headWord, loadTail, freedWord, asleep, wake, noteHighWater, noteSkipped } = ports;
  const { isDead, requireSynchronous, requireDone, refuseLimit, refuseUse, refuseRecord } = ports;
  const { worthwhile, longestRest, heldMost } = ports;
  const { onlySpins, pause, check, until } = ports.waiting;
  const mask = capacity - 1, rounding = headerBytes + ~alignMask;
  const peekRecord = records.peek, loadState = isShared ? records.load : records.peek;
  // Records from head to position are taken by next and not yet freed, those up to known were there at the last poll.
  // Those up to end are known as well, and lie in one piece.
  let head = ports.start, position = ports.start, end = ports.start, known = ports.start;
  let isDraining = false, isBusy = false, skipped = 0, rest = 0, { highWater } = ports;
  /** The function that `drain` was last called with, which needs no check. */
  let trusted: ReceiveMessage | undefined;

  const free = (to: number): void => {
    if (skipped !== 0) noteSkipped(skipped);
    skipped = 0;
    head = to;
    publishWord(headWord, to); // pairs: byte ring head
    const event = load(freedWord); // pairs: event count, Dekker's way
    if (event === undefined) refuseUse();
    if ((event & asleep) !== 0) wake();
  };

  /**
   * Each poll takes the tail's cache line from the producers, and a consumer at their heels takes every line of the
   * records while they are writing it. One that finds little again and again rests in between; one that finds nothing
   * rests less.
   */
  const gather = (): void => {
    for (let i = 0; i < rest; i++) pause();
  };

  const pace = (found: number): void => {
    if (found === 0 || found >= worthwhile) rest >>= 1;
    else if (rest < longestRest) rest = rest * 2 + 1;
  };

  /** Finds the position up to which there are records. */
  const poll = (): number => {
    const tail = loadTail(); // pairs: byte ring tail
    if (tail === undefined) refuseUse();
    const found = (tail - head) | 0;
    if (found > highWater) noteHighWater(highWater = found);
    return tail;
  };

  /** The bytes from a position to the end of the memory, or to a tail before it. */
  const pieceAt = (from: number, tail: number): number => {
    const toTail = (tail - from) | 0, toEnd = capacity - (from & mask);
    return toTail < toEnd ? toTail : toEnd;
  };

  /** The bytes of a record that holds no message; 0 if it may hold one later, −1 if it changed meanwhile. */
  const bytesToSkip = (at: number, word: number, piece: number, isWaiting: boolean): number => {
    if (word === undefined) refuseUse();
    const isClaimed = word >= 0 && isShared, length = word & lengthBits;
    const size = isClaimed ? (length + rounding) & alignMask : length;
    if ((word >> 30) === 0 || size === 0 || size > piece || (size & alignMask) !== size) refuseRecord(at, word);
    if (isClaimed) {
      const index = (at & mask) >> 2;
      if (!isDead(at, peekRecord(index + claimerWord), isWaiting)) return 0;
      // It may have been published before its claimer died.
      if (loadState(index) !== word) return -1; // pairs: byte ring record
      skipped++;
    }
    return size;
  };

  /**
   * Frees what `next` took, passes what is to be skipped, and returns whether there is a message at the position.
   */
  const find = (isWaiting: boolean): boolean => {
    if (isBusy) refuseUse();
    if (position !== head) free(position);
    while (true) {
      if (position === known) {
        end = known = poll();
        pace((known - position) | 0);
        if (position === known) return false;
      }
      const word = loadState((position & mask) >> 2); // pairs: byte ring record
      const piece = pieceAt(position, known);
      if (word >= 0 && word <= piece - headerBytes) {
        end = (position + (word > heldMost - headerBytes || piece < heldMost ? piece : heldMost)) | 0;
        return true;
      }
      const skip = bytesToSkip(position, word, piece, isWaiting);
      if (skip === 0) return false;
      if (skip > 0) free(position = end = (position + skip) | 0);
    }
  };

  const isFound = (): boolean => find(true);

  const awaitMessage = (options: WaitOptions | undefined): boolean => {
    if (position === known) gather();
    if (find(false)) return true;
    if (!onlySpins || options !== undefined) return until(isFound, options);
    do pause(); while (!find(true));
    return true;
  };

  /** Takes the next message, if it is known to be there. */
  const takeKnown = (): boolean => {
    if (position === end) return false;
    const index = position & mask, word = loadState(index >> 2); // pairs: byte ring record
    if (!(word >= 0 && word <= ((end - position) | 0) - headerBytes)) return false;
    current.type = peekRecord((index >> 2) + typeWord) >>> 0;
    current.byteOffset = index + headerBytes;
    current.byteLength = word;
    position = (position + ((word + rounding) & alignMask)) | 0;
    return true;
  };

  const shiftFound = (): ByteMessage => {
    const index = position & mask, word = peekRecord(index >> 2);
    const message = { type: peekRecord((index >> 2) + typeWord) >>> 0, bytes: copyOut(index + headerBytes, word) };
    position = (position + ((word + rounding) & alignMask)) | 0;
    free(position);
    return message;
  };

  const releaseAll = (): number => {
    if (position !== head) free(position);
    return 0;
  };

  const trust = (fn: ReceiveMessage): void => {
    requireSynchronous(fn);
    trusted = fn;
  };

  const endDrain = (at: number, tail: number): void => {
    isBusy = isDraining = false;
    position = end = at;
    known = tail;
  };

  const receive = (fn: ReceiveMessage, most: number | undefined): number => {
    let at = position, tail = known, to = at, count = 0, isWhole = false;
    const last = most === undefined || most > 0x7fffffff ? 0x7fffffff : most | 0;
    // All other methods now poll, which refuses.
    end = at;
    isBusy = isDraining = true;
    try {
      while (count !== last) {
        if (at === to) {
          if (at === tail) {
            // Without a limit, what was known at first; with one, what comes meanwhile too.
            if (most === undefined) break;
            gather();
            tail = loadTail() ?? at; // pairs: byte ring tail
            pace((tail - at) | 0);
            if (tail === at) break;
          }
          to = (at + pieceAt(at, tail)) | 0;
        }
        const index = at & mask, word = loadState(index >> 2); // pairs: byte ring record
        if (!(word >= 0 && word <= ((to - at) | 0) - headerBytes)) {
          const skip = bytesToSkip(at, word, (to - at) | 0, false);
          if (skip === 0) break;
          if (skip > 0) at = (at + skip) | 0;
          continue;
        }
        const result = fn(peekRecord((index >> 2) + typeWord) >>> 0, index + headerBytes, word);
        if (typeof result === "object") requireDone(result);
        at = (at + ((word + rounding) & alignMask)) | 0;
        count++;
      }
      isWhole = true;
    } finally {
      // Kept apart from the path on which all goes well: engines compile that better. A closed segment must not hide
      // what was thrown.
      if (!isWhole) {
        endDrain(at, tail);
        if (at !== head && peek(freedWord) !== undefined) free(at);
      }
    }
    endDrain(at, tail);
    if (at !== head) free(at);
    return count;
  };

  return {
    drain(fn, most) {
      if (fn !== trusted) trust(fn);
      if (most !== undefined && !(most >= 1)) refuseLimit(most);
      if (isBusy) refuseUse();
      if (most === undefined || position === known) known = poll();
      return position === known ? releaseAll() : receive(fn, most);
    },
    drainWait(fn, most, options) {
      if (fn !== trusted) trust(fn);
      if (most !== undefined && !(most >= 1)) refuseLimit(most);
      if (options !== undefined) check(options);
      if (!awaitMessage(options)) return 0;
      if (most === undefined) known = poll();
      return receive(fn, most);
    },
    shift: () => find(false) ? shiftFound() : undefined,
    shiftWait(options) {
      if (options !== undefined) check(options);
      return awaitMessage(options) ? shiftFound() : undefined;
    },
    next: () => takeKnown() || (find(false) && takeKnown()),
    nextWait(options) {
      if (options !== undefined) check(options);
      return takeKnown() || (awaitMessage(options) && takeKnown());
    },
    hasMessage: isFound,
    release() {
      if (isBusy || peek(freedWord) === undefined) refuseUse();
      if (position !== head) free(position);
    },
    head: () => head,
    position: () => position,
    isDraining: () => isDraining,
    close() {
      isBusy = true;
      end = position;
      trusted = undefined;
    },
  };
}
