import type { WaitOptions } from "../../sync/mod.ts";
import type { ByteProducerPath, ByteProducerPorts } from "./producer_ports.ts";

/**
 * The hot paths of a ring's only producer. What is behind the tail is not seen, so claiming writes plainly there.
 *
 * Neither side loads a word of its own that the other one polls: a processor that has just read a line may have taken
 * it over. Closed memory is noticed at the event count, which stands apart and changes only when the consumer sleeps.
 */
export function makeOneProducerPath(ports: ByteProducerPorts): ByteProducerPath {
  const { words: { load, peek, publish: publishWord }, records: { peek: peekRecord, poke: pokeRecord } } = ports;
  const { capacity, headerBytes, maxByteLength, alignMask, lengthBits, skipBit, typeWord } = ports;
  const { tailWord, headWord, publishedWord, asleep, wake, encode, copyIn, noteFull } = ports;
  const { requireUse, refuseMessage, refusePublish, refuseWait } = ports;
  const { onlySpins, pause, check, until } = ports.waiting;
  const mask = capacity - 1, rounding = headerBytes + ~alignMask;
  // From tail to next everything is claimed. Up to limit there is room in one piece, and up to roomEnd if the memory's
  // end is skipped.
  let tail = ports.start, next = ports.start, limit = ports.start, roomEnd = ports.start, wantedSize = 0;

  /** Makes sure of room for a record in one piece: at the start of the memory if it does not fit before the end. */
  const findRoom = (size: number): boolean => {
    requireUse();
    const rest = capacity - (next & mask), skipped = size > rest ? rest : 0;
    if (((roomEnd - next) | 0) < skipped + size) {
      roomEnd = (load(headWord) + capacity) | 0; // pairs: byte ring head
      if (((roomEnd - next) | 0) < skipped + size) return false;
    }
    if (skipped !== 0) {
      pokeRecord((next & mask) >> 2, skipBit | skipped);
      next = (next + skipped) | 0;
    }
    const room = (roomEnd - next) | 0, piece = capacity - (next & mask);
    limit = (next + (room < piece ? room : piece)) | 0;
    return true;
  };

  const isRefused = (size: number): boolean => {
    if (findRoom(size)) return false;
    noteFull((tail + capacity - roomEnd) | 0);
    return true;
  };

  const hasWantedRoom = (): boolean => findRoom(wantedSize);

  const awaitRoom = (size: number, options: WaitOptions | undefined): boolean => {
    if (findRoom(size)) return true;
    const rest = capacity - (next & mask);
    if (((next - tail) | 0) + (size > rest ? rest + size : size) > capacity) refuseWait();
    if (onlySpins && options === undefined) {
      do pause(); while (!findRoom(size));
      return true;
    }
    wantedSize = size;
    return until(hasWantedRoom, options);
  };

  const claimNext = (byteLength: number, type: number, size: number): number => {
    if (peek(publishedWord) === undefined) requireUse();
    const index = next & mask, word = index >> 2;
    pokeRecord(word, byteLength);
    pokeRecord(word + typeWord, type);
    next = (next + size) | 0;
    return index + headerBytes;
  };

  const claim = (byteLength: number, type = 0): number | undefined => {
    if (byteLength >>> 0 !== byteLength || byteLength > maxByteLength || type >>> 0 !== type) {
      refuseMessage(byteLength, type);
    }
    const size = (byteLength + rounding) & alignMask;
    if (size > ((limit - next) | 0) && isRefused(size)) return undefined;
    return claimNext(byteLength, type, size);
  };

  const claimWait = (byteLength: number, type = 0, options?: WaitOptions): number | undefined => {
    if (byteLength >>> 0 !== byteLength || byteLength > maxByteLength || type >>> 0 !== type) {
      refuseMessage(byteLength, type);
    }
    if (options !== undefined) check(options);
    const size = (byteLength + rounding) & alignMask;
    if (size > ((limit - next) | 0) && !awaitRoom(size, options)) return undefined;
    return claimNext(byteLength, type, size);
  };

  const publish = (): void => {
    if (next === tail) refusePublish();
    tail = next;
    publishWord(tailWord, next); // pairs: byte ring tail
    const event = load(publishedWord); // pairs: event count, Dekker's way
    if (event === undefined) refusePublish();
    if ((event & asleep) !== 0) wake();
  };

  return {
    claim,
    claimWait,
    publish,
    push(message, type) {
      const from = message instanceof Uint8Array ? message : encode(message), { length } = from;
      const at = claim(length, type);
      if (at === undefined) return false;
      copyIn(from, at, length);
      publish();
      return true;
    },
    pushWait(message, type, options) {
      const from = message instanceof Uint8Array ? message : encode(message), { length } = from;
      const at = claimWait(length, type, options);
      if (at === undefined) return false;
      copyIn(from, at, length);
      publish();
      return true;
    },
    claimed() {
      let count = 0;
      for (let at = tail; at !== next;) {
        const word = peekRecord((at & mask) >> 2);
        if (word === undefined) break; // the segment was closed
        if (word >= 0) count++;
        at = (at + (word < 0 ? word & lengthBits : (word + rounding) & alignMask)) | 0;
      }
      return count;
    },
    hiddenBytes: () => (next - tail) | 0,
    abort() {
      next = limit = tail;
    },
    close() {
      next = limit = tail;
    },
  };
}
