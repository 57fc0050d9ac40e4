import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "node:test";
import { encode, encodedLength, EventDecoder } from "../../examples/desk/input/event_codec.ts";
import { depthEvent, EVENT_KINDS, type MarketEvent } from "../../examples/desk/input/events.ts";
import { SimulatedMarket } from "../../examples/desk/market/simulated_market.ts";

/** An event without what is left over behind its levels. */
function plain(event: MarketEvent): unknown {
  if (event.kind !== "depth") return { ...event };
  const sides = [event.bids, event.asks].map(({ prices, quantities, length }) => [
    [...prices.subarray(0, length)],
    [...quantities.subarray(0, length)],
  ]);
  return { ...event, bids: sides[0], asks: sides[1] };
}

describe("events as doubles", () => {
  it("come out as they went in, and touch nothing beside them", () => {
    const market = new SimulatedMarket({ events: 3000 }), decoder = new EventDecoder();
    const doubles = new Float64Array(10_000), seen = new Set<string>();
    for (let event = market.next(); event !== undefined; event = market.next()) {
      const length = encodedLength(event);
      doubles.fill(-7);
      encode(event, doubles, 5);
      assertEquals([doubles[4], doubles[5 + length]], [-7, -7]);
      assertEquals(doubles.subarray(5, 5 + length).includes(-7), false, event.kind);
      assertEquals(plain(decoder.decode(doubles, 5)), plain(event));
      seen.add(event.kind);
    }
    assertEquals(seen.size, EVENT_KINDS.length);
  });

  it("are refused if there is no event, or no whole one", () => {
    const decoder = new EventDecoder(), event = depthEvent();
    event.bids.push(1, 2);
    const doubles = new Float64Array(encodedLength(event));
    encode(event, doubles, 0);
    assertThrows(() => decoder.decode(doubles.subarray(0, -1), 0), RangeError);
    for (const kind of [-1, 4, NaN, 0.5]) assertThrows(() => decoder.decode(Float64Array.of(kind), 0), RangeError);
  });
});
