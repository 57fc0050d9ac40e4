import { setTimeout as delay } from "node:timers/promises";
import type { MarketEvent } from "./events.ts";
import { JUMP_US } from "./input_report.ts";
import type { ReplayClock } from "./replay_clock.ts";
import type { Source } from "./source.ts";

/** Waiting for less is not worth a timer. */
const MIN_WAIT_MS = 1;
/** Longer gaps are waited for in parts, to see whether the replay was ended. */
const MAX_WAIT_MS = 50;
/** After so many events the event loop gets a turn, so that signals and timers are served. */
const EVENTS_AT_ONCE = 8192;

/** A source and its next event. */
class Head {
  readonly source: Source;
  event: MarketEvent;
  /** When it is due: microseconds after the source's first one. */
  elapsedUs = 0;
  /** The time at which the source began. */
  #originUs: number;
  #lastUs: number;

  constructor(source: Source, first: MarketEvent) {
    this.source = source;
    this.event = first;
    this.#originUs = this.#lastUs = first.receivedUs;
  }

  /** Takes the next event. Where the recorder's clock jumped, it follows the one in front at once. */
  take(event: MarketEvent): void {
    const { receivedUs } = event;
    if (Math.abs(receivedUs - this.#lastUs) > JUMP_US) this.#originUs = receivedUs - this.elapsedUs;
    else this.elapsedUs = receivedUs - this.#originUs;
    this.#lastUs = receivedUs;
    this.event = event;
  }
}

/**
 * Plays sources: calls `sink` with each event when it is due. Several sources are played side by side, each from its first
 * event on. Gaps of an hour or more are left out. The sources are closed at the end.
 *
 * @param sources Sources; the events' instruments are unique if they share their `Instruments`.
 * @param clock Says when an event is due.
 * @param sink Is given each event; it is good until `sink` returns.
 * @param signal Ends the replay early.
 */
export async function replay(
  sources: readonly Source[],
  clock: ReplayClock,
  sink: (event: MarketEvent) => void,
  signal?: AbortSignal,
): Promise<void> {
  try {
    const heads: Head[] = [];
    for (const source of sources) {
      const event = await nextOf(source);
      if (event !== undefined) heads.push(new Head(source, event));
    }
    let count = 0;
    while (heads.length > 0 && !signal?.aborted) {
      const head = earliest(heads);
      const timeUs = head.elapsedUs;
      for (let ms = clock.dueInMs(timeUs); ms >= MIN_WAIT_MS && !signal?.aborted; ms = clock.dueInMs(timeUs)) {
        await delay(Math.min(ms, MAX_WAIT_MS));
      }
      if (signal?.aborted) return;
      sink(head.event);
      if (++count % EVENTS_AT_ONCE === 0) await delay(0);
      const event = head.source.next() ?? await nextOf(head.source);
      if (event === undefined) heads.splice(heads.indexOf(head), 1);
      else head.take(event);
    }
  } finally {
    for (const source of sources) await source.close();
  }
}

async function nextOf(source: Source): Promise<MarketEvent | undefined> {
  do {
    const event = source.next();
    if (event !== undefined) return event;
  } while (await source.fill());
  return undefined;
}

function earliest(heads: readonly Head[]): Head {
  let first = heads[0];
  for (let i = 1; i < heads.length; i++) if (heads[i].elapsedUs < first.elapsedUs) first = heads[i];
  return first;
}
