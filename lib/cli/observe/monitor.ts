import { ShmkitError } from "../../errors.ts";
import { type PartContent, SegmentObserver } from "../../memory/internal.ts";
import { type Holder, ObjectWatch, type ObservedHolder, type ObservedObject } from "./observed_object.ts";
import { type ObservedParticipant, observeParticipant } from "./observed_segment.ts";
import { inodeAt, pathOf } from "./segment_place.ts";
import { SegmentSearch } from "./segment_search.ts";

/** An object at a moment, with what happened in it since the moment before. */
export interface ObjectSample extends ObservedObject {
  readonly segment: string;
  /** How often a second something was done in it; undefined in the first sample. */
  readonly perSecond: number | undefined;
  /** Of a lock: how often a second an attachment had to wait. */
  readonly contendedPerSecond: number | undefined;
  /** The reader that is furthest behind. */
  readonly slowest: { readonly name: string; readonly lag: number } | undefined;
}

/** An attachment at a moment. */
export interface ParticipantSample extends ObservedParticipant {
  readonly segment: string;
  /** Processor time of its process since the moment before, as a part of one core. */
  readonly cpu: number | undefined;
  /** What its attachment holds. */
  readonly holds: readonly string[];
}

/** All that is watched, at a moment. */
export interface Sample {
  readonly at: Date;
  readonly segments: readonly string[];
  readonly objects: readonly ObjectSample[];
  readonly participants: readonly ParticipantSample[];
  /** Why the one segment that is to be watched cannot be; undefined if there is none yet. */
  readonly error: string | undefined;
}

/** Samples segments again and again, however they come and go. It holds nothing in them, and changes nothing. */
export class Monitor implements Disposable {
  readonly #name: string | undefined;
  readonly #watches = new Map<string, SegmentWatch>();
  readonly #search = new SegmentSearch();
  #error: string | undefined;

  /** @param name The segment to watch. Defaults to all. */
  constructor(name: string | undefined) {
    this.#name = name;
  }

  /** Samples everything. */
  sample(): Sample {
    this.#dropGone();
    const names = this.#name === undefined ? this.#search.names() : [this.#name];
    for (const name of names) if (!this.#watches.has(name)) this.#watch(name);
    const samples = Array.from(this.#watches.values(), (watch) => watch.sample());
    return {
      at: new Date(),
      segments: [...this.#watches.keys()],
      objects: samples.flatMap(({ objects }) => objects),
      participants: samples.flatMap(({ participants }) => participants),
      error: this.#name === undefined ? undefined : this.#error,
    };
  }

  /** All that is known of an object, and the first of its contents. */
  open(
    segment: string,
    object: string,
    most: number,
  ): { observed: ObservedObject | undefined; contents: readonly PartContent[] } {
    const watch = this.#watches.get(segment);
    return { observed: watch?.observe(object), contents: watch?.contents(object, most) ?? [] };
  }

  /** Closes the observers of segments that are gone. */
  #dropGone(): void {
    for (const [name, watch] of this.#watches) {
      if (watch.isThere()) continue;
      watch.close();
      this.#watches.delete(name);
    }
  }

  #watch(name: string): void {
    try {
      this.#watches.set(name, SegmentWatch.open(name));
      this.#error = undefined;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (!(error instanceof ShmkitError || code === "ENOENT")) throw error;
      if (code === "INITIALISING") return;
      this.#search.refuse(name);
      this.#error = code === "ENOENT" ? undefined : (error as Error).message;
    }
  }

  /** Closes all observers. */
  [Symbol.dispose](): void {
    for (const watch of this.#watches.values()) watch.close();
    this.#watches.clear();
  }
}

/** One segment that is observed again and again. */
class SegmentWatch {
  readonly #observer: SegmentObserver;
  readonly #path: string;
  readonly #inode: number | undefined;
  readonly #objects = new Map<string, ObjectWatch>();
  readonly #done = new Map<string, { readonly done: number; readonly contended: number }>();
  readonly #cpu = new Map<number, number>();
  #at = NaN;

  private constructor(observer: SegmentObserver, path: string, inode: number | undefined) {
    this.#observer = observer;
    this.#path = path;
    this.#inode = inode;
  }

  /** @throws {ShmkitError} If it is no segment, or not yet one. */
  static open(name: string): SegmentWatch {
    // Asked first: if the name leads to another file by the time it is opened, the next sample opens it anew.
    const { path } = pathOf(name), inode = inodeAt(path);
    return new SegmentWatch(SegmentObserver.open(name), path, inode);
  }

  /** Whether its name still leads to it. */
  isThere(): boolean {
    return this.#inode !== undefined && inodeAt(this.#path) === this.#inode;
  }

  sample(): Pick<Sample, "objects" | "participants"> {
    const now = performance.now(), seconds = (now - this.#at) / 1000; // NaN in the first sample
    this.#at = now;
    for (const entry of this.#observer.objects().entries) {
      if (!this.#objects.has(entry.name)) this.#objects.set(entry.name, new ObjectWatch(this.#observer, entry));
    }
    const known = new Map<number, Holder>();
    const objects = Array.from(this.#objects.values(), (watch) => this.#sampleOf(watch.observe(true, known), seconds));
    const held = holdingsById(objects);
    const participants = this.#observer.participants().map((holder) => {
      const observed = observeParticipant(holder), before = this.#cpu.get(observed.pid), { cpuMs } = observed;
      const isKnown = cpuMs !== undefined && before !== undefined;
      return {
        ...observed,
        segment: this.#observer.name,
        cpu: isKnown ? Math.max(0, (cpuMs - before) / 1000 / seconds) : undefined,
        holds: held.get(observed.id) ?? [],
      };
    });
    // A process may be attached more than once.
    this.#cpu.clear();
    for (const { pid, cpuMs } of participants) if (cpuMs !== undefined) this.#cpu.set(pid, cpuMs);
    return { objects, participants };
  }

  observe(object: string): ObservedObject | undefined {
    return this.#objects.get(object)?.observe();
  }

  contents(object: string, most: number): PartContent[] {
    const found: PartContent[] = [];
    try {
      for (const content of this.#objects.get(object)?.description?.contents() ?? []) {
        if (found.length >= most) break;
        found.push(content);
      }
    } catch (error) {
      // Its state reports that it is corrupt.
      if (!(error instanceof ShmkitError || error instanceof RangeError || error instanceof TypeError)) throw error;
    }
    return found;
  }

  close(): void {
    this.#observer.close();
  }

  #sampleOf(observed: ObservedObject, seconds: number): ObjectSample {
    const { name, state } = observed, { done = 0, doneModulo = Infinity, contended = 0, readers = [] } = state ?? {};
    const before = this.#done.get(name);
    this.#done.set(name, { done, contended });
    const isFirst = before === undefined || state === undefined || Number.isNaN(seconds);
    const passed = isFirst ? 0 : done - before.done;
    const slowest = readers.reduce<ObjectSample["slowest"]>(
      (most, reader) => most === undefined || reader.lag > most.lag ? reader : most,
      undefined,
    );
    return {
      ...observed,
      segment: this.#observer.name,
      // A count that wrapped is ahead by less than its range.
      perSecond: isFirst
        ? undefined
        : Math.max(0, passed < 0 && doneModulo < Infinity ? passed + doneModulo : passed) / seconds,
      contendedPerSecond: isFirst || observed.family !== "lock"
        ? undefined
        : Math.max(0, contended - before.contended) / seconds,
      slowest: slowest === undefined ? undefined : { name: slowest.name, lag: slowest.lag },
    };
  }
}

function holdingsById(objects: readonly ObservedObject[]): Map<number, string[]> {
  const held = new Map<number, string[]>();
  const note = (name: string, { as, id }: ObservedHolder) => held.set(id, [...held.get(id) ?? [], `${as} of ${name}`]);
  for (const { name, holders } of objects) for (const holder of holders) note(name, holder);
  return held;
}
