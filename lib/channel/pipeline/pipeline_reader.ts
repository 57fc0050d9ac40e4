import { isFenced, specialize, wordAccess, wordLoader } from "../../atomic/internal.ts";
import { type AnyStruct, bindRecord } from "../../layout/internal.ts";
import type { Region } from "../../memory/mod.ts";
import { ASLEEP, EventCount } from "../../sync/internal.ts";
import { ChannelEnd } from "../shared/channel_end.ts";
import { RecordConsumer } from "../shared/record_consumer.ts";
import type { RoleOptions } from "../shared/wait_strategy.ts";
import { Waiter } from "../shared/waiter.ts";
import {
  gateWord,
  HOLDER_OFFSET,
  MOVED_EVENT_OFFSET,
  PLACE_MASK,
  PLACE_OFFSET,
  POSITION_OFFSET,
  PUBLISHED_EVENT_OFFSET,
  READING,
  TAIL_OFFSET,
} from "./format.ts";
import { GatePlace, type PlaceRequest } from "./gate_place.ts";
import { Gates } from "./gates.ts";
import type { PipelineGeometry } from "./geometry.ts";
import { makeRecordsPath } from "./records_path.ts";

/**
 * Where a reader of a {@linkcode Pipeline} begins.
 *
 * * `"newest"`: with what is published from now on, if its place had no reader before.
 * * `"oldest"`: with the oldest record whose space the writer has not reserved, if its place had no reader before.
 * * A number: at that position, as `position` reported it, modulo 2^32; even if its place had a reader before. What is
 *   no longer there counts as lost. From `pipeline.position` on it receives only what is published later.
 *
 * A reader that others come after and wait for begins further back, if they have still to receive what comes before.
 */
export type PipelineStart = "newest" | "oldest" | number;

/** Where a reader of a {@linkcode Pipeline} begins, and how it waits. */
export interface PipelineReaderOptions extends RoleOptions {
  /**
   * Where to begin. Defaults to `"newest"`. A reader that succeeds another, dead or closed, continues where it was.
   */
  readonly from?: PipelineStart;
  /**
   * What to do while a reader that this one comes after is not there: `"pass"` continues without it; `"wait"` receives
   * nothing, and so holds the writer up too. A reader that waits receives no record that those before it have not
   * received: what they never received before it begins is left out, and counts as lost if it follows another reader.
   * Defaults to `"pass"`.
   */
  readonly whenMissing?: "pass" | "wait";
}

/**
 * A reader of a {@linkcode Pipeline}: it receives every record after those readers that it comes after. What it writes
 * into a record is seen by those that come after it; no other process may write there. The writer and those that come
 * after it wait for it. Closing it, or the death of its process, ends that; a successor continues where it was.
 */
export class PipelineReader<S extends AnyStruct = AnyStruct> extends RecordConsumer<S> {
  /** Its name in the pipeline's plan. */
  readonly name: string;
  /**
   * How many of the records with which this reader was to begin were gone: those that came and went since its
   * predecessor closed or died, or since the position it asked for. Exact, however many.
   */
  readonly lost: number;
  readonly #end: ChannelEnd;
  readonly #gates: Gates;
  readonly #geometry: PipelineGeometry;
  readonly #after: readonly number[];

  /** Made by `Pipeline.reader`. */
  constructor(
    layout: S,
    region: Region,
    geometry: PipelineGeometry,
    index: number,
    request: PlaceRequest,
    options: RoleOptions,
  ) {
    const { i32: words } = region.views, { slotMask, recordsOffset, recordBytes } = geometry;
    const { name, after } = geometry.gates[index], { waitsForAll } = request, gates = new Gates(region, geometry);
    const published = new EventCount(words, PUBLISHED_EVENT_OFFSET / 4, true);
    const access = wordAccess(words, { isFenced: isFenced(words) });
    const records = specialize(makeRecordsPath)({
      words: access,
      tailWord: TAIL_OFFSET / 4,
      before: after.map((gate) => gateWord(gate, 0)),
      positionWord: POSITION_OFFSET / 4,
      holderWord: HOLDER_OFFSET / 4,
      placeWord: PLACE_OFFSET / 4,
      placeMask: PLACE_MASK,
      reading: READING,
      waitsForAll,
      probe: (which) => void gates.probe(after[which]),
    });
    const waiting = new Waiter(`a record of ${region.name}`, options, () => {
      const which = records.narrowest();
      return which < 0 ? published : gates.event(after[which]);
    });
    const bound = bindRecord(layout, region.views, recordsOffset, { copies: ["copyTo"] });
    // All checks that may refuse are done.
    const place = new GatePlace(region, geometry, gates, index, request);
    const end = new ChannelEnd(region, "read", "reader");
    super(end, {
      words: access,
      bound,
      recordsOffset,
      recordBytes,
      slotMask,
      start: place.position,
      headWord: gateWord(index, POSITION_OFFSET),
      // A place is never ahead of the tail: see the permit in format.ts.
      tailAt: after.length === 0 ? wordLoader(words, TAIL_OFFSET / 4) : records.tailAt,
      countRecords: (position) => (records.recordsBefore(position) - position) | 0,
      highWater: 0x7fff_ffff,
      noteHighWater() {}, // the writer does
      freedWord: gateWord(index, MOVED_EVENT_OFFSET),
      asleep: ASLEEP,
      wake: () => gates.event(index).notifyAll(),
      waiting,
      vacate: () => place.leave(),
    });
    this.name = name;
    this.lost = place.lost;
    this.#end = end;
    this.#gates = gates;
    this.#geometry = geometry;
    this.#after = after;
  }

  /**
   * The names of those that this reader comes after and that are not there: never begun, closed, or dead and dropped.
   */
  get missing(): string[] {
    this.#end.requireOpen();
    return this.#after.filter((i) => this.#gates.reader(i) === 0).map((i) => this.#geometry.gates[i].name);
  }
}
