import type { MarketEvent } from "./events.ts";
import type { Instruments } from "./instruments.ts";
import { JUMP_US } from "./order_report.ts";
import type { Source } from "./source.ts";

/** Counts the time that passes from event to event. Where the recorder's clock jumped, the next one follows at once. */
export class Elapsed {
  /** Microseconds since the first event. */
  us = 0;
  #originUs: number;
  #lastUs: number;

  /** @param firstUs When the first event was recorded. */
  constructor(firstUs: number) {
    this.#originUs = this.#lastUs = firstUs;
  }

  /** Moves on to an event. @returns Microseconds since the first one. */
  to(receivedUs: number): number {
    if (Math.abs(receivedUs - this.#lastUs) > JUMP_US) this.#originUs = receivedUs - this.us;
    else this.us = receivedUs - this.#originUs;
    this.#lastUs = receivedUs;
    return this.us;
  }
}

/** A source and its next event. */
export class Head {
  readonly source: Source;
  /** The next event; its instrument is that of all sources. */
  event: MarketEvent;
  /** When it is due if the source is played from its own beginning on. */
  readonly elapsed: Elapsed;
  readonly #instruments: Instruments | undefined;
  /** Indices among all instruments, by those of the source. */
  readonly #indices: number[] = [];

  private constructor(source: Source, first: MarketEvent, instruments: Instruments | undefined) {
    this.source = source;
    this.event = first;
    this.elapsed = new Elapsed(first.receivedUs);
    this.#instruments = instruments;
  }

  /** Reads a source's first event; undefined if it has none. @param instruments Those of all sources. */
  static async of(source: Source, instruments: Instruments | undefined): Promise<Head | undefined> {
    const event = await nextOf(source);
    return event === undefined ? undefined : new Head(source, event, instruments);
  }

  /**
   * Gives the event its index among all instruments: once it is its turn, so that they are numbered in the order
   * played.
   */
  adopt(): MarketEvent {
    const { event, source } = this, all = this.#instruments;
    if (all === undefined) return event;
    const own = event.instrument;
    if (this.#indices[own] === undefined) {
      const { name, venue } = source.instruments.at(own);
      this.#indices[own] = all.add(name, venue, source.instruments.seen(own));
    }
    event.instrument = this.#indices[own];
    return event;
  }

  /** Moves on to the next event. @returns False at the end; a promise if more must be read first. */
  advance(): boolean | Promise<boolean> {
    const event = this.source.next();
    return event === undefined ? this.#read() : this.#take(event);
  }

  async #read(): Promise<boolean> {
    const event = await nextOf(this.source);
    return event !== undefined && this.#take(event);
  }

  #take(event: MarketEvent): true {
    this.event = event;
    this.elapsed.to(event.receivedUs);
    return true;
  }
}

/** The head whose event was recorded first. Of two at once, the events decide, not the order of the sources. */
export function firstRecorded(heads: readonly Head[]): Head {
  let first = heads[0];
  for (let i = 1; i < heads.length; i++) if (isBefore(heads[i], first)) first = heads[i];
  return first;
}

/** The head whose event is due first if each is played from its own beginning on. */
export function firstDue(heads: readonly Head[]): Head {
  let first = heads[0];
  for (let i = 1; i < heads.length; i++) if (heads[i].elapsed.us < first.elapsed.us) first = heads[i];
  return first;
}

function isBefore(one: Head, other: Head): boolean {
  const { receivedUs } = one.event, otherUs = other.event.receivedUs;
  return receivedUs < otherUs || (receivedUs === otherUs && one.source.label < other.source.label);
}

async function nextOf(source: Source): Promise<MarketEvent | undefined> {
  do {
    const event = source.next();
    if (event !== undefined) return event;
  } while (await source.fill());
  return undefined;
}
