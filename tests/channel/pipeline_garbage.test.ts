import { describe, it } from "node:test";
import { assertNoGarbage } from "../../support/garbage.ts";

describe("Pipeline's hot paths", () => {
  it("make no garbage in 2 million records each", () =>
    assertNoGarbage(new URL("./pipeline_garbage_peer.ts", import.meta.url)));
});
