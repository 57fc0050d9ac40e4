import { holdersOf } from "../../channel/internal.ts";
import type { PartDescription, Region } from "../../memory/internal.ts";
import { HEADER_BYTES, RECORDER_OFFSET } from "./format.ts";
import { readGeometry } from "./geometry.ts";
import { Histogram } from "./histogram.ts";

/** The percentiles that are reported. */
const PERCENTILES = [0, 25, 50, 75, 90, 95, 99, 99.9, 99.99, 100];

/** Describes a {@linkcode Histogram} to tools. */
export function describeHistogram(region: Region): PartDescription {
  const histogram = Histogram.attach(region, {}), { laneBytes, recorders } = readGeometry(region, {});
  let reading: ReturnType<Histogram["read"]> | undefined;
  const roles = Object.fromEntries(
    Array.from(
      { length: recorders },
      (_, i) => [`recorder ${i}`, (HEADER_BYTES + i * laneBytes + RECORDER_OFFSET) / 4],
    ),
  );
  return {
    family: "structure",
    brief() {
      reading = histogram.read(reading);
      const { total, beyond } = reading, holders = holdersOf(region.source.i32, roles);
      return { facts: { values: total, beyond }, holders, done: total, refused: beyond };
    },
    state() {
      reading = histogram.read(reading);
      const { total, min, max, mean, beyond } = reading;
      const percentiles = { p50: reading.percentile(50), p99: reading.percentile(99) };
      return {
        facts: { values: total, min, ...percentiles, max, mean, beyond, digits: histogram.digits },
        holders: holdersOf(region.source.i32, roles),
        done: total,
        refused: beyond,
      };
    },
    contents() {
      const read = reading = histogram.read(reading);
      return PERCENTILES.map((percentile) => ({ percentile, value: read.percentile(percentile) }));
    },
  };
}
