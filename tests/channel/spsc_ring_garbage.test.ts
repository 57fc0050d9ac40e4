import { describe, it } from "node:test";
import { assertNoGarbage } from "../../support/garbage.ts";

describe("SpscRing's hot paths", () => {
  it("make no garbage in 2 million records each", () =>
    assertNoGarbage(new URL("./spsc_ring_garbage_peer.ts", import.meta.url)));
});
