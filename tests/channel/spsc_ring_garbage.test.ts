import { assert, assertGreaterOrEqual } from "@std/assert";
import { describe, it } from "node:test";
import { thisRuntime } from "../../support/runtimes.ts";
import { garbageOf } from "./garbage.ts";

describe("SpscRing's hot paths", () => {
  it("make no garbage in 5 million records each", () => {
    const found = garbageOf(thisRuntime, new URL("./spsc_ring_garbage_peer.ts", import.meta.url));
    const { control, ...paths } = found;
    console.log(JSON.stringify(found));
    for (const [name, { collections, grownBytes }] of Object.entries(paths)) {
      // V8 compiles meanwhile, which its heap shows: under two bytes a record, where an object takes 16 or more.
      assert(collections <= 1 && grownBytes < 10e6, `${name}: ${collections} collections, ${grownBytes} bytes`);
    }
    assertGreaterOrEqual(control.collections, 2, "the figures do not show garbage");
  });
});
