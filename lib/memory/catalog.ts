import { load, sleep, store } from "../atomic/mod.ts";
import { SegmentFormatError, SegmentStateError } from "../errors.ts";
import { alignUp, getChars, getU53, setChars, setU53, utf8Length } from "./bytes.ts";
import {
  ADDING_OFFSET,
  COUNT_OFFSET,
  ENTRY_BYTES,
  KIND_BYTES,
  KIND_OFFSET,
  NAME_BYTES,
  NAME_OFFSET,
  OBJECT_LENGTH_OFFSET,
  OBJECT_OFFSET_OFFSET,
  SCHEMA_LENGTH_OFFSET,
  SCHEMA_LIMIT,
  SCHEMA_OFFSET_OFFSET,
  TABLE_BYTES,
} from "./catalog_format.ts";
import { type Geometry, OBJECT_ALIGNMENT } from "./geometry.ts";
import type { Mapping } from "./mapping.ts";
import { isByteLocked, READ_LOCKED, tryLockByte, unlockByte } from "./ofd_lock.ts";

/** How long `add` waits by default for another process that is adding an object. */
const LOCK_TIMEOUT_MS = 10_000;

/** The catalog's entry of one object. */
export interface CatalogEntry {
  /** Name, unique in the segment. */
  readonly name: string;
  /** Its kind, such as `LatestTable`. */
  readonly kind: string;
  /** Where it starts in the segment. */
  readonly byteOffset: number;
  /** Its length. */
  readonly byteLength: number;
  /** Its canonical schema text, with which any tool can decode it; empty if it has none. */
  readonly schema: string;
}

/** The description of a new object. */
export type NewEntry = Omit<CatalogEntry, "byteOffset">;

/** The objects of a segment. Entries are only ever added, so an entry that was read once stays right. */
export class Catalog {
  readonly #segment: string;
  readonly #mapping: Mapping;
  readonly #geometry: Geometry;
  readonly #record: DataView;
  readonly #count: Uint32Array;
  readonly #entries = new Map<string, CatalogEntry>();
  #isAdding = false;
  /** Where the next object may start: the end of the last one read. */
  #free: number;

  constructor(segment: string, mapping: Mapping, geometry: Geometry) {
    this.#segment = segment;
    this.#mapping = mapping;
    this.#geometry = geometry;
    const { catalogOffset, catalogEntries, objectsOffset } = geometry;
    this.#record = new DataView(mapping.buffer, catalogOffset, TABLE_BYTES + catalogEntries * ENTRY_BYTES);
    this.#count = new Uint32Array(mapping.buffer, catalogOffset + COUNT_OFFSET, 1);
    this.#free = objectsOffset;
  }

  /**
   * The object of that name, if there is one.
   *
   * @throws {SegmentFormatError} If an entry contradicts the segment.
   */
  find(name: string): CatalogEntry | undefined {
    return this.#entries.get(name) ?? this.#refresh().get(name);
  }

  /** All words of all objects. */
  words(): Int32Array {
    this.#refresh();
    const { objectsOffset, byteLength } = this.#geometry, end = Math.min(this.#free, byteLength);
    return new Int32Array(this.#mapping.buffer, objectsOffset, (end - objectsOffset) / 4);
  }

  /** All objects, in the order in which they were made. */
  list(): CatalogEntry[] {
    return [...this.#refresh().values()];
  }

  /** All objects that can be read, and the fault of the catalog after them, if there is one. */
  readable(): { readonly entries: CatalogEntry[]; readonly error: SegmentFormatError | undefined } {
    let error: SegmentFormatError | undefined;
    try {
      this.#refresh();
    } catch (thrown) {
      if (!(thrown instanceof SegmentFormatError)) throw thrown;
      error = thrown;
    }
    return { entries: [...this.#entries.values()], error };
  }

  /**
   * Adds an object. `init` writes its first bytes before any process can find it. One process adds at a time, under a
   * kernel lock that a death releases; the next object simply overwrites an unfinished one.
   *
   * @returns The new entry, or the one of the same name that another process made first.
   * @throws {SegmentStateError} `FULL` if entries or bytes have run out, `BUSY` if another holds the lock all the time.
   */
  add(
    entry: NewEntry,
    init: (entry: CatalogEntry) => void,
    timeoutMs: number = LOCK_TIMEOUT_MS,
  ): { entry: CatalogEntry; isNew: boolean } {
    this.#requireFits(entry);
    const known = this.find(entry.name);
    if (known !== undefined) return { entry: known, isNew: false };
    // The kernel lock does not exclude its own holder.
    if (this.#isAdding) throw new TypeError(`Cannot add object '${entry.name}' while another one's init runs`);
    const doing = { action: `add object '${entry.name}' to segment`, path: this.#segment };
    const lockByte = this.#geometry.catalogOffset;
    const start = performance.now();
    while (!tryLockByte(doing, this.#mapping.fd, lockByte)) {
      const waitedMs = performance.now() - start;
      if (waitedMs >= timeoutMs) {
        const why = isByteLocked(this.#mapping.fd, lockByte)
          ? `another process has been adding an object for ${Math.round(waitedMs)} ms; is it stopped?`
          : `nobody else is adding an object, but ${READ_LOCKED}, for ${Math.round(waitedMs)} ms`;
        throw new SegmentStateError("BUSY", `Cannot ${doing.action} '${this.#segment}' as ${why}`);
      }
      sleep(1);
    }
    this.#isAdding = true;
    try {
      const existing = this.find(entry.name);
      if (existing !== undefined) return { entry: existing, isNew: false };
      const added = this.#write(entry);
      init(added);
      // Publishes the entry and the object's first bytes; pairs: catalog count.
      store(this.#count, 0, this.#entries.size + 1);
      this.#accept(added);
      return { entry: added, isNew: true };
    } finally {
      this.#isAdding = false;
      unlockByte(this.#mapping.fd, lockByte);
    }
  }

  /** Refuses an entry that no catalog can hold, before anything is locked. */
  #requireFits({ name, kind, byteLength, schema }: NewEntry): void {
    const requireName = (what: string, value: string, limit: number) => {
      if (value !== "" && !value.includes("\0") && isWellFormed(value) && utf8Length(value) <= limit) return;
      throw new RangeError(
        `Cannot add an object to segment '${this.#segment}' as its ${what} must be 1 to ${limit} bytes of UTF-8 without NUL: received ${
          JSON.stringify(value)
        }`,
      );
    };
    requireName("name", name, NAME_BYTES);
    requireName("kind", kind, KIND_BYTES);
    if (typeof schema !== "string" || utf8Length(schema) > SCHEMA_LIMIT) {
      throw new RangeError(
        `Cannot add object '${name}' to segment '${this.#segment}' as its schema must be a text of at most ${SCHEMA_LIMIT} bytes: received ${
          typeof schema === "string" ? `${utf8Length(schema)} bytes` : typeof schema
        }`,
      );
    }
    if (!Number.isSafeInteger(byteLength) || byteLength < 1) {
      throw new RangeError(
        `Cannot add object '${name}' to segment '${this.#segment}' as its byte length must be a positive integer: received ${byteLength}`,
      );
    }
  }

  /** Writes the entry after the last one, not yet counted. */
  #write({ name, kind, byteLength, schema }: NewEntry): CatalogEntry {
    const full = (reason: string) =>
      new SegmentStateError(
        "FULL",
        `Cannot add object '${name}' to segment '${this.#segment}' as ${reason}`,
      );
    const index = this.#entries.size;
    const { catalogEntries, byteLength: end } = this.#geometry;
    if (index === catalogEntries) {
      throw full(`its catalog has ${catalogEntries} entries; create it with a larger maxObjects`);
    }
    const schemaBytes = new TextEncoder().encode(schema);
    const schemaOffset = this.#free;
    const byteOffset = alignUp(schemaOffset + schemaBytes.byteLength, OBJECT_ALIGNMENT);
    if (byteOffset + byteLength > end) {
      throw full(
        `it takes ${byteOffset + byteLength - schemaOffset} bytes: found ${
          end - schemaOffset
        } free of ${end}; create it with a larger byteLength`,
      );
    }
    if (this.#record.getUint32(ADDING_OFFSET, true) > index) {
      // The last adder died or failed midway and may have left bytes here. Objects rely on zeros.
      new Uint8Array(this.#mapping.buffer, schemaOffset, end - schemaOffset).fill(0);
    }
    this.#record.setUint32(ADDING_OFFSET, index + 1, true);
    new Uint8Array(this.#mapping.buffer, schemaOffset, schemaBytes.byteLength).set(schemaBytes);
    const at = TABLE_BYTES + index * ENTRY_BYTES;
    setU53(this.#record, at + OBJECT_OFFSET_OFFSET, byteOffset);
    setU53(this.#record, at + OBJECT_LENGTH_OFFSET, byteLength);
    setU53(this.#record, at + SCHEMA_OFFSET_OFFSET, schemaOffset);
    this.#record.setUint32(at + SCHEMA_LENGTH_OFFSET, schemaBytes.byteLength, true);
    setChars(this.#record, at + KIND_OFFSET, KIND_BYTES, kind);
    setChars(this.#record, at + NAME_OFFSET, NAME_BYTES, name);
    return { name, kind, byteOffset, byteLength, schema };
  }

  /** Reads the entries that were added since the last call. */
  #refresh(): Map<string, CatalogEntry> {
    const count = load(this.#count, 0); // pairs: catalog count
    if (count > this.#geometry.catalogEntries) {
      throw this.#corrupt(`it counts ${count} entries of ${this.#geometry.catalogEntries}`);
    }
    if (count < this.#entries.size) throw this.#corrupt(`it counts ${count} entries after ${this.#entries.size}`);
    while (this.#entries.size < count) this.#accept(this.#read(this.#entries.size));
    return this.#entries;
  }

  #accept(entry: CatalogEntry): void {
    this.#entries.set(entry.name, entry);
    this.#free = alignUp(entry.byteOffset + entry.byteLength, OBJECT_ALIGNMENT);
  }

  /** Reads an entry and refuses one that points outside the segment or into another object. */
  #read(index: number): CatalogEntry {
    const at = TABLE_BYTES + index * ENTRY_BYTES;
    const byteOffset = getU53(this.#record, at + OBJECT_OFFSET_OFFSET);
    const byteLength = getU53(this.#record, at + OBJECT_LENGTH_OFFSET);
    const schemaOffset = getU53(this.#record, at + SCHEMA_OFFSET_OFFSET);
    const schemaByteLength = this.#record.getUint32(at + SCHEMA_LENGTH_OFFSET, true);
    const name = getChars(this.#record, at + NAME_OFFSET, NAME_BYTES);
    const kind = getChars(this.#record, at + KIND_OFFSET, KIND_BYTES);
    const what = `entry ${index}, ${JSON.stringify(name)},`;
    const { byteLength: end } = this.#geometry;
    if (name === "" || kind === "" || this.#entries.has(name)) throw this.#corrupt(`${what} has no name of its own`);
    if (schemaOffset !== this.#free || byteOffset !== alignUp(schemaOffset + schemaByteLength, OBJECT_ALIGNMENT)) {
      throw this.#corrupt(`${what} must follow offset ${this.#free}: found ${schemaOffset} and ${byteOffset}`);
    }
    if (schemaByteLength > SCHEMA_LIMIT) {
      throw this.#corrupt(`${what} must have a schema of at most ${SCHEMA_LIMIT} bytes: found ${schemaByteLength}`);
    }
    if (byteLength < 1 || byteOffset + byteLength > end) {
      throw this.#corrupt(`${what} must end by ${end}: found ${byteOffset} + ${byteLength}`);
    }
    const bytes = new Uint8Array(this.#mapping.buffer, schemaOffset, schemaByteLength).slice();
    return { name, kind, byteOffset, byteLength, schema: new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes) };
  }

  #corrupt(reason: string): SegmentFormatError {
    return new SegmentFormatError("CATALOG", `Cannot read the catalog of segment '${this.#segment}' as ${reason}`);
  }
}

/** Whether a text survives UTF-8: half a surrogate pair does not. */
function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
