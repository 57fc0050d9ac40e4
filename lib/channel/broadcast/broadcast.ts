import type { AnyStruct } from "../../layout/mod.ts";
import { type LayoutTypeFunction, OWN_TYPE, partOf, type Region, requireOpen, Role } from "../../memory/internal.ts";
import { Mutex } from "../../sync/mod.ts";
import { TURN_BYTES, TURN_OFFSET, WRITER_OFFSET } from "./format.ts";
import {
  type BroadcastGeometry,
  type BroadcastOptions,
  byteLengthOf,
  geometryOf,
  layoutOf,
  readGeometry,
  tailOf,
  writeGeometry,
} from "./geometry.ts";
import { BroadcastReader, type BroadcastReaderOptions } from "./broadcast_reader.ts";
import { BroadcastWriter } from "./broadcast_writer.ts";

/** For the compiler: a broadcast's type as a function of its layout's. */
export interface BroadcastFunction extends LayoutTypeFunction {
  /** The result. */
  readonly type: Broadcast<Extract<this["layout"], AnyStruct>>;
}

/**
 * A stream of records from one writer, or from many, to any number of readers, in any processes, each of which receives
 * all of them. No writer waits for a reader: one that lags behind by more than the capacity loses records. It knows
 * exactly how many, is never shown a torn one, and continues with the oldest still there. Readers come and go as they
 * like, write nothing, and may be attached for reading only.
 *
 * A writer that dies at any instruction leaves what it published and nothing of what it had only claimed; its role is
 * taken over. A reader that dies leaves nothing at all.
 *
 * Many writers (`writers: "many"`) take turns: from its first `claim` to `publish` a writer holds a {@linkcode Mutex},
 * which the next writer takes over if it dies. Records of one writer keep their order, and a batch stays together.
 *
 * How it works: one store of the tail publishes. There are twice as many slots as promised, and at most half the
 * capacity may be claimed at once; so the tail alone shows whether a copied record was being overwritten meanwhile.
 * Source: agrona's BroadcastTransmitter and CopyBroadcastReceiver, whose second counter these spare slots replace.
 *
 * @example
 * ```ts
 * import { Broadcast, f64, Region, struct } from "@shmkit/shmkit";
 * import { assertEquals } from "@std/assert";
 *
 * const Trade = struct("Trade", { price: f64, size: f64 });
 * const options = { layout: Trade, capacity: 4 };
 * const region = Region.over(new SharedArrayBuffer(Broadcast.byteLength(options)));
 * Broadcast.init(region, options);
 * const trades = Broadcast.attach(region, options);
 *
 * const fast = trades.reader(), slow = trades.reader(); // usually in other processes
 * using writer = trades.writer();
 * const prices: number[] = [];
 * for (let i = 0; i < 10; i++) {
 *   writer.push({ price: i, size: 1 });
 *   fast.drain((trade) => void prices.push(trade.price));
 * }
 * assertEquals(prices, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
 * assertEquals(slow.drain(() => {}), 4);
 * assertEquals(slow.lost, 6);
 * ```
 */
export class Broadcast<S extends AnyStruct = AnyStruct> {
  /** For the compiler only; never present at run time. */
  declare static readonly typeFunction?: BroadcastFunction;
  /** The name in the catalog. */
  static readonly kind = "Broadcast";
  /** Never writes what is attached for reading only. */
  static readonly [OWN_TYPE]: true = true;

  /** What a record holds. */
  readonly layout: S;
  /** How many records a reader may lag behind by. */
  readonly capacity: number;
  readonly #region: Region;
  readonly #geometry: BroadcastGeometry;
  readonly #writerRole: Role;
  readonly #turn: Mutex;

  private constructor(region: Region, layout: S, geometry: BroadcastGeometry) {
    this.layout = layout;
    this.capacity = geometry.capacity;
    this.#region = region;
    this.#geometry = geometry;
    this.#writerRole = new Role(`the writer of ${region.name}`, region, WRITER_OFFSET / 4);
    this.#turn = Mutex.attach(partOf(region, "the turn", TURN_OFFSET, TURN_BYTES), {});
  }

  /** The bytes a broadcast takes. */
  static byteLength(options: BroadcastOptions): number {
    return byteLengthOf(geometryOf(options));
  }

  /** The schema text of a record. */
  static schema(options: Partial<BroadcastOptions>): string {
    return layoutOf(options).schema;
  }

  /** Prepares a broadcast in zeroed memory; the creator does it once. */
  static init(region: Region, options: BroadcastOptions): void {
    writeGeometry(region, options);
  }

  /**
   * Attaches to a broadcast. `capacity` is read from it and may be left out.
   *
   * @throws {SegmentFormatError} If the broadcast's own description contradicts the layout or its length.
   */
  static attach<S extends AnyStruct>(
    region: Region,
    options: Partial<BroadcastOptions<S>> & { readonly layout: S },
  ): Broadcast<S> {
    const geometry = readGeometry(region, options);
    return new Broadcast(region, options.layout, geometry);
  }

  /**
   * How many records were ever published: the position of the next.
   *
   * @throws {ClosedError} If the segment was closed.
   */
  get position(): number {
    requireOpen(this.#region);
    return tailOf(this.#region.source.i32);
  }

  /** How many records a reader that begins now with the oldest receives. */
  get length(): number {
    return Math.min(this.position, this.capacity);
  }

  /**
   * Becomes the writer, and continues after the record published last; or becomes one of many writers. Release the role
   * with `close()` or `using`; from a dead writer it is taken over.
   *
   * @throws {RoleTakenError} If only one may write, and there is a live writer, in any process.
   * @throws {ReadOnlyError} On a read-only attachment.
   */
  writer(): BroadcastWriter<S> {
    requireOpen(this.#region);
    const turn = this.#geometry.isShared ? this.#turn : this.#writerRole;
    return new BroadcastWriter(this.layout, this.#region, turn, this.#geometry);
  }

  /**
   * Makes a reader. There may be any number; the writer knows of none.
   *
   * @param options Where it begins, and how it waits.
   * @throws {RangeError} If `from` is not a position from 0 to the next.
   * @throws {ClosedError} If the segment was closed.
   */
  reader(options: BroadcastReaderOptions = {}): BroadcastReader<S> {
    requireOpen(this.#region);
    return new BroadcastReader(this.layout, this.#region, this.#geometry, options);
  }
}
