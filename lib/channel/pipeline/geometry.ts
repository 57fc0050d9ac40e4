import type { AnyStruct } from "../../layout/mod.ts";
import { readText, requireLayout, writeText } from "../../layout/internal.ts";
import { HeaderCheck, type Region, requireInteger } from "../../memory/internal.ts";
import { epochOf } from "../shared/long_position.ts";
import { slotsFor } from "../shared/ring_arithmetic.ts";
import {
  CAPACITY_OFFSET,
  DEPENDENCIES_OFFSET,
  GATE_BYTES,
  GATES_OFFSET,
  MAX_GATES,
  NAME_BYTES,
  NAME_OFFSET,
  PERMIT_EPOCH_OFFSET,
  PERMIT_OFFSET,
  PIPELINE_HEADER_BYTES,
  RECORD_BYTES_OFFSET,
} from "./format.ts";

/** How a {@linkcode Pipeline} is made. */
export interface PipelineOptions<S extends AnyStruct = AnyStruct> {
  /** What a record holds. */
  readonly layout: S;
  /** How many records it holds: 2 to 2^30. Memory is taken for the next power of two. */
  readonly capacity: number;
  /**
   * The readers, 1 to 32, each with those that must have received a record before it: `{ book: [], pricing: ["book"]
   * }`. A name is up to 48 bytes of UTF-8.
   */
  readonly readers: Readonly<Record<string, readonly string[]>>;
}

/** A reader's place in the pipeline. */
export interface GatePlan {
  readonly name: string;
  /** The indices of those before it. */
  readonly after: readonly number[];
}

/** What a pipeline's parts share. */
export interface PipelineGeometry {
  /** How many records it holds. */
  readonly capacity: number;
  /** How many slots there are, less one: a power of two. */
  readonly slotMask: number;
  /** Where the records begin. */
  readonly recordsOffset: number;
  /** Bytes from one record to the next. */
  readonly recordBytes: number;
  readonly gates: readonly GatePlan[];
}

/** The layout in the options of a pipeline; those of a program without types may lack it. */
export function layoutOf(options: Partial<PipelineOptions> | undefined): AnyStruct {
  return requireLayout("a Pipeline", options);
}

/** Where the parts of a pipeline of these options lie. */
export function geometryOf(options: PipelineOptions): PipelineGeometry {
  const layout = layoutOf(options), { capacity, readers } = options;
  requireInteger(`make a pipeline of ${layout.name}`, "capacity", capacity, 2, 2 ** 30);
  return placed(layout, capacity, gatesOf(layout, readers));
}

function placed(layout: AnyStruct, capacity: number, gates: readonly GatePlan[]): PipelineGeometry {
  return {
    capacity,
    slotMask: slotsFor(capacity) - 1,
    recordsOffset: PIPELINE_HEADER_BYTES + gates.length * GATE_BYTES,
    recordBytes: layout.byteLength,
    gates,
  };
}

/** The bytes of a pipeline. */
export function byteLengthOf({ recordsOffset, slotMask, recordBytes }: PipelineGeometry): number {
  return recordsOffset + (slotMask + 1) * recordBytes;
}

function gatesOf(layout: AnyStruct, readers: PipelineOptions["readers"]): GatePlan[] {
  const names = Object.keys(readers ?? {});
  const refuse = (what: string, received: unknown) =>
    new RangeError(`Cannot make a pipeline of ${layout.name} as ${what}: received ${received}`);
  if (names.length < 1 || names.length > MAX_GATES) {
    throw refuse(`'readers' must name 1 to ${MAX_GATES}`, names.length);
  }
  const gates = names.map((name) => {
    const reason = name === "" ? "not empty" : writeText(new Uint8Array(NAME_BYTES), 0, NAME_BYTES, name);
    if (reason !== undefined) throw refuse(`a reader's name must be ${reason}`, JSON.stringify(name));
    const after = readers[name].map((other) => {
      const index = names.indexOf(other);
      if (index < 0) throw refuse(`what '${name}' comes after must be a reader`, JSON.stringify(other));
      return index;
    });
    return { name, after };
  });
  const circle = circleIn(gates);
  if (circle !== undefined) throw refuse("no reader may come after itself", circle.join(" after "));
  return gates;
}

/** The indices of all gates that must have received a record before one does. */
export function ancestorsOf(gates: readonly GatePlan[], index: number, found: number[] = []): number[] {
  for (const before of gates[index].after) {
    if (found.includes(before)) continue;
    found.push(before);
    ancestorsOf(gates, before, found);
  }
  return found;
}

/** The names on a way that leads back to where it began, if there is one. */
function circleIn(gates: readonly GatePlan[]): string[] | undefined {
  const isDone = gates.map(() => false), way: number[] = [];
  const visit = (index: number): string[] | undefined => {
    if (way.includes(index)) return [...way.slice(way.indexOf(index)), index].map((i) => gates[i].name);
    if (isDone[index]) return undefined;
    way.push(index);
    for (const before of gates[index].after) {
      const circle = visit(before);
      if (circle !== undefined) return circle;
    }
    way.pop();
    isDone[index] = true;
    return undefined;
  };
  for (const index of gates.keys()) {
    const circle = visit(index);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

/** Writes the plan into zeroed memory. */
export function writeGeometry(region: Region, options: PipelineOptions): void {
  const { capacity, recordBytes, gates } = geometryOf(options);
  const { u8, u32 } = region.views;
  u32[CAPACITY_OFFSET / 4] = capacity;
  u32[RECORD_BYTES_OFFSET / 4] = recordBytes;
  u32[GATES_OFFSET / 4] = gates.length;
  u32[PERMIT_OFFSET / 4] = capacity;
  u32[PERMIT_EPOCH_OFFSET / 4] = epochOf(capacity);
  gates.forEach(({ name, after }, i) => {
    const gate = PIPELINE_HEADER_BYTES + i * GATE_BYTES;
    writeText(u8, gate + NAME_OFFSET, NAME_BYTES, name);
    u32[(gate + DEPENDENCIES_OFFSET) / 4] = after.reduce((mask, index) => mask | (1 << index), 0);
  });
}

/** Reads the plan, and refuses what contradicts the layout, the region or what the caller expects. */
export function readGeometry(
  region: Region,
  options: Partial<PipelineOptions> & { readonly layout: AnyStruct },
): PipelineGeometry {
  const layout = layoutOf(options), { readers } = options;
  const header = new HeaderCheck("pipeline", region, PIPELINE_HEADER_BYTES), { u8, u32 } = region.source;
  const capacity = u32[CAPACITY_OFFSET / 4], count = u32[GATES_OFFSET / 4];
  if (capacity < 2 || capacity > 2 ** 30) header.refuse("its capacity", "2 to 1073741824", capacity);
  if (count < 1 || count > MAX_GATES) header.refuse("the number of its gates", `1 to ${MAX_GATES}`, count);
  header.require("its record's length", layout.byteLength, u32[RECORD_BYTES_OFFSET / 4]);
  const geometry = placed(
    layout,
    capacity,
    Array.from({ length: count }, (_, i) => {
      const gate = PIPELINE_HEADER_BYTES + i * GATE_BYTES, mask = u32[(gate + DEPENDENCIES_OFFSET) / 4];
      const after = Array.from({ length: MAX_GATES }, (_, bit) => bit).filter((bit) => (mask >>> bit & 1) === 1);
      if (after.some((index) => index >= count)) {
        header.refuse("what a gate comes after", `one of ${count} gates`, mask);
      }
      return { name: readText(u8 as Uint8Array, gate + NAME_OFFSET, NAME_BYTES) ?? "", after };
    }),
  );
  header.requireLength(byteLengthOf(geometry), `for ${capacity} records`);
  const circle = circleIn(geometry.gates);
  if (circle !== undefined) header.refuse("its gates", "free of circles", circle.join(" after "));
  header.requireOption("capacity", capacity, options.capacity);
  if (readers !== undefined) {
    header.requireOption("readers", planText(geometry.gates), planText(gatesOf(layout, readers)));
  }
  return geometry;
}

/** The plan in words, whatever the order in which dependencies were named. */
function planText(gates: readonly GatePlan[]): string {
  const after = (gate: GatePlan) => gate.after.map((index) => gates[index].name).sort().join(" and ");
  return gates.map((gate) => gate.name + (gate.after.length > 0 ? ` after ${after(gate)}` : "")).join(", ");
}
