import type { WaitOptions } from "../../sync/mod.ts";
import type { ByteConsumerPath, ByteConsumerPorts, ByteMessage, ReceiveMessage } from "./consumer_ports.ts";

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
