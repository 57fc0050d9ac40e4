import type { WordAccess } from "../../atomic/internal.ts";
import type { AnyStruct, ViewOf } from "../../layout/internal.ts";
import type { KeyedGeometry, TableKey } from "./places.ts";

/** What the lookups need. */
export interface LookupPorts<S extends AnyStruct> {
  readonly words: WordAccess;
  /** Where the parts lie. */
  readonly geometry: KeyedGeometry;
  /** How often an entry of the index was moved. */
  readonly movesWord: number;
  /** From a key's record to its parts, in words. */
  readonly baseDelta: number;
  readonly keyDelta: number;
  /** The version word of row 0, and the words from one row to the next. */
  readonly versionWord: number;
  readonly rowWords: number;
  /** Multipliers of the hash. */
  readonly mix: number;
  readonly finish: number;
  /** The scratch: the words of the key that is looked up, and one more. */
  readonly scratch: Int32Array;
  /** Puts a text that is not plain into the scratch. Returns how many words it fills, or −1 if it cannot be a key. */
  readonly encodeText: (key: string) => number;
  /** Whether the processor keeps loads in order. */
  readonly isOrdered: boolean;
  /** The rows. */
  readonly rows: { read(row: number, into: ViewOf<S>): boolean };
  /** Whether a row whose version is the one it was added with was written since: after 2^32 writes it was. */
  readonly wasWritten: (row: number) => boolean;
  /** Throws, as it is not a key. */
  readonly refuseKey: (key: unknown) => never;
  /** Throws, as there is no such row. */
  readonly refuseRow: (row: unknown) => never;
  /** Throws, as the segment was closed. */
  readonly refuseUse: () => never;
}

/** A table's lookups. */
export interface LookupPath<S extends AnyStruct> {
  /**
   * Puts a key into the scratch, and returns its hash; `words` is then how many words it fills, −1 if it cannot be a
   * key.
   */
  hash(key: TableKey): number;
  /** The hash of the scratch. */
  hashOf(count: number): number;
  /** How many words the key of the last call of `hash` fills. */
  words(): number;
  /** The row of a key, −1 if there is none. */
  rowOf(key: TableKey): number;
  /** The state of the row that was found last. */
  seen(): number;
  /** Copies the row of a key. */
  get(key: TableKey, into: ViewOf<S>): boolean;
  /** Copies a row, if it has a key and was written since. */
  read(row: number, into: ViewOf<S>): boolean;
  /** Copies a row, if its state has not changed. */
  readIf(row: number, state: number, into: ViewOf<S>): boolean;
}

/** Makes the lookups of a table. */
export function makeLookupPath<S extends AnyStruct>(ports: LookupPorts<S>): LookupPath<S> {
  const { words: { load, peek }, scratch, encodeText, rows, wasWritten } = ports;
  const { movesWord, baseDelta, keyDelta, versionWord, rowWords, mix, finish } = ports;
  const { refuseKey, refuseRow, refuseUse } = ports;
  const { capacity, slotMask, isText, keyBytes, keyWords, indexWord, keysWord, keyStride } = ports.geometry;
  // What is read plainly here is used only after an ordered load of the state confirms it.
  const readWord = ports.isOrdered ? peek : load;
  const tagMask = ~slotMask;
  let used = 0, seen = 0;

  const hashOf = (count: number): number => {
    let hash = count;
    for (let i = 0; i < count; i++) {
      hash = Math.imul(hash ^ scratch[i], mix);
      hash ^= hash >>> 15;
    }
    hash = Math.imul(hash, finish);
    return hash ^ (hash >>> 13);
  };

  const hashSlowly = (key: string): number => {
    used = encodeText(key);
    return used < 0 ? 0 : hashOf(used);
  };

  /** The rest of a plain text, of less than four characters. */
  const lastWord = (key: string, from: number, length: number): number => {
    let word = 0;
    for (let i = from, shift = 0; i < length; i++, shift += 8) {
      const code = key.charCodeAt(i);
      if (code === 0 || code > 127) return 0;
      word |= code << shift;
    }
    return word;
  };

  /** Words are packed and hashed in one pass while characters are plain, which means from 1 to 127. */
  const hashText = (key: string): number => {
    if (typeof key !== "string") refuseKey(key);
    const length = key.length, whole = length >> 2;
    if (length > keyBytes) return hashSlowly(key);
    let hash = (length + 3) >> 2;
    used = hash;
    for (let i = 0, at = 0; i < whole; i++, at += 4) {
      const a = key.charCodeAt(at), b = key.charCodeAt(at + 1), c = key.charCodeAt(at + 2), d = key.charCodeAt(at + 3);
      if (((a | b | c | d) & ~127) !== 0 || ((a - 1) | (b - 1) | (c - 1) | (d - 1)) < 0) return hashSlowly(key);
      const word = a | (b << 8) | (c << 16) | (d << 24);
      scratch[i] = word;
      hash = Math.imul(hash ^ word, mix);
      hash ^= hash >>> 15;
    }
    if (whole < used) {
      const word = lastWord(key, whole << 2, length);
      if (word === 0) return hashSlowly(key);
      scratch[whole] = word;
      hash = Math.imul(hash ^ word, mix);
      hash ^= hash >>> 15;
    }
    hash = Math.imul(hash, finish);
    return hash ^ (hash >>> 13);
  };

  const hashInteger = (key: number): number => {
    if (typeof key !== "number") refuseKey(key);
    used = 2;
    if (key >>> 0 === key) {
      scratch[0] = key;
      scratch[1] = 0;
    } else {
      if (!Number.isSafeInteger(key) || key < 0) used = -1;
      const high = (key / 4294967296) | 0;
      scratch[0] = (key - high * 4294967296) | 0;
      scratch[1] = high;
    }
    return hashOf(2);
  };

  const hash = (isText ? hashText : hashInteger) as (key: TableKey) => number;

  /** Whether a row has the key of the scratch. */
  const holds = (row: number): boolean => {
    if (row < 0 || row >= capacity) return false;
    const at = keysWord + row * keyStride, key = at + keyDelta;
    const state = load(at); // pairs: key state
    if ((state & 1) === 0) return false;
    for (let i = 0; i < used; i++) if (readWord(key + i) !== scratch[i]) return false;
    if (used < keyWords && readWord(key + used) !== 0) return false;
    seen = state;
    // Pairs: key state. If it was freed meanwhile, there was a moment without the key.
    return load(at) === state;
  };

  const find = (hash: number): number => {
    const tag = hash & tagMask;
    let slot = hash & slotMask;
    for (let left = slotMask; left >= 0; left--) {
      const entry = load(indexWord + slot); // pairs: key index
      if (!entry) return -1; // undefined in a closed segment
      if ((entry & tagMask) === tag && holds((entry & slotMask) - 1)) return (entry & slotMask) - 1;
      slot = (slot + 1) & slotMask;
    }
    return -1;
  };

  /** Nothing was found. An entry that was moved meanwhile may have been missed: then search again. */
  const findAgain = (hash: number, moves: number): number => {
    while (true) {
      const now = load(movesWord); // pairs: key moves
      if (now === undefined) refuseUse();
      if (now === moves || used < 0) return -1;
      moves = now;
      const row = find(hash);
      if (row >= 0) return row;
    }
  };

  const rowOf = (key: TableKey): number => {
    const hashed = hash(key), moves = load(movesWord); // pairs: key moves
    const row = used < 0 ? -1 : find(hashed);
    return row >= 0 ? row : findAgain(hashed, moves);
  };

  const readIf = (row: number, state: number, into: ViewOf<S>): boolean => {
    const at = keysWord + row * keyStride;
    if (load(at) !== state) return load(at) === undefined ? refuseUse() : false; // pairs: key state
    // An earlier key's value in the row is not this key's.
    if (readWord(versionWord + row * rowWords) === readWord(at + baseDelta) && !wasWritten(row)) return false;
    return rows.read(row, into) && load(at) === state; // pairs: key state
  };

  return {
    hash,
    hashOf,
    words: () => used,
    rowOf,
    seen: () => seen,
    get(key, into) {
      const row = rowOf(key);
      return row >= 0 && readIf(row, seen, into);
    },
    read(row, into) {
      if (row >>> 0 !== row || row >= capacity) refuseRow(row);
      const state = load(keysWord + row * keyStride); // pairs: key state
      if (state === undefined) refuseUse();
      return (state & 1) === 1 && readIf(row, state, into);
    },
    readIf,
  };
}
