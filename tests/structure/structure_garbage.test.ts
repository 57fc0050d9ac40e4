import { describe, it } from "node:test";
import { assertNoGarbage } from "../../support/garbage.ts";

describe("the structures' hot paths", () => {
  it("make no garbage in 3 million uses each", () =>
    assertNoGarbage(new URL("./structure_garbage_peer.ts", import.meta.url), 12e6));
});
