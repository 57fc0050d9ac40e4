import { ShmkitError } from "../../errors.ts";
import type { CatalogEntry, PartDescription, PartState, SegmentObserver } from "../../memory/internal.ts";
import { descriptionOf } from "../parts.ts";

/** An attachment that holds something. */
export interface Holder {
  readonly id: number;
  /** Process and role, such as "process 4711 (feed)". */
  readonly who: string;
  readonly isAlive: boolean;
}

/** A holder of something of an object, and what it holds. */
export interface ObservedHolder extends Holder {
  readonly as: string;
}

/** An object of a segment at a moment. */
export interface ObservedObject extends CatalogEntry {
  readonly family: PartDescription["family"] | undefined;
  /** What it reports of itself; undefined of a kind that is not the library's, or if it is corrupt. */
  readonly state: PartState | undefined;
  readonly holders: readonly ObservedHolder[];
  /** What is wrong with it. */
  readonly error: string | undefined;
}

/** Observes one object again and again. */
export class ObjectWatch {
  readonly entry: CatalogEntry;
  /** Undefined of a kind that is not the library's, or if it is corrupt. */
  readonly description: PartDescription | undefined;
  readonly #observer: SegmentObserver;
  #error: string | undefined;

  constructor(observer: SegmentObserver, entry: CatalogEntry) {
    this.#observer = observer;
    this.entry = entry;
    this.description = this.#tried(() => descriptionOf(entry.kind)?.(observer.region(entry), entry.schema));
  }

  /**
   * How it is now.
   *
   * @param isBrief Whether to leave out what takes long to find out.
   * @param known The holders that other objects of the same sample have named: each is checked once.
   */
  observe(isBrief = false, known: Map<number, Holder> = new Map()): ObservedObject {
    const { description } = this;
    const state = this.#tried(() =>
      isBrief && description?.brief !== undefined ? description.brief() : description?.state()
    );
    const holders = (state?.holders ?? []).map(({ as, id }) => {
      const holder = known.get(id) ?? this.#holder(id);
      known.set(id, holder);
      return { as, ...holder };
    });
    return { ...this.entry, family: this.description?.family, state, holders, error: this.#error };
  }

  #holder(id: number): Holder {
    const { party } = this.#observer, isAlive = party.isAlive(id);
    // The slot of one that is gone may be another's by now.
    const isKnown = isAlive || this.#observer.participants().some((one) => one.id === id);
    return { id, who: isKnown ? party.describe(id) : "an attachment that is gone", isAlive };
  }

  /** What may fail as the object is corrupt. */
  #tried<T>(read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      // A corrupt word may be refused by whatever is asked to use it.
      if (!(error instanceof ShmkitError || error instanceof RangeError || error instanceof TypeError)) throw error;
      this.#error = error.message;
      return undefined;
    }
  }
}
