import type { ObjectSample } from "../observe/monitor.ts";

/** By what objects can be sorted, and the key for it. */
export const SORTS = { r: "rate", n: "name", d: "depth", l: "lag", f: "refused", c: "contention" } as const;

/** By what objects are sorted. */
export type Sort = typeof SORTS[keyof typeof SORTS];

/** What the person has chosen to see. */
export class TopState {
  sort: Sort = "rate";
  isReversed = false;
  showsParticipants = true;
  /** The object that the bar is on, by segment and name; the first, if it is gone. */
  selected: string | undefined;
  /** The object that is open. */
  opened: string | undefined;
  isOver = false;

  /**
   * Does what a key is for.
   *
   * @param key A letter, or "up", "down", "pageup", "pagedown", "home", "end", "enter", "escape".
   * @param objects All objects, in the order in which they are shown.
   * @param page How many of them are seen at once.
   * @returns Whether it is for anything.
   */
  press(key: string, objects: readonly ObjectSample[], page: number): boolean {
    if (key === "q" || key === "ctrl-c") this.isOver = true;
    else if (key === "escape" || key === "backspace") this.opened = undefined;
    else if (this.opened !== undefined) return false;
    else if (key === "enter") this.opened = this.#current(objects);
    else if (key === "p") this.showsParticipants = !this.showsParticipants;
    else if (key in SORTS) {
      const sort = SORTS[key as keyof typeof SORTS];
      this.isReversed = sort === this.sort && !this.isReversed;
      this.sort = sort;
    } else return this.#move(key, objects, page);
    return true;
  }

  /** Where the bar is. */
  indexIn(objects: readonly ObjectSample[]): number {
    return Math.max(0, objects.findIndex((object) => keyOf(object) === this.selected));
  }

  #current(objects: readonly ObjectSample[]): string | undefined {
    const object = objects[this.indexIn(objects)];
    return object === undefined ? undefined : this.selected = keyOf(object);
  }

  #move(key: string, objects: readonly ObjectSample[], page: number): boolean {
    const steps: Readonly<Record<string, number>> = {
      up: -1,
      k: -1,
      down: 1,
      j: 1,
      pageup: -page,
      pagedown: page,
      home: -Infinity,
      end: Infinity,
    };
    if (!Object.hasOwn(steps, key)) return false;
    const index = Math.min(objects.length - 1, Math.max(0, this.indexIn(objects) + steps[key]));
    if (index >= 0) this.selected = keyOf(objects[index]);
    return true;
  }
}

/** What identifies an object. */
export function keyOf({ segment, name }: Pick<ObjectSample, "segment" | "name">): string {
  return `${segment}\0${name}`;
}

/** Objects in the order in which they are shown. */
export function sorted(objects: readonly ObjectSample[], { sort, isReversed }: TopState): ObjectSample[] {
  const measures: Readonly<Record<Sort, (object: ObjectSample) => number>> = {
    rate: ({ perSecond }) => perSecond ?? 0,
    name: () => 0,
    depth: ({ family, state }) => family === "channel" ? (state?.depth ?? 0) / (state?.capacity ?? 1) : 0,
    lag: ({ slowest }) => slowest?.lag ?? 0,
    refused: ({ state }) => state?.refused ?? 0,
    contention: ({ contendedPerSecond, state }) => (contendedPerSecond ?? 0) + (state?.waiters ?? 0),
  };
  const measure = measures[sort], byName = (a: ObjectSample, b: ObjectSample) => keyOf(a) < keyOf(b) ? -1 : 1;
  const order = [...objects].sort((a, b) => measure(b) - measure(a) || byName(a, b));
  return isReversed ? order.reverse() : order;
}
