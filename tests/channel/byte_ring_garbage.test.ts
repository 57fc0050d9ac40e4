import { describe, it } from "node:test";
import { assertNoGarbage } from "../../support/garbage.ts";

describe("ByteRing's hot paths", () => {
  it("make no garbage in 2 million messages each", () =>
    assertNoGarbage(new URL("./byte_ring_garbage_peer.ts", import.meta.url)));
});
