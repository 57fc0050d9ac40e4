import { assert, assertEquals, assertGreater } from "@std/assert";
import { describe, it } from "node:test";
import { DEFAULT_OPTIONS } from "../../examples/desk/supervisor/desk_options.ts";
import { runDesk } from "../../examples/desk/supervisor/run_desk.ts";
import { summary } from "../../examples/desk/view/summary.ts";

describe("the desk whose processes are killed", () => {
  it("goes on: no event and no order is lost or comes twice, books and positions stay right", async () => {
    const seed = 1 + Date.now() % 1000; // reported by the summary if it fails
    const options = { ...DEFAULT_OPTIONS, mix: true, seconds: 6, speed: 5, killEveryMs: 250, seed };
    const result = await runDesk(options), text = summary(result);
    assertEquals([result.verdict.value, result.verdict.complaints], ["right", []], text);
    assertGreater(result.kills, 8, text);
    assertEquals(result.deaths.length, result.kills, text);
    assert(result.deaths.every(({ recoveryMs }) => recoveryMs !== undefined), text);
    const { orders, missing, events } = result.audit;
    assertEquals([missing, events, orders.misplaced, orders.undecided], [0, result.last.feed.events, 0, 0], text);
    assertEquals(orders.count, orders.filled + orders.refused, text);
    assertGreater(orders.filled, 5, text);
    assertGreater(events, 1000, text); // on an idle machine 15,000: while a process is started anew, all wait
  });
});
