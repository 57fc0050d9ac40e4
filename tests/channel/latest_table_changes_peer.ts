import process from "node:process";
import { Segment } from "../../mod.ts";
import { LatestTable } from "../../lib/channel/latest_table/latest_table.ts";
import { reportNow, serve } from "../../support/in_spare.ts";
import { orders, peerArgs, report } from "../../support/in_peer.ts";
import { Random } from "../../support/random.ts";
import { fill, Sample } from "./latest_table_sample.ts";

/** Writes rows at random, in bursts, for ever or so many. */
function write([name, count = "0"]: readonly string[]): void {
  const segment = Segment.open(name, { role: "write" });
  const table = segment.open("samples", LatestTable, { layout: Sample }), sample = Sample.alloc();
  const writer = table.writer(), random = new Random(Date.now()), last = Number(count) || Infinity;
  reportNow("writing");
  for (let i = 0; i < last; i++) {
    const row = random.below(table.rows);
    fill(sample, table.version(row) + 1);
    writer.write(row, sample);
    // Bursts, and gaps in which a reader comes up.
    if (random.below(5000) === 0) { for (const until = performance.now() + 0.3; performance.now() < until;); }
  }
  reportNow("done");
}

/** Follows the changes and says what it missed. */
async function follow(name: string): Promise<void> {
  const segment = Segment.open(name, { role: "follow", readOnly: true });
  const table = segment.open("samples", LatestTable, { layout: Sample }), sample = Sample.alloc();
  const seen = new Float64Array(table.rows);
  let since = 0, visits = 0, isOver = false;
  const look = (row: number) => {
    table.read(row, sample);
    seen[row] = sample.sequence;
    visits++;
  };
  report("following");
  const over = (async () => {
    for await (const _ of orders()) return;
  })().then(() => isOver = true);
  while (!isOver) {
    for (let i = 0; i < 1000; i++) since = table.changedSince(since, look);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  await over;
  since = table.changedSince(since, look);
  let missed = 0;
  for (let row = 0; row < table.rows; row++) if (seen[row] !== table.version(row)) missed++;
  report({ missed, enough: visits > 1000 });
  process.exit(0);
}

if (peerArgs[0] === "follow") await follow(peerArgs[1]);
else serve(([_what, ...args]) => write(args));
