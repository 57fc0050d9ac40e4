import { assert, assertEquals } from "@std/assert";
import { describe, it } from "node:test";
import { captureText, UPDATES } from "./desk_capture.ts";
import { judge } from "./judge.ts";

const RIGHT = `tops of book equal to the exchange's: ${UPDATES} of ${UPDATES}`;

describe("a verdict", () => {
  it("is right if something was compared, all was equal, and each book is valid at the end", () => {
    const { value, complaints, compared, notCompared } = judge(captureText());
    assertEquals([value, complaints, compared, notCompared], ["right", [], [RIGHT], []]);
  });

  it("is wrong if one value differs, and says which", () => {
    const { value, complaints } = judge(captureText({ wrongTop: 50 }));
    assertEquals([value, complaints[0]], ["wrong", `tops of book that differ from the exchange's: 1 of ${UPDATES}`]);
    assert(/^BTCUSDT: .*999/.test(complaints[1]), complaints[1]);
  });

  it("is neither if nothing could be compared, or not all, and says why", () => {
    const text = captureText(), snapshot = /^.*lastUpdateId.*\n/m;
    const cases: Record<string, readonly [string, RegExp]> = {
      "an empty file": ["", /^1 capture without a market's event$/],
      "broken packing": ["\x1f\x8b\x01\x02\x03\x04", /^1 capture without a market's event$/],
      "another exchange": [`1618677786.79: {"topic":"trade.X","data":[1]}\n`.repeat(3), /^1 capture without/],
      "no snapshot": [text.replace(snapshot, ""), /^1 book without a snapshot: BTCUSDT/],
      "a broken snapshot": [text.replace(/"asks":.*/, `"as`), /^1 book without a snapshot: BTCUSDT/],
      "a gap": [captureText({ gap: 100 }), /^1 book without a snapshot since a gap: BTCUSDT$/],
      "nothing to compare with": [
        text.replace(/^.*bookTicker.*\n/gm, ""),
        /^1 book for which the exchange reported nothing to compare: BTCUSDT; 200 tops of book without an answer$/,
      ],
      "trades alone": [text.replace(/^.*(bookTicker|depth|lastUpdateId).*\n/gm, ""), /^$/],
    };
    for (const [what, [text, expected]] of Object.entries(cases)) {
      const { value, complaints, notCompared } = judge(text);
      assertEquals([what, value, complaints], [what, "unchecked", []]);
      assert(expected.test(notCompared.join("; ")), `${what}: ${notCompared}`);
    }
  });
});
