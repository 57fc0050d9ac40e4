import { setTimeout as delay } from "node:timers/promises";
import type { MarketEvent } from "./events.ts";
import type { Instruments } from "./instruments.ts";
import { Elapsed, firstDue, firstRecorded, Head } from "./merge.ts";
import { OrderReport } from "./order_report.ts";
import type { ReplayClock } from "./replay_clock.ts";
import type { Source } from "./source.ts";
import { TradeStreams } from "./trade_streams.ts";

/** Waiting for less is not worth a timer. */
const MIN_WAIT_MS = 1;
/** Longer gaps are waited for in parts, to see whether the replay was ended. */
const MAX_WAIT_MS = 50;
/** After so many events the event loop gets a turn, so that signals and timers are served. */
const EVENTS_AT_ONCE = 8192;

/** How sources are played. */
export interface ReplayOptions {
  /** Ends the replay early. */
  readonly signal?: AbortSignal;
  /** The instruments of all sources: the events' indices are theirs. With one source its own will do. */
  readonly instruments?: Instruments;
  /** Whether sources of different times are played side by side, each from its first event on. */
  readonly together?: boolean;
  /** Leaves out trades that come twice. */
  readonly trades?: TradeStreams;
  /** Counts whether times are in order, over all sources; those of sources side by side are of each. */
  readonly order?: OrderReport;
}

/**
 * Plays sources: calls `sink` with each event when it is due. Several sources are one recording: their events come in
 * the order in which they were recorded, whatever the order of the sources. Gaps of an hour or more are left out. The
 * sources are closed at the end.
 *
 * @param clock Says when an event is due.
 * @param sink Is given each event; it is good until `sink` returns.
 */
export async function replay(
  sources: readonly Source[],
  clock: ReplayClock,
  sink: (event: MarketEvent) => void,
  { signal, instruments, together = false, order = new OrderReport(), trades = new TradeStreams() }: ReplayOptions = {},
): Promise<void> {
  try {
    const heads: Head[] = [], orders = new Map<Head, OrderReport>();
    for (const source of sources) {
      const head = await Head.of(source, instruments);
      if (head === undefined) continue;
      heads.push(head);
      orders.set(head, together ? new OrderReport(order) : order);
    }
    let count = 0, elapsed: Elapsed | undefined;
    while (heads.length > 0 && !signal?.aborted) {
      const head = together ? firstDue(heads) : firstRecorded(heads);
      const { receivedUs } = head.event;
      const timeUs = together ? head.elapsed.us : (elapsed ??= new Elapsed(receivedUs)).to(receivedUs);
      for (let ms = clock.dueInMs(timeUs); ms >= MIN_WAIT_MS && !signal?.aborted; ms = clock.dueInMs(timeUs)) {
        await delay(Math.min(ms, MAX_WAIT_MS));
      }
      if (signal?.aborted) return;
      const event = head.adopt();
      orders.get(head)!.count(event);
      if (trades.accept(event)) sink(event);
      if (++count % EVENTS_AT_ONCE === 0) await delay(0);
      const advanced = head.advance();
      if (!(typeof advanced === "boolean" ? advanced : await advanced)) heads.splice(heads.indexOf(head), 1);
    }
  } finally {
    for (const source of sources) await source.close();
  }
}
