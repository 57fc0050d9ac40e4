import { assertEquals, assertGreater } from "@std/assert";
import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { describe, it } from "node:test";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { BookUpdate, cHeader, Counters, Histogram, KeyedTable, OrderBook, Segment } from "@shmkit/shmkit";
import { hasCompiler } from "../../support/machine.ts";
import { withName } from "../../support/segments.ts";
import { fill, keyOf, Sample, SMALL } from "./keyed_table_sample.ts";
import { BOOK, fillChange, fillSnapshot } from "./order_book_sample.ts";

const skip = hasCompiler ? false : "no C compiler";

/** Compiles the reader with what the docs say of the structures, in a folder of its own. */
function compileReader(folder: string): string {
  const docs = readFileSync(new URL("../../docs/structures.md", import.meta.url), "utf8");
  const program = join(folder, "reader"), flags = ["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror"];
  writeFileSync(join(folder, "structures.h"), /```c\n([^`]*)```/.exec(docs)![1]);
  writeFileSync(join(folder, "sample.h"), cHeader(Sample));
  copyFileSync(new URL("./c/reader.c", import.meta.url), join(folder, "reader.c"));
  const compiled = spawnSync("cc", [...flags, "-o", program, join(folder, "reader.c"), "-lm"], { encoding: "utf8" });
  assertEquals(compiled.status, 0, compiled.stderr);
  return program;
}

type Seen = Record<string, number>;

/** A reader that runs. */
interface Reader {
  /** Whether it has seen many different ones of everything. */
  hasSeenEnough(): boolean;
  /** Resolves to its report at its end. */
  readonly ended: Promise<Seen>;
}

/** Starts the reader, and waits until it reads. */
async function startReader(program: string, segment: Segment): Promise<Reader> {
  const offsets = segment.objects().map(({ byteOffset }) => `${byteOffset}`);
  const reader = spawn(program, [`/dev/shm${segment.name}`, ...offsets], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  const begun = new Promise<void>((resolve) =>
    reader.stdout.on("data", (data) => {
      output += data;
      resolve();
    })
  );
  const ended = new Promise<Seen>((resolve, reject) =>
    reader.on("close", (code) => {
      if (code === 0) resolve(JSON.parse(output.trim().split("\n").pop()!));
      else reject(new Error(`the reader ended with ${code}: ${output}`));
    })
  );
  await Promise.race([begun, ended]);
  return { hasSeenEnough: () => output.includes("enough"), ended };
}

describe("a program in C", { skip, timeout: 240_000 }, () => {
  it("reads all structures by what docs/structures.md says, while they are written", () =>
    withName(async (name) => {
      const folder = mkdtempSync(join(tmpdir(), "shmkit-"));
      try {
        using segment = Segment.create(name, { byteLength: 2 ** 20 });
        const table = segment.create("table", KeyedTable, SMALL), book = segment.create("book", OrderBook, BOOK);
        const histogram = segment.create("histogram", Histogram, { highest: 1e6, digits: 2, recorders: 2 });
        const counters = segment.create("counters", Counters, { capacity: 5, labelBytes: 20 });
        const rows = table.writer(), levels = book.writer(), recorders = [histogram.recorder(), histogram.recorder()];
        const done = counters.allocate("done"), written = counters.allocate("written");
        const sample = Sample.alloc(), update = new BookUpdate();
        fill(sample, 0, 0);
        rows.set("constant", sample);
        fillSnapshot(update, 1);
        levels.snapshot(update);
        let sequence = 1;
        const write = () => {
          const number = ++sequence % 8;
          if (sequence % 5 === 0) rows.remove(keyOf(number));
          else {
            fill(sample, number, sequence);
            rows.set(keyOf(number), sample);
          }
          fillChange(update, sequence);
          levels.change(update);
          recorders[sequence % 2].record(sequence * 37 % 100_000);
          written.set(sequence);
        };
        const { hasSeenEnough, ended } = await startReader(compileReader(folder), segment);
        for (const start = performance.now(); !hasSeenEnough() && performance.now() - start < 20_000;) {
          for (let i = 0; i < 200; i++) write();
          await delay(0);
        }
        done.set(1);
        const seen = await ended, reading = histogram.read();
        const { wrong, torn, backwards } = seen;
        assertEquals({ wrong, torn, backwards }, { wrong: 0, torn: 0, backwards: 0 });
        assertEquals([seen.sequence, seen.value, seen.total], [sequence, sequence, sequence - 1]);
        assertEquals([seen.p50, seen.p99], [reading.percentile(50), reading.percentile(99)]);
        assertEquals(seen.constant, table.rowOf("constant"));
        for (const each of ["found", "books", "histograms", "values"]) assertGreater(seen[each], 10, each);
      } finally {
        rmSync(folder, { recursive: true });
      }
    }));
});
