import { assert, assertEquals } from "@std/assert";
import { describe, it } from "node:test";
import { LatestTable, Segment } from "@shmkit/shmkit";
import * as records from "../../examples/desk/layout/records.ts";

describe("the desk's records", () => {
  it("fit tables, and keep prices exactly", () => {
    using segment = Segment.anonymous({ byteLength: 2 ** 17 });
    for (const [name, layout] of Object.entries(records)) {
      assertEquals(layout.name, name);
      assert(layout.byteLength <= 128, `${name} takes ${layout.byteLength} bytes`);
    }
    const quotes = segment.create("quotes", LatestTable, { layout: records.QuoteRow, rows: 2 });
    using writer = quotes.writer();
    writer.write(1, {
      bid: 61800.3,
      bidQuantity: 332_200_000,
      ask: 0.0000070301,
      sequence: 5123107852948,
      isValid: true,
    });
    const quote = records.QuoteRow.alloc();
    assert(quotes.read(1, quote));
    assertEquals([quote.bid, quote.bidQuantity, quote.ask], [61800.3, 332_200_000, 0.0000070301]);
    assertEquals([quote.sequence, quote.isValid], [5123107852948, true]);
  });
});
