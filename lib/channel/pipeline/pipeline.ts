import { load } from "../../atomic/mod.ts";
import type { AnyStruct } from "../../layout/mod.ts";
import {
  type LayoutTypeFunction,
  OWN_TYPE,
  type Region,
  requireOpen,
  requireWord,
  Role,
} from "../../memory/internal.ts";
import { positionBefore } from "../shared/long_position.ts";
import type { RoleOptions } from "../shared/wait_strategy.ts";
import { HIGH_WATER_OFFSET, REFUSALS_OFFSET, TAIL_OFFSET, WRITER_OFFSET } from "./format.ts";
import { tailOf } from "./gate_place.ts";
import { Gates } from "./gates.ts";
import {
  byteLengthOf,
  geometryOf,
  layoutOf,
  type PipelineGeometry,
  type PipelineOptions,
  readGeometry,
  writeGeometry,
} from "./geometry.ts";
import { PipelineReader, type PipelineReaderOptions, type PipelineStart } from "./pipeline_reader.ts";
import { PipelineWriter } from "./pipeline_writer.ts";

/** For the compiler: a pipeline's type as a function of its layout's. */
export interface PipelineFunction extends LayoutTypeFunction {
  /** The result. */
  readonly type: Pipeline<Extract<this["layout"], AnyStruct>>;
}

/** The progress of a reader of a {@linkcode Pipeline}. */
export interface PipelineGate {
  /** Its name in the plan. */
  readonly name: string;
  /** The names of the readers it comes after. */
  readonly after: readonly string[];
  /**
   * `"reading"`: the writer waits for it. `"absent"`: it has no reader. `"dead"`: its reader died, and no process has
   * had to wait for it since. `"dropped"`: it died, and is no longer waited for.
   */
  readonly state: "reading" | "absent" | "dead" | "dropped";
  /** The position of the record it receives next; of the first it did not receive, once dropped. */
  readonly position: number;
  /** The number of records by which it is behind the writer; 0 if it has no reader. */
  readonly lag: number;
  /** The reader, in words; undefined if there is none. */
  readonly reader: string | undefined;
  /** How often it was taken away from a dead reader. */
  readonly drops: number;
}

/**
 * A stream of records from one writer to several named readers, in any processes, each of which receives all of them,
 * in a fixed order of work: a reader that comes after others receives a record only once they are done with it. Nothing
 * is lost: the writer waits for the slowest reader present. With `{ book: [], pricing: ["book"], risk: ["book"],
 * hedger: ["pricing", "risk"] }` pricing and risk work in parallel behind the book, and the hedger behind both.
 *
 * A reader that dies is dropped: within 100 ms of the first wait for it, the others stop waiting for it, and `gates()`
 * and `missing` report it. If a successor takes its place first, nothing is lost, and the records of the `drain` it
 * died in are received again; later, the successor continues where the dead one was, or with the oldest record still
 * there, and `lost` reports how many are gone. A reader that closes keeps its place in the same way: a planned restart
 * loses what a death loses, at most. A stopped or slow reader is never dropped: the others wait for it. A writer that
 * dies leaves what it published, and its role is taken over.
 *
 * A reader that comes after one that is not there continues without it, or waits for it, as it chooses (`whenMissing`).
 * If it waits, it receives nothing that those before it have not received: a reader before it begins no later than
 * where it waits.
 *
 * How it works: a position for the writer and one for each reader, each written by one process; a holder for each
 * place; and a permit, which the writer announces first, and which readers that join load. Source: the LMAX
 * Disruptor's sequences and barriers (M. Thompson et al., 2011), across processes.
 *
 * @example
 * ```ts
 * import { f64, Pipeline, Region, struct } from "@shmkit/shmkit";
 * import { assertEquals } from "@std/assert";
 *
 * const Tick = struct("Tick", { price: f64, fair: f64 });
 * const options = { layout: Tick, capacity: 4, readers: { pricing: [], hedger: ["pricing"] } };
 * const region = Region.over(new SharedArrayBuffer(Pipeline.byteLength(options)));
 * Pipeline.init(region, options);
 * const ticks = Pipeline.attach(region, options);
 *
 * using pricing = ticks.reader("pricing"), hedger = ticks.reader("hedger"); // usually in other processes
 * using writer = ticks.writer();
 * for (let price = 1; price <= 4; price++) assertEquals(writer.push({ price }), true);
 * assertEquals(writer.push({ price: 5 }), false); // no reader has received the first one
 *
 * assertEquals(hedger.drain(() => {}), 0); // pricing comes first
 * assertEquals(pricing.drain((tick) => void (tick.fair = tick.price * 2), 3), 3);
 * const fair: number[] = [];
 * assertEquals(hedger.drain((tick) => void fair.push(tick.fair)), 3);
 * assertEquals(fair, [2, 4, 6]);
 * assertEquals(writer.push({ price: 5 }), true);
 * ```
 */
export class Pipeline<S extends AnyStruct = AnyStruct> {
  /** For the compiler only; never present at run time. */
  declare static readonly typeFunction?: PipelineFunction;
  /** The name in the catalog. */
  static readonly kind = "Pipeline";
  /** Never writes what is attached for reading only. */
  static readonly [OWN_TYPE]: true = true;

  /** What a record holds. */
  readonly layout: S;
  /** By how many records the slowest reader may be behind. */
  readonly capacity: number;
  readonly #region: Region;
  readonly #geometry: PipelineGeometry;
  readonly #writerRole: Role;

  private constructor(region: Region, layout: S, geometry: PipelineGeometry) {
    this.layout = layout;
    this.capacity = geometry.capacity;
    this.#region = region;
    this.#geometry = geometry;
    this.#writerRole = new Role(`the writer of ${region.name}`, region, WRITER_OFFSET / 4);
  }

  /** The bytes a pipeline takes. */
  static byteLength(options: PipelineOptions): number {
    return byteLengthOf(geometryOf(options));
  }

  /** The schema text of a record. */
  static schema(options: Partial<PipelineOptions>): string {
    return layoutOf(options).schema;
  }

  /** Prepares a pipeline in zeroed memory; the creator does it once. */
  static init(region: Region, options: PipelineOptions): void {
    writeGeometry(region, options);
  }

  /**
   * Attaches to a pipeline. `capacity` and `readers` are read from it and may be left out.
   *
   * @throws {SegmentFormatError} If the pipeline's own description contradicts the layout, the options or its length.
   */
  static attach<S extends AnyStruct>(
    region: Region,
    options: Partial<PipelineOptions<S>> & { readonly layout: S },
  ): Pipeline<S> {
    const geometry = readGeometry(region, options);
    return new Pipeline(region, options.layout, geometry);
  }

  /** The names of the readers in the plan. */
  get readers(): string[] {
    return this.#geometry.gates.map(({ name }) => name);
  }

  /** How many records were published in the pipeline's life, modulo 2^32. */
  get position(): number {
    requireOpen(this.#region);
    return load(this.#region.source.i32, TAIL_OFFSET / 4) >>> 0; // pairs: ring tail
  }

  /** How many records the slowest reader that is there has still to receive. */
  get length(): number {
    return this.gates().reduce((most, { lag }) => Math.max(most, lag), 0);
  }

  /** How many more records fit before the writer has to wait. */
  get free(): number {
    return this.capacity - this.length;
  }

  /**
   * The most records that the slowest reader had still to receive, as the writer found it each time it had used up the
   * space it knew of.
   */
  get highWater(): number {
    const { length } = this;
    return Math.max(length, this.#region.source.i32[HIGH_WATER_OFFSET / 4]); // statistics: read as it is
  }

  /** How often `claim` or `push` found no space. */
  get refusals(): number {
    requireOpen(this.#region);
    return this.#region.source.f64[REFUSALS_OFFSET / 8];
  }

  /**
   * The progress of each reader.
   *
   * @throws {ClosedError} If the segment was closed.
   */
  gates(): PipelineGate[] {
    requireOpen(this.#region);
    const gates = new Gates(this.#region, this.#geometry), { party } = this.#region;
    return this.#geometry.gates.map(({ name, after }, i) => {
      const holder = gates.reader(i), position = gates.position(i);
      return {
        name,
        after: after.map((index) => this.#geometry.gates[index].name),
        state: holder !== 0 ? party.isAlive(holder) ? "reading" : "dead" : gates.isDropped(i) ? "dropped" : "absent",
        position: position >>> 0,
        // The gate is read first, so that it is not ahead; one that has just joined may be.
        lag: holder === 0 ? 0 : Math.max(0, Math.min(this.capacity, (this.position - position) | 0)),
        reader: holder === 0 ? undefined : party.describe(holder),
        drops: gates.drops(i),
      };
    });
  }

  /**
   * Becomes the writer, and continues after the record published last. Release the role with `close()` or `using`; from
   * a dead writer it is taken over.
   *
   * @param options How its methods wait.
   * @throws {RoleTakenError} If there is a live writer, in any process.
   * @throws {ReadOnlyError} On a read-only attachment.
   */
  writer(options: RoleOptions = {}): PipelineWriter<S> {
    requireOpen(this.#region);
    return new PipelineWriter(this.layout, this.#region, this.#writerRole, this.#geometry, options);
  }

  /**
   * Becomes one of the readers. Release the place with `close()` or `using`; from a dead reader it is taken over.
   * Either way the next reader at this place continues from there, unless it asks for a position.
   *
   * @param name Its name in the plan.
   * @param options Where to begin, and how to wait. Nothing is taken if they are refused.
   * @throws {RangeError} If the plan has no such reader, or the position asked for is not possible.
   * @throws {RoleTakenError} If a live reader has that place, in any process.
   * @throws {ReadOnlyError} On a read-only attachment.
   */
  reader(name: string, options: PipelineReaderOptions = {}): PipelineReader<S> {
    requireOpen(this.#region);
    const index = this.#geometry.gates.findIndex((gate) => gate.name === name);
    if (index < 0) {
      throw new RangeError(
        `Cannot read ${this.#region.name} as the reader must be one of ${this.readers.join(", ")}: received ${
          JSON.stringify(name)
        }`,
      );
    }
    const { from = "newest", whenMissing = "pass" } = options;
    requireWord(`read ${this.#region.name}`, "'whenMissing'", whenMissing, ["pass", "wait"]);
    const request = { from: this.#wholeStart(from), waitsForAll: whenMissing === "wait" };
    return new PipelineReader(this.layout, this.#region, this.#geometry, index, request, options);
  }

  /** Where to begin; a position modulo 2^32 as the whole one that is meant: at most half of that behind the tail. */
  #wholeStart(from: PipelineStart): PipelineStart {
    if (from === "newest" || from === "oldest") return from;
    const tail = tailOf(this.#region.source.i32);
    const start = Number.isInteger(from) && from >= 0 && from < 2 ** 32 ? positionBefore(from | 0, tail) : NaN;
    if (start >= 0 && tail - start < 2 ** 31) return start;
    throw new RangeError(
      `Cannot read ${this.#region.name} as 'from' must be "newest", "oldest" or a position up to ${
        tail % 2 ** 32
      }: received ${typeof from === "number" ? from : JSON.stringify(from)}`,
    );
  }
}
