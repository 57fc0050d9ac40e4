import { ShmkitError } from "../../errors.ts";
import type { CatalogEntry, PartDescription, PartState, SegmentObserver } from "../../memory/internal.ts";
import { descriptionOf } from "../parts.ts";

/** Who holds something of an object. */
export interface HolderLook {
  readonly as: string;
  readonly id: number;
  /** Process and role, such as "process 4711 (feed)". */
  readonly who: string;
  readonly isAlive: boolean;
}

/** An object of a segment at a moment. */
export interface ObjectLook extends CatalogEntry {
  readonly family: PartDescription["family"] | undefined;
  /** What it tells of itself; undefined of a kind that is not the library's, or if it is corrupt. */
  readonly state: PartState | undefined;
  readonly holders: readonly HolderLook[];
  /** What is wrong with it. */
  readonly error: string | undefined;
}

/** Looks at one object again and again. */
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
   */
  look(isBrief = false): ObjectLook {
    const { description } = this, { party } = this.#observer;
    const state = this.#tried(() =>
      isBrief && description?.brief !== undefined ? description.brief() : description?.state()
    );
    const holders = (state?.holders ?? []).map(({ as, id }) => {
      const isAlive = party.isAlive(id);
      // The slot of one that is gone may be another's by now.
      const isKnown = isAlive || this.#observer.participants().some((one) => one.id === id);
      return { as, id, who: isKnown ? party.describe(id) : "an attachment that is gone", isAlive };
    });
    return { ...this.entry, family: this.description?.family, state, holders, error: this.#error };
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
