/**
 * What the desk as a program makes of captures, on both runtimes at once: the suite runs this under Bun alone.
 */
import { assert, assertAlmostEquals, assertEquals, assertGreater, assertLessOrEqual } from "@std/assert";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterEach, describe, it } from "node:test";
import { optionTermsOf } from "../../examples/desk/instrument/instrument_model.ts";
import { modelOf } from "../../examples/desk/instrument/model_of.ts";
import { MAX_INSTRUMENTS, openDesk } from "../../examples/desk/layout/desk.ts";
import { PositionRow } from "../../examples/desk/layout/records.ts";
import { scenarioMargin } from "../../examples/desk/risk/scenario_margin.ts";
import { until } from "../../support/until.ts";
import { countOn, restartedText } from "./binance_lines.ts";
import { bookLines, captureText, tickerLine, UPDATES } from "./desk_capture.ts";
import { Program, replay, segmentOf } from "./desk_program.ts";
import { OkxLines } from "./okx_lines.ts";

describe("the desk on made-up captures", () => {
  afterEach(() => Program.killAll());

  it("is right, also where the recorder's clock jumps by an hour or more", async () => {
    const lines = captureText().split("\n");
    const jumping = lines.map((line, i) => i === 10 ? line.replace("1723161255", "2000000000") : line).join("\n");
    const { code, output } = await replay(jumping, ["--seconds", "60"]);
    const { ok, checks, feed, books, channels } = JSON.parse(output);
    assertEquals([code, ok, feed.jumps, feed.receivedBackwards], [0, true, 1, 1], output);
    assertEquals([checks.tops, checks.equalTops, checks.trades], [UPDATES, UPDATES, UPDATES]);
    assertEquals([feed.isComplete, feed.broken, books.valid, channels[0].messages], [true, 0, 1, 3 * UPDATES + 2]);
  });

  it("names what is broken, does not vouch for a book since a gap, and knows what is wrong", async () => {
    const lost = await replay(captureText({ broken: 20, gap: 100 })), faulty = JSON.parse(lost.output);
    assertEquals([lost.code, faulty.ok, faulty.verdict, faulty.complaints], [1, false, "unchecked", []]);
    assertEquals(faulty.notCompared, ["1 book without a snapshot since a gap: BTCUSDT"]);
    assertEquals([faulty.feed.broken, faulty.checks.depth.gap, faulty.books], [1, 1, { valid: 0, of: 1 }]);
    assertEquals([faulty.checks.tops, faulty.checks.equalTops, faulty.checks.trades], [99, 99, UPDATES]);
    const [{ kind, count, reason, example }, ...others] = faulty.reasons;
    assertEquals([kind, count, reason, others], ["broken", 1, "it must be whole JSON", []]);
    assert(/^capture.jsonl:\d+: \d+ \{"stream":"btcusdt@depth$/.test(example), example);

    const wrong = await replay(captureText({ wrongTop: 50 })), found = JSON.parse(wrong.output);
    assertEquals([wrong.code, found.ok, found.verdict, found.checks.equalTops], [1, false, "wrong", UPDATES - 1]);
    assertGreater(found.complaints.length, 0);
  });

  it("continues from the snapshot after a restart of the exchange", async () => {
    const anew = await replay(
      restartedText((lines) => countOn(lines.snapshot(5, [["200", "1"]], [["201", "1"]]), 6, 100)),
    );
    const restarted = JSON.parse(anew.output), { depth, tops, equalTops } = restarted.checks;
    assertEquals(
      [depth.restarted, depth.stale, restarted.books.valid, tops, equalTops],
      [1, 0, 1, 150, 150],
      anew.output,
    );
  });

  it("ends with 1 if nothing could be checked, with 0 if that is meant, and says why", async () => {
    const folder = mkdtempSync(join(tmpdir(), "shmkit-test-"));
    try {
      writeFileSync(join(folder, "other"), `1618677786.79: {"topic":"trade.X","data":[1]}\n`.repeat(3));
      for (const [code, options] of [[1, []], [0, ["--unchecked"]]] as const) {
        const program = new Program("--capture", join(folder, "other"), "--speed", "max", ...options);
        assertEquals(await program.ended(), code, program.output);
        const said = [
          "Nothing could be checked.",
          "1 capture without a market's event",
          `no known exchange: it begins with "topic"`,
          `other:1: 1618677786.79: {"topic"`,
        ];
        for (const part of said) assert(program.output.includes(part), `${part} is missing: ${program.output}`);
        assert(!program.output.includes("All is as it must be."), program.output);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("checks OKX's books by their checksums, and says which did not match", async () => {
    const lines = (isWrong: boolean) => {
      const lines = new OkxLines("BTC-USD-SWAP", false).book("snapshot", [["100.5", "30"]], [["101", "10.0"]]);
      for (let i = 1; i <= 50; i++) {
        const rest = isWrong && i === 40 ? { checksum: 1 } : {};
        lines.book("update", [[`${100 - i % 7}.50`, `${i % 5}`]], [["101.0", `${i}`]], rest).trades(4 * i, "2");
      }
      return lines.text;
    };
    const right = await replay(lines(false)), { ok, checks, compared, futures } = JSON.parse(right.output);
    assertEquals([right.code, ok, compared], [0, true, ["checksums of books that match: 51 of 51"]], right.output);
    assertEquals([checks.checksums, checks.equalChecksums, futures[0].name], [51, 51, "BTC-USD-SWAP"]);
    const wrong = await replay(lines(true)), found = JSON.parse(wrong.output);
    assertEquals([wrong.code, found.verdict, found.books.valid], [1, "wrong", 0]);
    assertEquals(found.complaints[0], "checksums of books that do not match: 1 of 41");
    assert(/^BTC-USD-SWAP: at 2022-05-13T16:.*checksum 1 /.test(found.complaints[1]), found.complaints[1]);
  });

  it("hedges the options of the future's coin, and no others", async () => {
    const [first, ...rest] = captureText().split("\n"), names = ["ETH-27SEP24-2600-C", "BTC-27SEP24-60000-C"];
    const tickers = [tickerLine(1723161255, names[0], 2600, 0.7), tickerLine(1723161255, names[1], 60_000, 0.6)];
    const { code, output } = await replay([first, ...tickers, ...rest].join("\n"));
    const { ok, options, futures, standing, checks } = JSON.parse(output);
    assertEquals([code, ok, checks.greeks, checks.greeksWithin], [0, true, 2, 2], output);
    const deltas = names.map((name) => {
      const { held, delta } = options.find((option: { name: string }) => option.name === name);
      return held * delta;
    });
    assert(deltas[0] < -10 && deltas[1] > 2, `${deltas}`);
    assertAlmostEquals(futures[0].held + deltas[1], 0, 0.1);
    assertAlmostEquals(standing.delta, deltas[0], 0.01, "of the coin that is furthest off");
  });

  it("accounts for contracts and options by what they are, and leaves alone what it does not know", async () => {
    const [first, ...rest] = captureText().replaceAll("BTCUSDT", "BTCUSD_PERP").replaceAll(`"0.500"`, `"1"`).split(
      "\n",
    );
    const option = "BTC_USDC-27SEP24-110-C", forward = 100;
    const others = ["BTC-FS-27DEC24_PERP", "BTC_USDC", "BTC-31FEB25", "BTC-1NOV24-1x-C"];
    const text = [
      first,
      ...others.flatMap((name, i) => bookLines(1723161255, name, i === 0 ? -7 : 5, i === 0 ? -3.5 : 6)),
      ...bookLines(1723161255, option, 0.01, 0.02),
      tickerLine(1723161255.1, option, forward, 0.6),
      ...rest,
    ].join("\n");
    const { code, output } = await replay(text), found = JSON.parse(output);
    assertEquals([code, found.complaints, found.feed.broken], [0, [], 0], output);
    assertEquals(found.instruments.kinds, { inversePerpetual: 1, combo: 1, spot: 1, unknown: 2, linearOption: 1 });
    assertEquals(found.instruments.notValued.map(({ name }: { name: string }) => name), others);
    assertEquals([found.checks.greeks, found.checks.greeksWithin, found.books.valid], [1, 1, 6]);
    const { futures: [future], options: [priced], standing, checks } = found;
    assertEquals(future.name, "BTCUSD_PERP", "nothing else hedges");
    // Every fourth of 200 trades is a client's, who sells one contract of 100 dollars: a coin, at that price.
    assertEquals(checks.future.clients, UPDATES / 4);
    const { delta, price, held } = priced, coins = future.held * 100 / 100.05;
    assertEquals(held, 5);
    assertAlmostEquals(price, priced.mark, 1e-9);
    assert(delta > 0.1 && delta < 0.4, `${delta}`);
    assertLessOrEqual(Math.abs(coins + held * delta), 1.01, "what is left is less than a contract");
    assertAlmostEquals(standing.delta, coins + held * delta, 1e-9);
    const terms = optionTermsOf(modelOf(option, "deribit"));
    const exposures = [
      { quantity: coins, forward: 100.05 },
      { quantity: held, forward: priced.forward, option: terms, volatility: 0.6 },
    ];
    assertAlmostEquals(standing.maintenanceMargin, scenarioMargin(exposures, UPDATES).maintenance, 1e-6);
    assertLessOrEqual(Math.abs(standing.profit), 50, "contracts are not coins");
  });

  it("has room for as many instruments as it says, and leaves out others", async () => {
    // All count with the same numbers, so each snapshot must say whose it is.
    const five = captureText().replace(`"lastUpdateId"`, `"symbol":"BTCUSDT","lastUpdateId"`).split("\n").slice(0, 5);
    const lines = Array.from(
      { length: 140 },
      (_, i) => five.map((line) => line.replaceAll("BTCUSDT", `SYM${i}USDT`)),
    ).flat();
    const { code, output } = await replay(lines.join("\n")), { feed, books } = JSON.parse(output);
    assertEquals([code, feed.lines, feed.refused, books.valid, books.of], [0, 700, 60, 128, 128], output);
  });

  it("the kill switch stops orders within one message, whichever process pulls it", async () => {
    const program = new Program("--mix", "--seconds", "120", "--speed", "20", "--json");
    {
      using segment = await segmentOf(program.child);
      const desk = openDesk(segment), position = PositionRow.alloc();
      // Only once orders went out and were filled can they stop.
      const isFilled = (row: number) =>
        desk.positions.read(row, position) && position.lastOrderId > 5 && position.lastOutcome === "filled";
      await until(
        () => Array.from({ length: MAX_INSTRUMENTS }, (_, row) => row).some(isFilled),
        () => "no orders",
        60_000,
      );
      assertEquals([desk.limits.isStopped, desk.limits.stop(), desk.limits.stop()], [false, true, false]);
      const stopped = desk.events.position;
      await until(() => desk.events.position > stopped + 2000, () => "no events", 60_000);
    }
    process.kill(program.child.pid!, "SIGINT");
    assertEquals(await program.ended(), 0, program.output);
    const { limits, checks: { orders, wrongPositions } } = JSON.parse(program.output);
    assertEquals([limits.isStopped, wrongPositions], [true, 0]);
    assertGreater(orders.filled, 0);
    assertLessOrEqual(orders.sentAfterStop, 1);
    assertLessOrEqual(orders.filledAfterStop, 1);
  });

  it("pulls the kill switch after the given seconds", async () => {
    const options = ["--mix", "--seconds", "120", "--speed", "20", "--stop-after", "0.5", "--json", "--unchecked"];
    const program = new Program(...options);
    {
      using segment = await segmentOf(program.child);
      const desk = openDesk(segment);
      await until(() => desk.limits.isStopped, () => "never stopped", 60_000);
    }
    process.kill(program.child.pid!, "SIGINT");
    assertEquals(await program.ended(), 0, program.output);
    const { limits, checks: { orders } } = JSON.parse(program.output);
    assertEquals([limits.isStopped, limits.stoppedAt > 0], [true, true]);
    assertLessOrEqual(orders.sentAfterStop, 1);
  });

  it("reports what it found even if its page cannot be written", async () => {
    const { code, output } = await replay(captureText(), ["--speed", "max", "--html", "/dev/full"]);
    assertEquals(code, 1, output);
    assert(output.includes(`"verdict": "right"`), output);
    assert(output.includes("Cannot write /dev/full"), output);
  });
});
