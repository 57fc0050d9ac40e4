import * as system from "../../ffi/system.ts";
import { checkSoon, endUnusedThreads, sleep } from "../atomic/internal.ts";
import { ClosedError, ReadOnlyError, SegmentStateError } from "../errors.ts";
import { type AnyStruct, assertSameLayout, Views } from "../layout/mod.ts";
import { hasAttachments, noteAttachment, requireCurrentRun } from "./attachments.ts";
import { Catalog, type CatalogEntry } from "./catalog.ts";
import { GuardedViews } from "./guarded_views.ts";
import { createRequest } from "./create_request.ts";
import type { OpenFile } from "./open_file.ts";
import { OWN_TYPE } from "./own_type.ts";
import { requireObject, requireOptions, requireRole, requireTimeout, shown } from "./option_checks.ts";
import { type Participant, Participants } from "./participants.ts";
import { Region } from "./region.ts";
import {
  createAnonymousFile,
  createSegmentFile,
  openOrCreateSegmentFile,
  openSegmentFile,
  type SegmentFile,
  unlinkSegmentFile,
} from "./segment_file.ts";
import { listSegments, type SegmentInfo } from "./segment_list.ts";
import { parseAnonymousName, requireSegmentName } from "./segment_name.ts";
import type { CreateOptions, ObjectOptions, OpenOptions } from "./segment_options.ts";
import type { LayoutType, LayoutTypeFunction, SharedType } from "./shared_type.ts";
import { timeLeft } from "./time_left.ts";

/** How many objects a message names at most. */
const NAMES_SHOWN = 32;

/**
 * A piece of memory that several processes share, and the objects in it. Any number of processes attach, up to
 * `maxParticipants`; each attachment is one open file, one mapping and one slot among the participants. A process that
 * dies, however it dies, leaves its slot to others at once. The memory stays until it is unlinked and the last
 * attachment is gone.
 *
 * @example Two attachments to one segment
 * ```ts
 * import { f64, LatestTable, Segment, struct } from "@shmkit/shmkit";
 * import { assertEquals } from "@std/assert";
 *
 * const Quote = struct("Quote", { bid: f64, ask: f64 });
 * const name = `/example-${crypto.randomUUID()}`;
 * using feed = Segment.create(name, { byteLength: 65536 });
 * feed.create("quotes", LatestTable, { layout: Quote, rows: 10 }).writer().write(7, { bid: 99, ask: 101 });
 *
 * using strategy = Segment.open(name); // usually in another process
 * const quotes = strategy.open("quotes", LatestTable, { layout: Quote });
 * const quote = Quote.alloc();
 * assertEquals(quotes.read(7, quote), true);
 * assertEquals(quote.ask, 101);
 * Segment.unlink(name);
 * ```
 */
export class Segment implements Disposable {
  /**
   * The name; of an anonymous segment, one by which other processes of this user can open it while its creator has it.
   */
  readonly name: string;
  /** Length of the whole segment in bytes. */
  readonly byteLength: number;
  /** Whether this attachment only reads. It then takes no slot among the participants and may hold nothing. */
  readonly readOnly: boolean;
  readonly #file: SegmentFile;
  readonly #participants: Participants;
  readonly #catalog: Catalog;

  private constructor(name: string, file: SegmentFile) {
    const { mapping, header } = file;
    this.name = name;
    this.byteLength = header.byteLength;
    this.readOnly = mapping.readOnly;
    this.#file = file;
    this.#catalog = new Catalog(name, mapping, header);
    this.#participants = new Participants(name, mapping, header, () => this.#catalog.words());
  }

  /**
   * Attaches to the file that has a name. One that lost it after it was opened and before it was joined, as a process
   * that removes abandoned segments holds all slots until it is done, is closed, and the name opened anew.
   */
  static #attachedByName<O extends OpenOptions>(
    name: string,
    options: O,
    openFile: (options: O) => SegmentFile,
  ): Segment {
    const { role, timeoutMs } = options, start = performance.now();
    while (true) {
      const file = openFile({ ...options, timeoutMs: timeLeft(timeoutMs, start) });
      const segment = Segment.#attached(name, file, role, timeLeft(timeoutMs, start));
      if (segment.#isNamed()) return segment;
    }
  }

  /** Whether others that open its name get this segment. If not, closes it. */
  #isNamed(): boolean {
    try {
      if (parseAnonymousName(this.name) !== undefined) return true;
      const doing = { action: "open segment", path: this.name };
      if (system.fileStatus(doing, this.#file.mapping.fd).links > 0) return true;
    } catch (error) {
      this.#discard();
      throw error;
    }
    this.#discard();
    return false;
  }

  /** Closes an attachment that nobody has been given. */
  #discard(): void {
    this.#participants.leave();
    this.#file.mapping.discard();
  }

  /** Attaches to a file that is ready; if that fails, closes it. */
  static #attached(name: string, file: SegmentFile, role = "", timeoutMs?: number): Segment {
    return new Segment(name, file).#join(role, timeoutMs);
  }

  #join(role: string, timeoutMs: number | undefined): this {
    const { mapping } = this.#file;
    try {
      this.#catalog.list();
      if (!mapping.readOnly) this.#participants.join(role, timeoutMs);
      this.#note(new WeakRef(this), mapping.file);
      return this;
    } catch (error) {
      this.#discard();
      throw error;
    }
  }

  /**
   * Makes a segment that does not exist yet. Every page is reserved, so a full `/dev/shm` is an error now.
   *
   * @param name A slash and up to 254 bytes without a slash, such as "/md".
   * @throws {SystemError} `EEXIST` if it exists, `ENOSPC` if `/dev/shm` is full, `EMFILE` and others from the kernel.
   * @throws {RangeError} If the name or a number is out of range.
   */
  static create(name: string, options: CreateOptions): Segment {
    requireSegmentName("create", name);
    const request = createRequest("create", name, options);
    requireCurrentRun(`create segment '${name}'`);
    return Segment.#attachedByName(name, request, (request) => createSegmentFile(name, request));
  }

  /**
   * Attaches to a segment that another process makes or has made.
   *
   * @throws {SystemError} `ENOENT` if it does not exist, `EACCES` without permission.
   * @throws {SegmentFormatError} If the file is not a segment, cut short, of another version, or corrupt.
   * @throws {SegmentStateError} `INITIALISING` or `CREATOR_DIED` if it is not ready in time, `FOREIGN_OWNER`, `FULL`,
   * or `BUSY` if a process that may only read the file prevents its locks from being taken, or others are about to take
   * its free slots for a second, or for `timeoutMs` if that is shorter.
   */
  static open(name: string, options: OpenOptions = {}): Segment {
    if (parseAnonymousName(name) === undefined) requireSegmentName("open", name);
    const doing = `open segment '${name}'`;
    requireOptions(doing, options);
    requireTimeout(doing, options.timeoutMs);
    requireRole(doing, options.role);
    requireCurrentRun(doing);
    return Segment.#attachedByName(name, options, (options) => openSegmentFile(name, options));
  }

  /**
   * Attaches to a segment, or makes it if it does not exist. However many processes call this at once, exactly one
   * makes it; what a dead creator left unfinished is made anew.
   *
   * @throws {SegmentStateError} `TOO_SMALL` if it exists with fewer bytes than asked for; and as `open`.
   */
  static openOrCreate(name: string, options: CreateOptions & Omit<OpenOptions, "readOnly">): Segment {
    requireSegmentName("open or create", name);
    const request = createRequest("open or create", name, options);
    requireCurrentRun(`open or create segment '${name}'`);
    const segment = Segment.#attachedByName(name, request, (request) => openOrCreateSegmentFile(name, request));
    if (segment.byteLength >= request.geometry.byteLength) return segment;
    segment.#discard();
    throw new SegmentStateError(
      "TOO_SMALL",
      `Cannot open or create segment '${name}' as it exists and must have ${request.geometry.byteLength} bytes: found ${segment.byteLength}`,
    );
  }

  /**
   * Makes a segment without a name, for a parent and the children it starts: pass them its `name` and they open it
   * while the parent lives. It is gone when the last attachment is; it never leaves anything in `/dev/shm`.
   */
  static anonymous(options: Omit<CreateOptions, "mode">): Segment {
    const request = createRequest("create", "anonymous", options);
    requireCurrentRun("create an anonymous segment");
    const { name, file } = createAnonymousFile(request);
    return Segment.#attached(name, file, options.role);
  }

  /**
   * Removes a segment's name. Existing attachments keep working; the memory is freed when the last one closes. Waits
   * while another process is initialising it or removing its name, for 5 s at most.
   *
   * @returns Whether there was one.
   */
  static unlink(name: string): boolean {
    requireSegmentName("unlink", name);
    return unlinkSegmentFile(name);
  }

  /** The segments on this machine that this process may read. */
  static list(): SegmentInfo[] {
    return listSegments();
  }

  /** Whether `close` was called. */
  get closed(): boolean {
    return this.#file.mapping.closed;
  }

  /**
   * Makes an object in the segment.
   *
   * @param name 1 to 64 bytes, unique in the segment.
   * @param waitOptions How long to wait for others that are adding objects.
   * @throws {SegmentStateError} `EXISTS` if the name is taken, `FULL` if entries or bytes have run out, `BUSY` if
   * another process has been adding an object all the time.
   */
  create<F extends LayoutTypeFunction, O extends { layout: AnyStruct }, S extends AnyStruct>(
    name: string,
    type: LayoutType<F, O>,
    options: O & { layout: S },
    waitOptions?: ObjectOptions,
  ): (F & { layout: S })["type"];
  /** Makes an object whose type does not depend on a layout. */
  create<O, T>(
    name: string,
    type: SharedType<O, T>,
    options: O,
    waitOptions?: ObjectOptions,
  ): T;
  create<O, T>(
    name: string,
    type: SharedType<O, T>,
    options: O,
    waitOptions?: ObjectOptions,
  ): T {
    const { entry, isNew } = this.#add(name, type, options, waitOptions);
    if (isNew) return type.attach(this.#region(entry, type), options);
    throw new SegmentStateError(
      "EXISTS",
      `Cannot create object '${name}' in segment '${this.name}' as it exists already, a ${entry.kind}; open it, or use openOrCreate`,
    );
  }

  /**
   * Attaches to an object of the segment.
   *
   * @param options The options that the type needs to attach, such as the layout of a table; those that it can read
   * from the object may be left out.
   * @param waitOptions `timeoutMs`: how long to wait for the object to be made.
   * @throws {SegmentStateError} `NOT_FOUND` if there is none, `OTHER_KIND` if it is of another kind.
   * @throws {LayoutMismatchError} If it was made with another layout.
   */
  open<F extends LayoutTypeFunction, O extends { layout: AnyStruct }, S extends AnyStruct>(
    name: string,
    type: LayoutType<F, O>,
    options: Partial<O> & { layout: S },
    waitOptions?: ObjectOptions,
  ): (F & { layout: S })["type"];
  /** Attaches to an object whose type does not depend on a layout. */
  open<O, T>(
    name: string,
    type: SharedType<O, T>,
    options?: Partial<O>,
    waitOptions?: ObjectOptions,
  ): T;
  open<O, T>(
    name: string,
    type: SharedType<O, T>,
    options: Partial<O> = {},
    waitOptions: ObjectOptions = {},
  ): T {
    this.#requireOpen();
    const timeoutMs = this.#requireObject("open", name, type, waitOptions) ?? 0;
    const start = performance.now();
    let entry = this.#catalog.find(name);
    while (entry === undefined) {
      if (performance.now() - start >= timeoutMs) {
        const entries = this.#catalog.list(), more = entries.length - NAMES_SHOWN;
        const names = entries.slice(0, NAMES_SHOWN).map((entry) => `'${entry.name}'`).join(", ") || "none";
        throw new SegmentStateError(
          "NOT_FOUND",
          `Cannot open object '${name}' in segment '${this.name}' as it must be one of its objects: found ${names}${
            more > 0 ? ` and ${more} more` : ""
          }`,
        );
      }
      sleep(1);
      entry = this.#catalog.find(name);
    }
    return this.#attach(entry, type, options);
  }

  /**
   * Attaches to an object, or makes it if it does not exist; of any number of callers exactly one makes it.
   *
   * @param waitOptions How long to wait for others that are adding objects.
   * @throws {SegmentStateError} `OTHER_KIND`, `FULL` or `BUSY`.
   * @throws {LayoutMismatchError} If it was made with another layout.
   */
  openOrCreate<F extends LayoutTypeFunction, O extends { layout: AnyStruct }, S extends AnyStruct>(
    name: string,
    type: LayoutType<F, O>,
    options: O & { layout: S },
    waitOptions?: ObjectOptions,
  ): (F & { layout: S })["type"];
  /** Attaches to or makes an object whose type does not depend on a layout. */
  openOrCreate<O, T>(
    name: string,
    type: SharedType<O, T>,
    options: O,
    waitOptions?: ObjectOptions,
  ): T;
  openOrCreate<O, T>(
    name: string,
    type: SharedType<O, T>,
    options: O,
    waitOptions?: ObjectOptions,
  ): T {
    return this.#attach(this.#add(name, type, options, waitOptions).entry, type, options);
  }

  /** The objects in the segment, in the order in which they were made. */
  objects(): CatalogEntry[] {
    this.#requireOpen();
    return this.#catalog.list();
  }

  /** The attachments there are now, without those that only read. */
  participants(): Participant[] {
    this.#requireOpen();
    return this.#participants.list();
  }

  /** Nanoseconds since the segment was created: one clock for all processes, good for measuring between them. */
  now(): number {
    return system.monotonicNs() - this.#file.header.createdNs;
  }

  /**
   * Leaves the segment: views detach and throw from now on, and the memory is unmapped. Its addresses stay reserved for
   * the rest of the process's life, since an asynchronous operation of the runtime may still be using them: it reads
   * zeros there, and its writes reach no process. The second time nothing happens.
   */
  close(): void {
    if (this.closed) return;
    this.#participants.leave();
    this.#file.mapping.close();
    checkSoon();
    if (!hasAttachments()) endUnusedThreads();
  }

  /** The same as `close`, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Registers the attachment, so that it can be closed, and collected if it is never closed. */
  #note(self: WeakRef<Segment>, file: OpenFile): void {
    const close = () => {
      const segment = self.deref();
      if (segment !== undefined) return segment.close();
      // Collected, and its memory not unmapped yet: does now what the collector would do.
      file.unlockAndClose();
    };
    file.whenClosed(noteAttachment(this.#file.header.createdNs, this.#participants.id, close));
  }

  #requireOpen(): void {
    if (this.closed) throw new ClosedError(`Cannot use segment '${this.name}' as it was closed; open it again`);
  }

  /** Refuses a wrong name or type, before anything happens; returns how long to wait. */
  #requireObject(
    action: string,
    name: unknown,
    type: unknown,
    waitOptions: ObjectOptions,
  ): number | undefined {
    const doing = `${action} object ${shown(name)} in segment '${this.name}'`;
    requireObject(doing, name, type);
    requireOptions(doing, waitOptions);
    requireTimeout(doing, waitOptions.timeoutMs);
    return waitOptions.timeoutMs;
  }

  #add<O, T>(
    name: string,
    type: SharedType<O, T>,
    options: O,
    waitOptions: ObjectOptions = {},
  ): { entry: CatalogEntry; isNew: boolean } {
    this.#requireOpen();
    const timeoutMs = this.#requireObject("create", name, type, waitOptions);
    if (this.readOnly) {
      throw new ReadOnlyError(
        `Cannot create object '${name}' in segment '${this.name}' as it is attached for reading only; attach without readOnly`,
      );
    }
    const entry = {
      name,
      kind: type.kind,
      byteLength: type.byteLength(options),
      schema: type.schema?.(options) ?? "",
    };
    return this.#catalog.add(entry, (added) => type.init(this.#region(added, type), options), timeoutMs);
  }

  #attach<O, T>(entry: CatalogEntry, type: SharedType<O, T>, options: Partial<O>): T {
    const what = `object '${entry.name}' in segment '${this.name}'`;
    if (entry.kind !== type.kind) {
      throw new SegmentStateError(
        "OTHER_KIND",
        `Cannot open ${what} as it must be a ${type.kind}: found a ${entry.kind}`,
      );
    }
    const schema = type.schema?.(options);
    if (schema !== undefined && schema !== entry.schema) assertSameLayout(what, entry.schema, schema);
    return type.attach(this.#region(entry, type), options);
  }

  /** The region of an object: the memory itself for the library's own types, lent memory for all others. */
  #region({ name, byteOffset, byteLength }: CatalogEntry, type: object): Region {
    const { mapping } = this.#file, { readOnly } = this, what = `'${name}' in segment '${this.name}'`;
    const lend = () =>
      readOnly ? new GuardedViews(what, views) : new Views(mapping.lend(byteOffset, byteLength), 0, byteLength);
    const views: Views = new Views(mapping.buffer, byteOffset, byteLength, readOnly, lend);
    return new Region(what, views, this.#participants, readOnly, OWN_TYPE in type);
  }
}
