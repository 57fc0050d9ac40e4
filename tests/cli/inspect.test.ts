import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, readSync, writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { type AnyStruct, chars, f64, LatestTable, Segment, struct } from "@shmkit/shmkit";
import { Peer } from "../../support/peer.ts";
import { command, otherRuntime, thisRuntime } from "../../support/runtimes.ts";
import { uniqueName, withName } from "../../support/segments.ts";
import { shmkit, shmkitJson } from "./command.ts";

const PEER = new URL("./segment_peer.ts", import.meta.url);
const name = uniqueName(), Quote = struct("Quote", { bid: f64 });
let peer: Peer;

before(async () => {
  peer = Peer.start(otherRuntime, PEER, [name]);
  await peer.next();
});

after(() => {
  peer.kill();
  Segment.unlink(name);
});

interface Inspected {
  readonly facts: Record<string, unknown>;
  readonly holds: string[];
  // deno-lint-ignore no-explicit-any -- what the tests look into
  readonly contents: any[];
  readonly readers: { name: string; lag: number }[];
}

/** All objects, with what lies in them. */
async function inspectedAll(): Promise<Record<string, Inspected>> {
  const { code, json } = await shmkitJson(["inspect", name, "--rows"]);
  assertEquals(code, 0);
  // deno-lint-ignore no-explicit-any -- what the tests look into
  return Object.fromEntries(json.objects.map(({ name, state, holders, contents }: any) => [
    name,
    { facts: state?.facts, holds: holders.map(({ as }: { as: string }) => as), contents, readers: state?.readers },
  ]));
}

// In this order: the first ones find what the peer made, and later ones change it.
describe("shmkit inspect", () => {
  it("shows a segment whose slots are full, and changes no byte of it", async () => {
    using own = Segment.open(name, { role: "second" }); // the last slot
    const start = readFileSync(`/dev/shm${name}`);
    const { code, json } = await shmkitJson(["inspect", name]);
    assertEquals(Buffer.compare(readFileSync(`/dev/shm${name}`), start), 0);
    assertEquals([code, json.status, json.slots, json.alive, json.dead], [0, "ready", 2, 2, 0]);
    assertEquals(json.objects.length, own.objects().length);
    assertEquals(json.creator, { pid: peer.pid, state: "alive" });
    const [feed, second] = json.participants;
    assertEquals([feed.pid, feed.role, feed.state, feed.runtime], [peer.pid, "feed", "alive", otherRuntime]);
    assertEquals([second.role, second.runtime, second.holds], ["second", thisRuntime, []]);
    for (const held of ["writer of quotes", "producer of ticks", "owner of lock", "reader book of events"]) {
      assert(feed.holds.includes(held), held);
    }
    const text = await shmkit(["inspect", name]);
    assertEquals(text.code, 0);
    for (
      const line of [
        /feed +alive/,
        /quotes +LatestTable/,
        /ticks +SpscRing .*records 4, capacity 4/,
        /own +Own .*another program's/,
      ]
    ) {
      assert(line.test(text.out), `${line} in ${text.out}`);
    }
  });

  it("decodes a table's rows by its schema", async () => {
    const { quotes: { facts, holds, contents } } = await inspectedAll();
    assertEquals([facts.rows, holds], [8, ["writer"]]);
    assertEquals(contents, [{
      row: 3,
      version: 1,
      bid: 1.5,
      fee: 0.25,
      side: "sell",
      name: "BTC",
      id: "7",
      time: 99,
      leg: { price: 4, size: 5 },
      depth: [6, 7],
    }]);
    const { out } = await shmkit(["inspect", name, "quotes"]);
    for (const text of ["leg.price", "sell", "[6,7]", `writer  process ${peer.pid} (feed)`]) {
      assertStringIncludes(out, text);
    }
  });

  it("shows the contents of channels, and takes nothing", async () => {
    for (let i = 0; i < 2; i++) {
      const { ticks, jobs, log, trades, events } = await inspectedAll();
      assertEquals([ticks.facts.records, ticks.facts["high water"], ticks.facts.refusals], [4, 4, 1]);
      assertEquals(ticks.contents, [1, 2, 3, 4].map((price, position) => ({ position, price, size: price * 10 })));
      assertEquals([jobs.holds, jobs.facts.records], [["producer", "consumer"], 2]);
      assertEquals(jobs.contents, [{ position: 1, price: 2, size: 1 }, { position: 2, price: 3, size: 1 }]);
      assertEquals(log.contents.map(({ message }) => message), ["68656c6c6f", "0102ff"]);
      assertEquals(trades.contents.map(({ price }) => price), [3, 4, 5, 6]);
      assertEquals(events.readers.map(({ name, lag }) => [name, lag]), [["book", 2], ["risk", 0]]);
      assertEquals(events.contents.map(({ price }) => price), [2, 3]);
    }
  });

  it("shows locks and structures", async () => {
    const all = await inspectedAll(), { lock } = all;
    assertEquals([lock.holds, lock.facts], [["owner"], { waiters: 0, acquisitions: 1, contended: 0, recoveries: 0 }]);
    assertEquals(all["free lock"].holds, []);
    assertEquals(all.readers.holds, ["reader"]);
    assertEquals(all.permits.holds, ["permit 0"]);
    assertEquals(all.once.facts["is done"], true);
    assertEquals(all.params.contents, [{ bytes: 8, payload: "0102030405060708" }]);
    assertEquals(all.limits.contents, [{ price: 1.5, size: 6 }]);
    assertEquals(all.accounts.contents, [
      { key: "alice", row: 0, price: 1, size: 2 },
      { key: "bob", row: 1, price: 3, size: 4 },
    ]);
    assertEquals(all.book.contents, [
      { level: 0, bid: 99, "bid quantity": 1, ask: 101, "ask quantity": 3 },
      { level: 1, bid: 98, "bid quantity": 2 },
    ]);
    assertEquals(all.latency.facts.values, 100);
    assertEquals(all.counters.contents.map(({ value }) => value), [5]);
    const own = await shmkit(["inspect", name, "own"]);
    assertEquals(own.code, 0);
    assertStringIncludes(own.out, "none of the library's kinds");
  });

  /** Follows an object, and does something when it has been shown once. */
  async function following(
    object: string,
    begun: () => void,
    seen: (content: Record<string, unknown>) => boolean,
    segment = name,
  ) {
    const args = ["inspect", segment, object, "--follow", "--json", "--interval", "20"];
    const call = command(thisRuntime, fileURLToPath(new URL("../../lib/cli/main.ts", import.meta.url)), args);
    const child = spawn(call.file, call.args, { timeout: 240_000 }), ended = once(child, "close");
    let errors = "", lines = 0;
    child.stderr.on("data", (data) => errors += data);
    try {
      for await (const line of createInterface({ input: child.stdout })) {
        if (lines++ === 0) begun();
        else if (seen(JSON.parse(line))) return;
      }
      return { code: (await ended)[0] as number | null, errors };
    } finally {
      child.kill("SIGKILL");
    }
  }

  it("follows changes", async () => {
    for (
      const [object, what, expected] of [["quotes", "write", { row: 3, bid: 10 }], ["trades", "push", {
        price: 11,
      }]] as const
    ) {
      const ended = await following(object, () => peer.send(what), (found) => {
        for (const [key, value] of Object.entries(expected)) assertEquals(found[key], value);
        return true;
      });
      assertEquals(ended, undefined, `${object} changed, and nothing was shown`);
    }
  });

  it("follows an object until it is corrupt, says so and ends with 1", async () => {
    const { json } = await shmkitJson(["inspect", name, "jobs"]), file = openSync(`/dev/shm${name}`, "r+");
    const kept = new Uint8Array(64), write = (bytes: Uint8Array) => writeSync(file, bytes, 0, 64, json.byteOffset);
    readSync(file, kept, 0, 64, json.byteOffset);
    try {
      const ended = await following("jobs", () => write(new Uint8Array(64).fill(255)), () => false);
      assertEquals(ended?.code, 1, ended?.errors);
      assertStringIncludes(ended!.errors, "Cannot attach to queue");
    } finally {
      write(kept);
      closeSync(file);
    }
  });

  it("follows a segment until its name is another's, or gone and nobody is attached", () =>
    withName(async (own) => {
      const make = (layout: AnyStruct) => {
        const segment = Segment.create(own, { byteLength: 65_536 });
        segment.create("table", LatestTable, { layout, rows: 1 });
        return segment;
      };
      using first = make(Quote);
      const replace = () => {
        Segment.unlink(own);
        make(struct("Other", { name: chars(64) })).close();
      };
      const ended = await following("table", replace, () => false, own);
      assertEquals(ended?.code, 1);
      assertStringIncludes(ended!.errors, "its name leads to another file now");
      Segment.unlink(own);
      first.close();
      using second = make(Quote);
      const writer = second.open("table", LatestTable, { layout: Quote }).writer();
      let shown = 0;
      const left = await following("table", () => {
        Segment.unlink(own);
        writer.write(0, { bid: 1 });
      }, () => {
        shown++; // it is seen while a process is attached
        second.close();
        return false;
      }, own);
      assertEquals([left?.code, shown], [1, 1]);
      assertStringIncludes(left!.errors, "its name was removed, and no process is attached");
    }));

  it("ends with 1 for what cannot be inspected, and with 2 for wrong arguments", async () => {
    const calls: [args: string[], code: number, says: string][] = [
      [["inspect", "/shmkit-test-none"], 1, "there is none"],
      [["inspect", name, "nothing"], 1, "found 'quotes', 'ticks'"],
      [["inspect", name, "--follow"], 2, "needs an object"],
      [["inspect", name, "quotes", "--rows", "x"], 2, "must be a number"],
      [["inspect", "/../../etc/passwd"], 2, "no other '/'"],
      [["inspect", "\x1b[2J/"], 2, "\\x1b[2J"],
      [["inspect"], 2, "missing required argument"],
      [["inspekt", name], 2, "Did you mean inspect?"],
    ];
    const answers = await Promise.all(calls.map(([args]) => shmkit(args)));
    for (const [i, [args, code, says]] of calls.entries()) {
      const answer = answers[i];
      assertEquals(answer.code, code, args.join(" "));
      assertStringIncludes(answer.errors, says);
    }
  });
});
