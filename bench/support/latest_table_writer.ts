/** Writes the rows of a table in turn until it is killed: `latest_table_writer.ts segment every`, in nanoseconds. */
import { LatestTable, Segment } from "../../mod.ts";
import { peerArgs, report } from "../../support/in_peer.ts";
import { Record64 } from "./record64.ts";

const [name, every] = peerArgs;
const table = Segment.open(name).open("table", LatestTable, { layout: Record64 });
const writer = table.writer(), record = Record64.alloc(), rows = table.rows;

function write(times: number, ms: number): void {
  for (let i = 0, next = performance.now(); i < times; i++) {
    record.a =
      record.b =
      record.c =
      record.d =
      record.e =
      record.f =
      record.g =
      record.h =
        i;
    writer.write(i % rows, record);
    if (ms > 0) { for (next += ms; performance.now() < next;) continue; }
  }
}

write(100_000, 0);
report("writing");
while (true) write(1e9, Number(every) / 1e6);
