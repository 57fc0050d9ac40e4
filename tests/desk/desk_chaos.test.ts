import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { describe, it } from "node:test";
import { DEFAULT_OPTIONS } from "../../examples/desk/supervisor/desk_options.ts";
import { summary } from "../../examples/desk/view/summary.ts";
import { runLongEnough } from "./desk_program.ts";

/** What a run must have seen at least: on an idle machine there are 20 kills, 15,000 events and 100 orders. */
const LEAST = { kills: 9, events: 1001, filled: 6 };

describe("the desk whose processes are killed", () => {
  it("continues: no event and no order is lost or comes twice, books and positions stay right", async () => {
    const seed = 1 + Date.now() % 1000; // reported by the summary if it fails
    const options = { ...DEFAULT_OPTIONS, mix: true, seconds: 6, speed: 5, killEveryMs: 250, seed };
    const result = await runLongEnough(
      options,
      ({ kills, audit: { events, orders } }) =>
        kills >= LEAST.kills && events >= LEAST.events && orders.filled >= LEAST.filled,
    );
    const text = summary(result);
    assertEquals([result.verdict.value, result.verdict.complaints], ["right", []], text);
    assertGreaterOrEqual(result.kills, LEAST.kills, text);
    assertEquals(result.deaths.length, result.kills, text);
    assert(result.deaths.every(({ recoveryMs }) => recoveryMs !== undefined), text);
    const { orders, missing, events } = result.audit;
    assertEquals([missing, events, orders.misplaced, orders.undecided], [0, result.last.feed.events, 0, 0], text);
    assertEquals(orders.count, orders.filled + orders.refused, text);
    assertGreaterOrEqual(orders.filled, LEAST.filled, text);
    assertGreaterOrEqual(events, LEAST.events, text);
  });
});
