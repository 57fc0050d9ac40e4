import { setTimeout as delay } from "node:timers/promises";
import type { MarketEvent } from "./events.ts";
import type { ReplayClock } from "./replay_clock.ts";
import type { Source } from "./source.ts";

/** Waiting for less is not worth a timer. */
const MIN_WAIT_MS = 1;
/** Longer gaps are waited for in parts, to see whether the replay was ended. */
const MAX_WAIT_MS = 100;
/** After so many events the event loop gets a turn, so that signals and timers are served. */
const EVENTS_AT_ONCE = 8192;

/** A source and its next event. */
interface Head {
  readonly source: Source;
  /** Time of its first event. */
  readonly firstUs: number;
  event: MarketEvent;
}

/**
 * Plays sources: calls `sink` with each event when it is due. Several sources are played side by side, each from its first
 * event on. The sources are closed at the end.
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
      if (event !== undefined) heads.push({ source, event, firstUs: event.receivedUs });
    }
    let count = 0;
    while (heads.length > 0 && !signal?.aborted) {
      const head = earliest(heads);
      const timeUs = elapsedUs(head);
      for (let ms = clock.dueInMs(timeUs); ms >= MIN_WAIT_MS && !signal?.aborted; ms = clock.dueInMs(timeUs)) {
        await delay(Math.min(ms, MAX_WAIT_MS));
      }
      if (signal?.aborted) return;
      sink(head.event);
      if (++count % EVENTS_AT_ONCE === 0) await delay(0);
      const event = head.source.next() ?? await nextOf(head.source);
      if (event === undefined) heads.splice(heads.indexOf(head), 1);
      else head.event = event;
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

function elapsedUs(head: Head): number {
  return head.event.receivedUs - head.firstUs;
}

function earliest(heads: readonly Head[]): Head {
  let first = heads[0];
  for (let i = 1; i < heads.length; i++) if (elapsedUs(heads[i]) < elapsedUs(first)) first = heads[i];
  return first;
}
