import { assert, assertGreaterOrEqual } from "@std/assert";
import { describe, it } from "node:test";
import { thisRuntime } from "../../support/runtimes.ts";
import { garbageOf } from "../channel/garbage.ts";

describe("the structures' hot paths", () => {
  it("make no garbage in 3 million uses each", () => {
    const found = garbageOf(thisRuntime, new URL("./structure_garbage_peer.ts", import.meta.url));
    const { control, ...paths } = found;
    console.log(JSON.stringify(found));
    for (const [name, { collections, grownBytes }] of Object.entries(paths)) {
      // V8 compiles meanwhile, which its heap shows: under four bytes a use, where an object takes 16 or more.
      assert(collections <= 1 && grownBytes < 12e6, `${name}: ${collections} collections, ${grownBytes} bytes`);
    }
    assertGreaterOrEqual(control.collections, 2, "the figures do not show garbage");
  });
});
