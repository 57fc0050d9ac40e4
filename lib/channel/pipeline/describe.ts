import { load } from "../../atomic/mod.ts";
import { parseSchema } from "../../layout/mod.ts";
import type { PartDescription, Region } from "../../memory/internal.ts";
import { boundedState } from "../shared/bounded_state.ts";
import { holdersOf } from "../shared/holders.ts";
import { readRecords } from "../shared/record_reading.ts";
import { gateWord, HOLDER_OFFSET, PERMIT_OFFSET, TAIL_OFFSET, WRITER_OFFSET } from "./format.ts";
import { readGeometry } from "./geometry.ts";
import { Pipeline } from "./pipeline.ts";

/** Describes a {@linkcode Pipeline} to tools. Its next records are those that the slowest reader receives next. */
export function describePipeline(region: Region, schema: string): PartDescription {
  const layout = parseSchema(schema), pipeline = Pipeline.attach(region, { layout });
  const { slotMask, recordBytes, recordsOffset, gates } = readGeometry(region, { layout }),
    { i32, u32 } = region.source;
  const roles: Record<string, number> = { writer: WRITER_OFFSET / 4 };
  gates.forEach(({ name }, i) => roles[`reader ${name}`] = gateWord(i, HOLDER_OFFSET));
  return {
    family: "channel",
    state() {
      const { position } = pipeline;
      const readers = pipeline.gates().map(({ name, lag, state, after, drops }) => {
        const behind = after.length > 0 ? `, after ${after.join(" and ")}` : "";
        return { name, lag, state: `${state}${behind}${drops > 0 ? `, dropped ${drops} times` : ""}` };
      });
      const state = boundedState(pipeline, "records", holdersOf(i32, roles), position, { published: position });
      return { ...state, readers };
    },
    contents() {
      const to = load(u32, TAIL_OFFSET / 4), count = Math.min(pipeline.length, pipeline.capacity);
      return readRecords(layout, region, {
        from: (to - count) >>> 0,
        to,
        byteOffsetOf: (position) => recordsOffset + (position & slotMask) * recordBytes,
        // The writer writes before its permit only. pairs: permit
        isWhole: (position) => ((load(i32, PERMIT_OFFSET / 4) - (position + slotMask + 1)) | 0) <= 0,
      });
    },
  };
}
