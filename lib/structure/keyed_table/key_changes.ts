import { load, store } from "../../atomic/mod.ts";
import { CapacityError, RoleTakenError } from "../../errors.ts";
import { partOf, type Region } from "../../memory/internal.ts";
import { Mutex, type WaitOptions } from "../../sync/mod.ts";
import { MUTEX_BYTES, MUTEX_OFFSET, OWNER_DELTA } from "./format.ts";
import { keyAt, type KeyedGeometry, type TableKey } from "./places.ts";
import { KeyStore } from "./key_store.ts";
import type { KeyTexts } from "./key_texts.ts";

/** The parts of a `LookupPath` that changes need to look up keys. */
export interface KeyLookup {
  hash(key: TableKey): number;
  hashOf(count: number): number;
  words(): number;
  rowOf(key: TableKey): number;
}

/** The row that a caller has become the owner of. */
export interface Taken {
  readonly row: number;
  /** Whether it is taken over from an owner that died. */
  readonly ownerDied: boolean;
}

/**
 * Adds and removes the keys of a table, one change at a time, under a mutex that is taken over from a dead owner.
 */
export class KeyChanges {
  readonly #region: Region;
  readonly #geometry: KeyedGeometry;
  readonly #lookup: KeyLookup;
  readonly #texts: KeyTexts;
  readonly #mutex: Mutex;
  readonly #store: KeyStore;
  readonly #words: Int32Array;

  /**
   * @param region The table's.
   * @param geometry Where its parts lie.
   * @param lookup Looks up keys.
   * @param texts Its scratch is that of `lookup`.
   * @param versionOf How often a row was written.
   * @throws {ReadOnlyError} On a read-only attachment.
   */
  constructor(
    region: Region,
    geometry: KeyedGeometry,
    lookup: KeyLookup,
    texts: KeyTexts,
    versionOf: (row: number) => number,
  ) {
    const { i32: words } = region.views;
    this.#region = region;
    this.#geometry = geometry;
    this.#lookup = lookup;
    this.#texts = texts;
    this.#words = words;
    this.#mutex = Mutex.attach(partOf(region, "the keys", MUTEX_OFFSET, MUTEX_BYTES), {});
    const hashOf = (count: number) => lookup.hashOf(count);
    this.#store = new KeyStore({ words, geometry, texts, hashOf, versionOf, name: region.name });
  }

  /**
   * Adds a key, unless it is there.
   *
   * @returns Its row; undefined if the time ran out.
   */
  add(key: TableKey, options?: WaitOptions): number | undefined {
    this.#requireKey(key);
    return this.#alone(options, () => this.#addNow(key));
  }

  /**
   * Adds a key, unless it is there, and makes this attachment the owner of its row.
   *
   * @param isMine Whether the caller owns a row already.
   */
  take(key: TableKey, isMine: (row: number) => boolean, options?: WaitOptions): Taken | undefined {
    this.#requireKey(key);
    return this.#alone(options, () => {
      const row = this.#addNow(key), owner = this.#ownerOf(row), { party } = this.#region;
      if (isMine(row)) return { row, ownerDied: false };
      if (owner !== 0) this.#requireDead("take", key, owner);
      store(this.#words, this.#ownerWord(row), party.id); // pairs: key owner
      return { row, ownerDied: owner !== 0 };
    });
  }

  /** Releases a row that this attachment owns. */
  disown(row: number): void {
    if (this.#ownerOf(row) === this.#region.party.id) store(this.#words, this.#ownerWord(row), 0); // pairs: key owner
  }

  /**
   * Removes a key.
   *
   * @param isMine Whether the caller owns a row, or all rows.
   * @param onRemove Called before the row is freed.
   * @returns Whether it was there; undefined if the time ran out.
   */
  remove(
    key: TableKey,
    isMine: (row: number) => boolean,
    options?: WaitOptions,
    onRemove?: (row: number) => void,
  ): boolean | undefined {
    return this.#alone(options, () => {
      const row = this.#lookup.rowOf(key);
      if (row < 0) return false;
      const owner = this.#ownerOf(row);
      if (!isMine(row) && owner !== 0) this.#requireDead("remove", key, owner);
      onRemove?.(row);
      this.#store.remove(row);
      return true;
    });
  }

  #addNow(key: TableKey): number {
    const found = this.#lookup.rowOf(key);
    if (found >= 0) return found;
    const hash = this.#lookup.hash(key), row = this.#store.add(hash, this.#lookup.words());
    if (row >= 0) return row;
    throw new CapacityError(
      `Cannot add key ${JSON.stringify(key)} to keyed table ${this.#region.name} as it is full: ` +
        `its capacity is ${this.#geometry.capacity} keys`,
    );
  }

  /** Repairs an unfinished change, then runs this one. No other process makes a change meanwhile. */
  #alone<T>(options: WaitOptions | undefined, change: () => T): T | undefined {
    const mutex = this.#mutex;
    if (!mutex.lock(options)) return undefined;
    try {
      this.#store.repair();
      if (mutex.ownerDied) mutex.markConsistent();
      return change();
    } finally {
      mutex.unlock();
    }
  }

  #ownerWord(row: number): number {
    return keyAt(this.#geometry, row) + OWNER_DELTA;
  }

  #ownerOf(row: number): number {
    return load(this.#words, this.#ownerWord(row)); // pairs: key owner
  }

  #requireDead(action: string, key: TableKey, owner: number): void {
    const { party } = this.#region;
    if (!party.isAlive(owner)) return;
    throw new RoleTakenError(
      `Cannot ${action} key ${JSON.stringify(key)} of keyed table ${this.#region.name} as its row has a writer: ` +
        `found ${party.describe(owner)}, which is alive`,
    );
  }

  #requireKey(key: TableKey): void {
    this.#lookup.hash(key);
    if (this.#lookup.words() >= 0) return;
    throw new RangeError(
      `Cannot add a key to keyed table ${this.#region.name} as it must be ${
        this.#geometry.isText ? `a text ${this.#texts.refusalOf(key)}` : "an integer from 0 to 2^53 − 1"
      }: received ${JSON.stringify(key)}`,
    );
  }
}
