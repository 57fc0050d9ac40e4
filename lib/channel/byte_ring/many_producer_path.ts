import type { WaitOptions } from "../../sync/mod.ts";
import type { ByteProducerPath, ByteProducerPorts } from "./producer_ports.ts";

/**
 * The hot paths of one of many producers. Each record says by itself whether it is published; format.ts has the steps.
 */
export function makeManyProducerPath(ports: ByteProducerPorts): ByteProducerPath {
  const { words: { load, peek, poke, release, compareExchange }, encode, copyIn, noteFull } = ports;
  const { peek: peekRecord, poke: pokeRecord, publish: publishRecord } = ports.records;
  const { capacity, headerBytes, maxByteLength, alignMask, lengthBits, claimedBit, skipBit } = ports;
  const { typeWord, claimerWord, tailWord, headWord, lockWord, seenHeadWord } = ports;
  const { publishedWord, asleep, wake, id, takeLock } = ports;
  const { requireUse, refuseMessage, refusePublish, refuseWait } = ports;
  const { onlySpins, pause, check, until } = ports.waiting;
  const mask = capacity - 1, rounding = headerBytes + ~alignMask;
  // The first words of the records that are claimed and not published, in order.
  let claims = new Int32Array(16), count = 0, isOpen = true;
  let wantedLength = 0, wantedType = 0, found = 0;

  /** Makes space for one more claim in the list. */
  const grow = (): void => {
    const more = new Int32Array(count * 2);
    more.set(claims);
    claims = more;
  };

  /**
   * Steps 2 to 4 of a claim, within which nothing may throw: returns where the message begins, 0 if there is no room.
   */
  const claimLocked = (byteLength: number, type: number, isCounted: boolean): number => {
    const next = load(tailWord), index = next & mask, rest = capacity - index;
    const size = (byteLength + rounding) & alignMask, skipped = size > rest ? rest : 0;
    if (((capacity - next + peek(seenHeadWord)) | 0) < skipped + size) {
      const head = load(headWord); // pairs: byte ring head
      if (((capacity - next + head) | 0) < skipped + size) {
        if (isCounted) noteFull((next - head) | 0);
        release(lockWord, 0); // pairs: byte ring claim lock
        return 0;
      }
      poke(seenHeadWord, head);
    }
    if (skipped !== 0) pokeRecord(index >> 2, skipBit | skipped);
    const word = skipped !== 0 ? 0 : index >> 2;
    pokeRecord(word, claimedBit | byteLength);
    pokeRecord(word + typeWord, type);
    pokeRecord(word + claimerWord, id);
    release(tailWord, (next + skipped + size) | 0); // pairs: byte ring tail
    release(lockWord, 0); // pairs: byte ring claim lock
    claims[count++] = word;
    return word * 4 + headerBytes;
  };

  const tryClaim = (byteLength: number, type: number, isCounted: boolean): number => {
    if (byteLength >>> 0 !== byteLength || byteLength > maxByteLength || type >>> 0 !== type) {
      refuseMessage(byteLength, type);
    }
    if (!isOpen || peek(publishedWord) === undefined) requireUse();
    if (count === claims.length) grow();
    // pairs: byte ring claim lock. This one sees what the last holder wrote.
    if (compareExchange(lockWord, 0, id) !== 0 && !takeLock()) return 0;
    return claimLocked(byteLength, type, isCounted);
  };

  /** A producer that waits leaves the lock to others while there is certainly no room. */
  const tryWanted = (): boolean => {
    if (!isOpen || peek(publishedWord) === undefined) requireUse();
    const used = (load(tailWord) - load(headWord)) | 0; // pairs: byte ring tail, byte ring head
    found = capacity - used < wantedLength + headerBytes ? 0 : tryClaim(wantedLength, wantedType, false);
    return found !== 0;
  };

  /** The consumer does not pass the first of our own claims. */
  const requireOthers = (byteLength: number): void => {
    if (count === 0) return;
    const tail = load(tailWord), held = (tail - claims[0] * 4) & mask, rest = capacity - (tail & mask);
    const size = (byteLength + rounding) & alignMask;
    if ((held === 0 ? capacity : held) + (size > rest ? rest + size : size) > capacity) refuseWait();
  };

  const awaitClaim = (byteLength: number, type: number, options: WaitOptions | undefined): number => {
    requireOthers(byteLength);
    wantedLength = byteLength;
    wantedType = type;
    if (onlySpins && options === undefined) {
      do pause(); while (!tryWanted());
      return found;
    }
    return until(tryWanted, options) ? found : 0;
  };

  const claim = (byteLength: number, type = 0): number | undefined => {
    const at = tryClaim(byteLength, type, true);
    return at === 0 ? undefined : at;
  };

  const claimWait = (byteLength: number, type = 0, options?: WaitOptions): number | undefined => {
    if (options !== undefined) check(options);
    const at = tryClaim(byteLength, type, false) || awaitClaim(byteLength, type, options);
    return at === 0 ? undefined : at;
  };

  /** Only the claimer changes the words of what it claimed. */
  const publish = (): void => {
    if (count === 0 || peek(publishedWord) === undefined) refusePublish();
    for (let i = 0; i < count; i++) {
      const word = claims[i];
      publishRecord(word, peekRecord(word) & lengthBits); // pairs: byte ring record
    }
    count = 0;
    if ((load(publishedWord) & asleep) !== 0) wake(); // pairs: event count, Dekker's way
  };

  const abort = (): void => {
    if (count === 0 || peek(publishedWord) === undefined) return;
    for (let i = 0; i < count; i++) {
      const word = claims[i];
      // pairs: byte ring record
      publishRecord(word, skipBit | (((peekRecord(word) & lengthBits) + rounding) & alignMask));
    }
    count = 0;
    // What others published after it can be received from now on.
    if ((load(publishedWord) & asleep) !== 0) wake(); // pairs: event count, Dekker's way
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
    claimed: () => count,
    hiddenBytes: () => 0,
    abort,
    close() {
      abort();
      isOpen = false;
    },
  };
}
