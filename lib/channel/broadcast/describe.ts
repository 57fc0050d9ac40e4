import { load } from "../../atomic/mod.ts";
import { parseSchema, valuesOf } from "../../layout/internal.ts";
import type { PartContent, PartDescription, PartHolder, Region } from "../../memory/internal.ts";
import { LOCK_WORD, ownerOf } from "../../sync/internal.ts";
import { holdersOf } from "../shared/holders.ts";
import { Broadcast } from "./broadcast.ts";
import { TURN_OFFSET, WRITER_OFFSET } from "./format.ts";
import { readGeometry } from "./geometry.ts";

/** Describes a {@linkcode Broadcast} to tools. Readers leave no trace in it, so none of them are shown. */
export function describeBroadcast(region: Region, schema: string): PartDescription {
  const layout = parseSchema(schema), broadcast = Broadcast.attach(region, { layout });
  const { isShared } = readGeometry(region, { layout }), turn = TURN_OFFSET / 4 + LOCK_WORD;
  const holders = (): PartHolder[] => {
    const { i32 } = region.source;
    if (!isShared) return holdersOf(i32, { writer: WRITER_OFFSET / 4 });
    const id = ownerOf(load(i32, turn)); // pairs: lock word
    return id > 0 ? [{ as: "turn", id }] : [];
  };
  /** What a reader that begins at a position, or at the oldest record, receives. */
  const received = (from: number | "oldest"): { contents: PartContent[]; next: number } => {
    const reader = broadcast.reader({ from }), into = layout.alloc(), contents: PartContent[] = [];
    // No more than there are: a writer that keeps writing must not keep this going.
    for (let left = broadcast.capacity; left > 0 && reader.shift(into); left--) {
      contents.push({ position: reader.position - 1, ...valuesOf(layout, into) });
    }
    return { contents, next: reader.position };
  };
  return {
    family: "channel",
    state() {
      const { position, length, capacity } = broadcast;
      return {
        facts: { records: length, capacity, published: position, writers: isShared ? "many" : "one" },
        holders: holders(),
        done: position,
        capacity,
      };
    },
    contents: () => received("oldest").contents,
    follow() {
      let { position } = broadcast;
      return () => {
        const { contents, next } = received(position);
        position = next;
        return contents;
      };
    },
  };
}
