import { assert, assertEquals, assertGreater } from "@std/assert";
import { describe, it } from "node:test";
import { KeyedTable, Segment } from "@shmkit/shmkit";
import { Peer } from "../../support/peer.ts";
import { Random } from "../../support/random.ts";
import { thisRuntime } from "../../support/runtimes.ts";
import { diesBefore } from "./dying.ts";
import { faultOf, fill, keyOf, Sample, SMALL } from "./keyed_table_sample.ts";

const SCRIPT = new URL("./keyed_table_steps_peer.ts", import.meta.url);

interface Scene {
  readonly segment: Segment;
  readonly table: KeyedTable<typeof Sample>;
  /** The keys that are there, each with a value. */
  readonly numbers: number[];
}

/** A table after some additions and removals, so that there are free rows, and runs of entries in the index. */
function makeScene(seed: number, writers: "one" | "rows" = "one"): Scene {
  const random = new Random(seed), segment = Segment.anonymous({ byteLength: 65_536 });
  const table = segment.create("table", KeyedTable, { ...SMALL, writers });
  const numbers: number[] = [], sample = Sample.alloc();
  using writer = table.writer();
  const most = SMALL.capacity - random.below(4) - 1;
  for (let number = 0; numbers.length < most; number++) {
    fill(sample, number, seed);
    writer.set(keyOf(number), sample);
    numbers.push(number);
    if (random.below(4) === 0) writer.remove(keyOf(numbers.splice(random.below(numbers.length), 1)[0]));
  }
  return { segment, table, numbers };
}

/** After a death everything is as before or after what was begun, and can be used up to the last row. */
function checkScene({ table, numbers }: Scene, maybe: number, title: string): void {
  assertEquals(faultOf(table, numbers, maybe), undefined, `${title}: before the next change`);
  table.remove(keyOf(9999)); // there is none, but this repairs
  assertEquals(faultOf(table, numbers, maybe), undefined, `${title}: after it`);
  assertEquals(table.size, [...table.keys()].length, `${title}: the count`);
  for (let number = 1001; table.size < table.capacity; number++) table.add(keyOf(number));
  assertEquals(new Set(Array.from(table.entries(), ([, row]) => row)).size, table.capacity, `${title}: no row is lost`);
  for (const number of numbers) assert(table.remove(keyOf(number)), title);
  for (const [key] of table.entries()) assert(table.remove(key), title);
  assertEquals([table.size, [...table.keys()], table.has(keyOf(maybe))], [0, [], false], title);
  for (let number = 0; number < table.capacity; number++) table.add(keyOf(number));
  assertEquals(table.size, table.capacity);
}

type Change = (table: KeyedTable<typeof Sample>, scene: Scene) => number;

/** Leaves a change before each of its writes in turn. Returns how many it has. */
function eachDeath(seed: number, writers: "one" | "rows", change: Change): number {
  for (let step = 1;; step++) {
    const scene = makeScene(seed, writers), other = Segment.open(scene.segment.name);
    const table = other.open("table", KeyedTable, { layout: Sample });
    table.has(""); // makes the lookups
    let maybe = -1;
    const died = diesBefore(step, () => void (maybe = change(table, scene)));
    if (!died) {
      other.close();
      scene.segment.close();
      return step - 1;
    }
    other.close();
    // Which key the change was about is known without it.
    maybe = change === addOne || change === takeOne ? NEW : scene.numbers[scene.numbers.length >> 1];
    const numbers = scene.numbers.filter((number) => number !== maybe);
    checkScene({ ...scene, numbers }, maybe, `seed ${seed}, ${change.name}, step ${step}`);
    scene.segment.close();
  }
}

const NEW = 777;
const addOne: Change = (table) => (table.add(keyOf(NEW)), NEW);
const takeOne: Change = (table) => (table.writer().own(keyOf(NEW)), NEW);
const removeOne: Change = (table, { numbers }) => {
  const number = numbers[numbers.length >> 1];
  table.remove(keyOf(number));
  return number;
};

describe("a death within a change of a KeyedTable's keys", { timeout: 240_000 }, () => {
  for (
    const [change, writers, least] of [[addOne, "one", 15], [takeOne, "rows", 16], [removeOne, "rows", 9]] as const
  ) {
    it(`before each of its atomic writes, in three tables: ${change.name}`, () => {
      let most = 0;
      for (let seed = 1; seed <= 3; seed++) most = Math.max(most, eachDeath(seed, writers, change));
      assertGreater(most, least);
    });
  }

  it("and another within its repair, before some of its atomic writes, others in the other runner", () => {
    let pairs = 0;
    for (const seed of [3]) {
      for (const change of [addOne, removeOne]) {
        for (let first = 1, isAgain = true; isAgain; first++) {
          for (let second = 1 + (first * 2 + (thisRuntime === "bun" ? 0 : 3)) % 6;; second += 6) {
            const scene = makeScene(seed, "rows");
            const [one, two] = [0, 1].map(() => Segment.open(scene.segment.name));
            const tables = [one, two].map((segment) => segment.open("table", KeyedTable, { layout: Sample }));
            for (const table of tables) table.has("");
            isAgain = diesBefore(first, () => void change(tables[0], scene));
            one.close();
            const died = isAgain && diesBefore(second, () => void tables[1].remove(keyOf(9999)));
            two.close();
            const maybe = change === addOne ? NEW : scene.numbers[scene.numbers.length >> 1];
            if (died) {
              const numbers = scene.numbers.filter((number) => number !== maybe);
              checkScene({ ...scene, numbers }, maybe, `seed ${seed}, ${change.name}, steps ${first} and ${second}`);
              pairs++;
            }
            scene.segment.close();
            if (!died) break;
          }
        }
      }
    }
    assertGreater(pairs, 30);
  });

  for (const what of ["add", "remove"]) {
    it(`by kill -9 before each of them, every second one by the other runner's runtime: ${what}`, async () => {
      let died = 0;
      for (let isDone = false; !isDone; died += 4) {
        const ends = await Promise.all([1, 2, 3, 4].map(async (more) => {
          const scene = makeScene(9), step = (died + more) * 2 - (thisRuntime === "bun" ? 1 : 0), { segment } = scene;
          const victim = Peer.start(thisRuntime, SCRIPT, [what, segment.name, step]);
          const { maybe } = await victim.next<{ maybe: number }>();
          const { code, signal } = await victim.exited;
          if (signal !== "SIGKILL") assertEquals(code, 0, victim.errors);
          const numbers = scene.numbers.filter((number) => number !== maybe);
          checkScene({ ...scene, numbers }, maybe, `${what}, step ${step}`);
          segment.close();
          return signal === "SIGKILL";
        }));
        isDone = ends.includes(false);
      }
      assertGreater(died, 4);
    });
  }
});
