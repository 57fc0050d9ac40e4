import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertGreaterOrEqual,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { Buffer } from "node:buffer";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { CaptureCheck, type CheckSummary } from "../../examples/desk/check/capture_check.ts";
import { CaptureParser } from "../../examples/desk/input/capture_parser.ts";
import { CaptureSource } from "../../examples/desk/input/capture_source.ts";
import { Definitions } from "../../examples/desk/input/definitions.ts";
import type { MarketEvent } from "../../examples/desk/input/events.ts";
import { Instruments } from "../../examples/desk/input/instruments.ts";
import { JsonScanner, names } from "../../examples/desk/input/json_scanner.ts";
import { readLines } from "../../examples/desk/input/line_reader.ts";
import { OrderReport } from "../../examples/desk/input/order_report.ts";
import { replay } from "../../examples/desk/input/replay.ts";
import { ReplayClock } from "../../examples/desk/input/replay_clock.ts";
import { digitsOf, timesDecimal } from "../../examples/desk/input/decimal.ts";
import { Random } from "../../support/random.ts";
import { captureText, UPDATES } from "./desk_capture.ts";

const DEPTH =
  `1723161255030314667 {"stream":"btcusdt@depth@0ms","data":{"e":"depthUpdate","E":1723161256299,"T":1723161256298,"s":"BTCUSDT","U":5123107832006,"u":5123107837557,"pu":5123107831937,"b":[["58710.20","0.014"],["61510.90","0.000"]],"a":[["61800.30","3.330"]]}}`;
const TOP =
  `1723161255088169167 {"stream":"btcusdt@bookTicker","data":{"e":"bookTicker","u":5123107839020,"s":"BTCUSDT","b":"61800.20","B":"2.507","a":"61800.30","A":"2.510","T":1723161256313,"E":1723161256313}}`;
const TRADE =
  `1723161255088176367 {"stream":"btcusdt@trade","data":{"e":"trade","E":1723161256322,"T":1723161256322,"s":"BTCUSDT","t":5266583935,"p":"61800.30","q":"0.006","X":"MARKET","m":false}}`;
const SNAPSHOT =
  `1723161255319702566 {"lastUpdateId":5123107852948,"E":1723161256501,"T":1723161256493,"bids":[["61800.20","2.909"]],"asks":[]}`;
const BOOK =
  `1617644858.3995452: {"jsonrpc":"2.0","method":"subscription","params":{"channel":"book.ETH-30APR21-2240-P.raw","data":{"type":"change","timestamp":1617644858339,"prev_change_id":8973367653,"instrument_name":"ETH-30APR21-2240-P","change_id":8973367846,"bids":[["delete",0.0255,0.0],["new",0.026,299.0]],"asks":[]}}}`;
const TICKER =
  `1617644975.142454: {"jsonrpc":"2.0","method":"subscription","params":{"channel":"ticker.ETH-16APR21-1400-P.raw","data":{"underlying_price":2143.12,"underlying_index":"ETH-16APR21","timestamp":1617644975151,"stats":{"volume":null,"low":null},"state":"open","mark_price":0.000978,"mark_iv":117.71,"last_price":0.0015,"interest_rate":0.0,"instrument_name":"ETH-16APR21-1400-P","index_price":2102.53,"greeks":{"vega":0.12286,"theta":-0.68282,"rho":-0.00874,"gamma":0.00008,"delta":-0.01308},"bid_iv":107.46,"best_bid_price":0.0005,"best_bid_amount":2240.0,"best_ask_price":null,"best_ask_amount":0.0,"ask_iv":125.59}}}`;

const encoder = new TextEncoder();

function parse(parser: CaptureParser, line: string): MarketEvent | undefined {
  return parser.parse(encoder.encode(line + "\n"), 0);
}

function one(line: string): MarketEvent {
  const parser = new CaptureParser();
  const event = parse(parser, line);
  assert(event !== undefined, parser.report.examples[0]);
  return event;
}

/** Runs with files in a folder of their own. */
async function withFiles(files: Record<string, string | Uint8Array>, use: (folder: string) => Promise<void>) {
  const folder = mkdtempSync(join(tmpdir(), "shmkit-test-"));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function eventsOf(source: CaptureSource): Promise<string[]> {
  const events: string[] = [];
  await replay([source], new ReplayClock(Infinity), (event) => events.push(`${event.kind} ${event.receivedUs}`));
  return events;
}

describe("captures: lines", () => {
  it("reads Binance's messages", () => {
    const depth = one(DEPTH);
    assert(depth.kind === "depth");
    assertEquals([depth.receivedUs, depth.exchangeMs], [1723161255030314, 1723161256298]);
    assertEquals([depth.first, depth.last, depth.previous], [5123107832006, 5123107837557, 5123107831937]);
    assertEquals([depth.isSnapshot, depth.bids.length, depth.asks.length], [false, 2, 1]);
    assertEquals([...depth.bids.prices.slice(0, 2)], [58710.2, 61510.9]);
    assertEquals([...depth.bids.quantities.slice(0, 2)], [0.014, 0]);
    const top = one(TOP);
    assert(top.kind === "top");
    assertEquals([top.sequence, top.bid, top.bidQuantity, top.ask, top.askQuantity], [
      5123107839020,
      61800.2,
      2.507,
      61800.3,
      2.51,
    ]);
    const trade = one(TRADE);
    assert(trade.kind === "trade");
    assertEquals([trade.id, trade.price, trade.quantity, trade.isTakerBuy], [
      5266583935,
      61800.3,
      0.006,
      true,
    ]);
  });

  it("gives a snapshot to the instrument whose changes it lies between", () => {
    const parser = new CaptureParser();
    assertEquals(parse(parser, SNAPSHOT), undefined, "it waits");
    parse(parser, TOP);
    const [first, last] = [5123107850310, 5123107853551];
    const event = parse(parser, DEPTH.replace("5123107832006", `${first}`).replace("5123107837557", `${last}`));
    assert(event?.kind === "depth");
    assertEquals([parser.report.broken, parser.report.skipped], [0, 0]);
    assertEquals([event.isSnapshot, event.last, event.instrument, event.bids.length, event.asks.length], [
      true,
      5123107852948,
      0,
      1,
      0,
    ]);
  });

  it("reads Deribit's messages", () => {
    const book = one(BOOK);
    assert(book.kind === "depth");
    assertEquals([book.receivedUs, book.exchangeMs], [1617644858399545, 1617644858339]);
    assertEquals([book.isSnapshot, book.previous, book.last], [false, 8973367653, 8973367846]);
    assertEquals([...book.bids.prices.slice(0, 2)], [0.0255, 0.026]);
    assertEquals([...book.bids.quantities.slice(0, 2)], [0, 299]);
    const ticker = one(TICKER);
    assert(ticker.kind === "ticker");
    assertEquals([ticker.bid, ticker.bidQuantity, ticker.ask, ticker.askQuantity], [0.0005, 2240, 0, 0]);
    assertEquals([ticker.underlyingPrice, ticker.indexPrice, ticker.markPrice], [2143.12, 2102.53, 0.000978]);
    assertEquals([ticker.delta, ticker.gamma, ticker.vega, ticker.theta, ticker.rho], [
      -0.01308,
      0.00008,
      0.12286,
      -0.68282,
      -0.00874,
    ]);
    assertAlmostEquals(ticker.markVolatility, 1.1771, 1e-12);
  });

  it("reads members in any order, and goes over those it does not know", () => {
    const mixed =
      `1723161255088169167 {"data":{"A":"2.510","x":{"y":[1,"}",{"z":"\\""}]},"a":"61800.30","n":null,"B":"2.507","b":"61800.20","T":1723161256313,"s":"BTCUSDT","u":5123107839020,"e":"bookTicker"},"stream":"btcusdt@bookTicker"}\r`;
    assertEquals(one(mixed), one(TOP));
  });

  it("counts broken lines and goes on: every line cut at every byte, and 20,000 with a byte changed", () => {
    const parser = new CaptureParser();
    let cuts = 0;
    for (const line of [DEPTH, TOP, TRADE, SNAPSHOT, BOOK, TICKER]) {
      parse(parser, TOP);
      for (let end = 1; end < line.length; end++) {
        assertEquals(parse(parser, line.slice(0, end)), undefined, line.slice(0, end));
        cuts++;
      }
    }
    assertEquals(parser.report.broken, cuts);
    assertEquals(parser.report.examples.length, 5);
    const random = new Random(7);
    for (let i = 0; i < 20_000; i++) {
      const bytes = encoder.encode([DEPTH, TOP, TRADE, SNAPSHOT, BOOK, TICKER][i % 6] + "\n");
      bytes[random.below(bytes.length - 1)] = random.below(256);
      parser.parse(bytes, 0); // never throws, never runs on into what is not its line
      parser.more();
    }
    parser.end();
    const lines = parser.report;
    assertEquals(lines.broken + lines.skipped + lines.total, lines.lines);
    assert(parse(parser, DEPTH) !== undefined);
  });

  it("skips what is no message, and calls broken what lacks something", () => {
    const parser = new CaptureParser();
    const headers = [
      "",
      `configuration: {"trades":[]}`,
      "wss://www.example.com <-> 1617644856.505972",
      `1617644856.899453: {"jsonrpc":"2.0","id":0,"result":["book.X.raw"],"testnet":false}`,
      `1617644856.899453: {"jsonrpc":"2.0","method":"subscription","params":{"channel":"trades.X.raw","data":[]}}`,
      `1723161255088169167 {"stream":"x","data":{"e":"markPriceUpdate","s":"BTCUSDT","p":"1"}}`,
    ];
    for (const line of headers) assertEquals(parse(parser, line), undefined);
    assertEquals([parser.report.skipped, parser.report.broken], [headers.length, 0]);
    const broken = [
      TOP.replace(`"u":5123107839020,`, ""),
      TOP.replace(`"s":"BTCUSDT",`, ""),
      TOP.replace(`"61800.20"`, `"61800.12345678901"`),
      TOP.replace(`"61800.20"`, `"1e15"`),
      TOP.replace(`"61800.20"`, `""`),
      TOP.replace(`"61800.20"`, `"1e"`),
      TOP + "x",
      DEPTH.replace(`"0.014"`, `"-0.014"`),
      DEPTH.replace(`"pu":5123107831937,`, ""),
      DEPTH.replace(`,"0.014"`, ""),
      BOOK.replace(`"delete"`, `"remove"`),
      `1617644856.899453: {"jsonrpc":"2.0","method":"subscription","params":{"channel":"trades.X.raw","data":[{"price":1}]}}`,
      BOOK.replace(`,"asks":[]`, ""),
      TICKER.replace(`"delta":-0.01308`, `"delta":null`),
      TICKER.replace("0.000978", "1e999"),
      TICKER.replace("0.000978", "1e300"),
      TICKER.replace("0.000978", "-1"),
      TICKER.replace("2143.12", "0"),
      TICKER.replace("117.71", "-1"),
      TICKER.replace(`"best_bid_price":0.0005`, `"best_bid_price":-0.0005`),
      TOP.replace(`"61800.20"`, `"-61800.20"`),
      TRADE.replace(`"0.006"`, `"-0.006"`),
      TRADE.replace(`"61800.30"`, `"-61800.30"`),
      TRADE.replace(`"61800.30"`, `"0"`),
      TOP.replace("BTCUSDT", ""),
      TOP.replace("BTCUSDT", "X".repeat(49)),
      TOP.replace(TOP.slice(0, 19), "9".repeat(400)),
      `stream":"btcusdt@bookTicker"}`,
      "abc",
      "!",
    ];
    for (const line of broken) assertEquals(parse(parser, line), undefined, line);
    assertEquals([parser.report.skipped, parser.report.broken], [headers.length, broken.length]);
    assertEquals(parse(parser, TRADE.replace(`"61800.30"`, `"0"`).replace(`"0.006"`, `"0"`))?.kind, "trade");
    assertEquals(parse(parser, TOP.replace("BTCUSDT", "X".repeat(48)))?.kind, "top");
    assertEquals(parser.instruments.names, ["ETH-30APR21-2240-P", "ETH-16APR21-1400-P", "BTCUSDT", "X".repeat(48)]);
  });

  it("distinguishes instruments by their names", () => {
    const parser = new CaptureParser(), bytes = encoder.encode(TOP + "\n");
    bytes[TOP.indexOf("BTCUSDT")] = 0xff; // no UTF-8
    assertEquals(parser.parse(bytes, 0), undefined);
    assertEquals([parser.report.broken, parser.instruments.names], [1, []]);
    parse(parser, TOP);
    parse(parser, TOP.replace("BTCUSDT", ""));
    assertEquals(parse(parser, SNAPSHOT), undefined, "a snapshot behind it is nobody's");
    parser.end();
    assertEquals([parser.report.broken, parser.report.events.top], [3, 1]);
  });

  it("counts times that run backwards", () => {
    const parser = new CaptureParser(), order = new OrderReport();
    const count = (line: string) => order.count(parse(parser, line)!);
    for (const line of [TOP, TRADE, TOP]) count(line);
    assertEquals([order.receivedBackwards, order.exchangeBackwards], [1, 0]);
    count(TRADE.replaceAll("1723161256322", "1723161256321"));
    assertEquals([order.receivedBackwards, order.exchangeBackwards], [1, 1]);
    assertEquals(order.jumps, 0);
    count(TOP.replace("1723161255", "1723169255"));
    assertEquals(order.jumps, 1);
  });

  it("reads numbers as the language does, and decimals exactly, however large or small", () => {
    const scanner = new JsonScanner();
    const texts = ["0", "-0.0", "1", "0.1", "61800.20", "1e-5", "5.0E-4", "12e3", "0.00000001", "123456.12345678"];
    const long = [
      "332200000.00000000",
      "999999999999999",
      "0.000000000000001",
      "-1.5",
      "0.0000000000000000000",
      "1e14",
    ];
    for (const text of [...texts, ...long, "12345.6789012345", "0.123456789012345", "100000000.00000100000000"]) {
      for (const quoted of [text, `"${text}"`]) {
        scanner.reset(encoder.encode(quoted + ",\n"), 0);
        assertEquals(scanner.decimal() + 0, Number(text) + 0, text);
        assertEquals(scanner.at, quoted.length);
        scanner.reset(encoder.encode(quoted + ",\n"), 0);
        assertEquals(scanner.number() + 0, Number(text) + 0);
      }
    }
    for (const text of ["0.12345678901234567", "3.141592653589793238", "1.5e300", "7e-320", "12345678901234567890"]) {
      scanner.reset(encoder.encode(text + "\n"), 0);
      assertEquals(scanner.number(), Number(text));
    }
    const random = new Random(3);
    for (let i = 0; i < 5000; i++) {
      const text = `${random.below(1e6)}.${random.below(1e8)}`;
      scanner.reset(encoder.encode(text + "\n"), 0);
      assertEquals([scanner.decimal(), scanner.digits], [Number(text), text.split(".")[1].length]);
    }
    for (
      const text of [
        "1234567890123456",
        "1.234567890123456",
        "1e15",
        "0.0000000000000001",
        "1e300",
        "1e-16",
        "0.30000000000000004",
      ]
    ) {
      scanner.reset(encoder.encode(text + "\n"), 0);
      assertThrows(() => scanner.decimal(), SyntaxError, "must be exact");
    }
    scanner.reset(encoder.encode(`{"b":1}\n`), 0);
    assert(scanner.beginObject());
    assertEquals(scanner.key(names("a", "b")), 1);
  });

  it("finds the digits of decimals again, and multiplies them exactly", () => {
    const random = new Random(8);
    for (let i = 0; i < 5000; i++) {
      const digits = random.below(16), units = random.below(2 ** 31) * (1 + random.below(400_000)) - random.below(3);
      const text = `${units}e-${digits}`, exact = digits - /0*$/.exec(String(units))![0].length;
      assertEquals(digitsOf(Number(text)), units === 0 ? 0 : Math.max(0, exact), text);
    }
    for (const none of [0.1 + 0.2, Math.PI, NaN, Infinity, 1e16]) assertEquals(digitsOf(none), NaN);
    assertEquals([timesDecimal(3, 0.1), timesDecimal(-47, 0.01), timesDecimal(3, 10), timesDecimal(7, 1e-8)], [
      0.3,
      -0.47,
      30,
      7e-8,
    ]);
  });

  it("numbers instruments as they are first seen", () => {
    const instruments = new Instruments();
    const all = Array.from({ length: 500 }, (_, i) => `BTC-${i}`);
    assertEquals(all.map((name) => instruments.add(name, "deribit")), all.map((_, i) => i));
    assertEquals(all.map((name) => instruments.add(name, "deribit")), all.map((_, i) => i));
    assertEquals(instruments.names, all);
    assertEquals(instruments.add("BTC-1", "okx"), all.length, "another venue's of that name is another one");
  });
});

/** Plays texts as files, and checks what they come to. */
async function playedOf(
  texts: readonly string[],
): Promise<{ summary: CheckSummary; events: number; backwards: number }> {
  const definitions = new Definitions(), instruments = new Instruments(definitions, true), order = new OrderReport();
  const check = new CaptureCheck(instruments);
  let events = 0;
  await withFiles(Object.fromEntries(texts.map((text, i) => [`part${i}`, text])), async (folder) => {
    const sources = texts.map((_, i) => new CaptureSource(join(folder, `part${i}`), definitions));
    await replay(sources, new ReplayClock(Infinity), (event) => {
      events++;
      check.accept(event);
    }, { instruments, order });
  });
  return { summary: check.finish(), events, backwards: order.receivedBackwards };
}

describe("captures: files", () => {
  const lines = Array.from({ length: 5000 }, (_, i) => TRADE.replace("1723161255", String(1723161255 + i)));

  it("are plain or packed, with or without a last line feed", () =>
    withFiles({
      plain: lines.join("\n"),
      packed: gzipSync(lines.join("\n") + "\n"),
      parts: new Uint8Array([
        ...gzipSync(lines.slice(0, 2500).join("\n") + "\n"),
        ...gzipSync(lines.slice(2500).join("\n")),
      ]),
      empty: "",
    }, async (folder) => {
      const expected = lines.map((_, i) => `trade ${1723161255088176 + i * 1e6}`);
      for (const file of ["plain", "packed", "parts"]) {
        const source = new CaptureSource(join(folder, file));
        assertEquals(await eventsOf(source), expected, file);
        assertEquals([source.report.lines, source.report.broken], [lines.length, 0]);
      }
      assertEquals(await eventsOf(new CaptureSource(join(folder, "empty"))), []);
      for await (const piece of readLines(join(folder, "packed"))) assertEquals(piece[piece.length - 1], 10);
    }));

  it("that are cut off are read up to there, and reported", () =>
    withFiles({
      cut: gzipSync(lines.join("\n")).subarray(0, 5000),
      magic: new Uint8Array([0x1f, 0x8b]),
      junk: new Uint8Array([0x1f, 0x8b, ...encoder.encode(lines[0])]),
    }, async (folder) => {
      for (const file of ["magic", "junk"]) {
        const source = new CaptureSource(join(folder, file));
        assertEquals(await eventsOf(source), []);
        assertEquals([source.report.lines, source.report.broken], [0, 1], file);
      }
      const source = new CaptureSource(join(folder, "cut"));
      const events = await eventsOf(source);
      assert(events.length < lines.length);
      assertEquals(source.report.broken > 0, true);
      await assertRejects(() => eventsOf(new CaptureSource(join(folder, "none"))), Error);
    }));

  it("are one recording, in the order of its times; or side by side, each from its start, if that is meant", () =>
    withFiles({ a: [TRADE, TOP.replace("1723161255088", "1723161258088")].join("\n"), b: BOOK }, async (folder) => {
      for (const names of [["a", "b"], ["b", "a"]]) {
        for (const together of [false, true]) {
          const definitions = new Definitions(), instruments = new Instruments(definitions, true);
          const sources = names.map((file) => new CaptureSource(join(folder, file), definitions)), seen: string[] = [];
          await replay(sources, new ReplayClock(Infinity), (event) => {
            seen.push(`${event.kind} ${instruments.names[event.instrument]}`);
          }, { instruments, together });
          const events = ["trade BTCUSDT", "depth ETH-30APR21-2240-P", "top BTCUSDT"];
          assertEquals([...seen].sort(), [...events].sort());
          assertEquals(seen.indexOf(events[0]) < seen.indexOf(events[2]), true);
          if (!together) assertEquals(seen, [events[1], events[0], events[2]], "the book was recorded years before");
          else assertEquals(seen[2], events[2], "three seconds from the start");
        }
      }
    }));

  it("that are parts of a recording are the whole, wherever it was cut and in whatever order they are given", async () => {
    const random = new Random(12), text = captureText().trimEnd().split("\n");
    const whole = await playedOf([text.join("\n")]);
    assertEquals([whole.summary.tops, whole.summary.equalTops, whole.summary.tradeHoles, whole.summary.gaps], [
      UPDATES,
      UPDATES,
      0,
      0,
    ]);
    for (let i = 0; i < 20; i++) {
      const parts: string[][] = Array.from({ length: 2 + random.below(3) }, () => []);
      // In pieces, or line by line: a file for each kind of message.
      if (i % 2 === 0) text.forEach((line, j) => parts[Math.floor(j * parts.length / text.length)].push(line));
      else for (const line of text) parts[random.below(parts.length)].push(line);
      for (let j = parts.length - 1; j > 0; j--) {
        const k = random.below(j + 1);
        [parts[j], parts[k]] = [parts[k], parts[j]];
      }
      const named = parts.map((lines) =>
        lines.map((line) => line.replace(`"lastUpdateId"`, `"symbol":"BTCUSDT","lastUpdateId"`))
      );
      assertEquals(await playedOf(named.map((lines) => lines.join("\n"))), whole);
    }
  });

  it("number their instruments as they are played, and know them by definitions wherever those are", () =>
    withFiles({
      a: TRADE.replaceAll("BTCUSDT", "FOOUSD_PERP"),
      b: TRADE.replaceAll("BTCUSDT", "BARUSDT").replace("255088", "255087"),
      c: `https://dapi.binance.com/dapi/v1/exchangeInfo -> 1723161254.1: ${
        JSON.stringify({
          symbols: [{
            symbol: "FOOUSD_PERP",
            contractType: "PERPETUAL",
            contractSize: 5,
            marginAsset: "FOO",
            baseAsset: "FOO",
          }],
        })
      }`,
    }, async (folder) => {
      for (const names of ["abc", "cba", "bca"]) {
        const definitions = new Definitions(), instruments = new Instruments(definitions, true), indices: number[] = [];
        const sources = [...names].map((file) => new CaptureSource(join(folder, file), definitions));
        const sink = (event: MarketEvent) => void indices.push(event.instrument);
        await replay(sources, new ReplayClock(Infinity), sink, { instruments });
        assertEquals([indices, instruments.names], [[0, 1], ["BARUSDT", "FOOUSD_PERP"]], names);
        assertEquals([instruments.at(1).contractSize, definitions.late], [5, 0]);
      }
    }));

  it("of different times follow one another, without the time between", () =>
    withFiles({ a: lines.slice(0, 2).join("\n"), b: lines.slice(4500, 4502).join("\n") }, async (folder) => {
      const order = new OrderReport(), dues: number[] = [];
      const clock = new ReplayClock(Infinity);
      clock.dueInMs = (timeUs) => (dues.push(timeUs), 0);
      const sources = ["b", "a"].map((file) => new CaptureSource(join(folder, file)));
      await replay(sources, clock, () => {}, { order });
      assertEquals([dues, order.jumps, order.receivedBackwards], [[0, 1e6, 1e6, 2e6], 1, 0]);
    }));

  it("may begin with a byte order mark, and be cut off; other packings and encodings are refused by name", () =>
    withFiles({
      bom: `\ufeff${lines[0]}\n${lines[1]}`,
      packedBom: gzipSync(`\ufeff${lines[0]}\n`),
      cut: gzipSync(lines.join("\n")).subarray(0, 3000),
      utf16: Buffer.from(`\ufeff${lines[0]}`, "utf16le"),
      zstd: Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 1, 2, 3, 4]),
    }, async (folder) => {
      const read = async (file: string) => {
        const source = new CaptureSource(join(folder, file));
        const events = (await eventsOf(source)).length, { broken, examples, remarks } = source.report;
        return { events, broken, examples, remarks };
      };
      const bom = await read("bom"), packed = await read("packedBom"), cut = await read("cut");
      assertEquals([bom.events, bom.broken, bom.remarks.length], [2, 0, 1]);
      assert(bom.remarks[0].includes("byte order mark"));
      assertEquals([packed.events, packed.broken, packed.remarks], [1, 0, bom.remarks]);
      assert(
        cut.broken > 0 && cut.examples.some((example) => example.includes("the gzip ends too early")),
        cut.examples[0],
      );
      for (const [file, said] of [["utf16", "in UTF-16"], ["zstd", "packed by zstd"]]) {
        const { events, broken, examples } = await read(file);
        assertEquals([events, broken, examples[0].includes(said)], [0, 1, true], examples[0]);
      }
    }));

  it("are played at their speed, and end on request", () =>
    withFiles({ a: lines.slice(0, 3).join("\n"), b: lines.join("\n") }, async (folder) => {
      const start = performance.now();
      await replay([new CaptureSource(join(folder, "a"))], new ReplayClock(20), () => {});
      assertGreaterOrEqual(performance.now() - start, 98); // two seconds of market
      const ended = new AbortController();
      let count = 0;
      setTimeout(() => ended.abort(), 50);
      await replay([new CaptureSource(join(folder, "b"))], new ReplayClock(1e-6), () => count++, {
        signal: ended.signal,
      });
      assertEquals(count, 1);
      assertThrows(() => new ReplayClock(0), RangeError);
      const jumping = [lines[0], lines[0].replace("1723161255", "2000000000"), lines[0].replace("255088", "255188")];
      writeFileSync(join(folder, "jumping"), jumping.join("\n"));
      const begin = performance.now(), order = new OrderReport();
      await replay([new CaptureSource(join(folder, "jumping"))], new ReplayClock(1), () => count++, { order });
      assertEquals([count, order.jumps, order.receivedBackwards], [4, 1, 1]);
      assert(performance.now() - begin < 60_000, "nobody waits for years");
      const clock = new ReplayClock(2, () => 1000);
      assertEquals([clock.dueInMs(5e6), clock.dueInMs(6e6), clock.dueInMs(4e6)], [0, 500, -500]);
    }));
});
