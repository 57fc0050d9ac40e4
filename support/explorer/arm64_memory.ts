import { mix } from "./hash.ts";
import { Memory, type MemoryChoice } from "./memory.ts";

/** Kinds of choices; the word is added to them. */
const SHOW = 16;
const WHICH = 17;

/** The option to let nothing more be seen. */
const STOP = 0xff;

/** How many older values of a word a load may find at most. */
const MOST_OLDER = 6;

/** A store that waits in a processor. */
interface Waiting {
  readonly word: number;
  readonly value: number;
  readonly mask: number;
  /** Whether everything stored before it must be seen before it. */
  readonly isRelease: boolean;
  /** Whether it is the end of an exchange: no other actor's store to the word comes between what that read and this. */
  readonly isExclusive: boolean;
}

/** What one actor has yet to show, and what it may still find. */
class View {
  /** Stores that others do not see yet, in the order in which they were made. */
  readonly waiting: Waiting[] = [];
  /** No load finds what was older at this time: that of the last value which an acquire load found. */
  horizon = 0;
  /** The same for acquire loads alone: they are not made before an own release store is seen. */
  acquireHorizon = 0;
  /** By word, when the value came to be seen that was found there last. */
  readonly found = new Map<number, number>();

  begin(): void {
    this.waiting.length = this.horizon = this.acquireHorizon = 0;
    this.found.clear();
  }
}

/**
 * A memory that reorders as arm64 may, between accesses that are atomic here (`ldar`, `stlr`, `ldaxr` with `stlxr`) and
 * plain ones.
 *
 * Stores are late: a plain store comes to be seen after or before any other of its actor to another word; a release
 * store only after all that were made before it, but what is stored after it may be seen first. Loads are early: a load
 * may find what a word was at any time since the last acquire load of its actor had found its value; an acquire load
 * not before an own release store is seen. So a plain load that was made before an acquire load may find what is newer,
 * as if it had been made after it. One word never seems to go back.
 *
 * An exchange is an acquire load and a release store, which becomes visible later: later accesses of its actor wait for
 * the load alone. It reads the value that the word has right before the store becomes visible: no other store comes in
 * between. An exchange that fails, as the word differs from what was expected, is an acquire load. A fence, as a system
 * call has on its way in, is a barrier for everything.
 *
 * To find what is not the newest is a delay, of which there are so many. Not in this model: a plain store that is seen
 * before an earlier plain load of its actor was made; and order by dependency, which keeps more in order than is kept
 * here.
 */
export class Arm64Memory extends Memory {
  /** All that came to be seen, in order: the time is an index here, plus one. */
  readonly #logWords: number[] = [];
  readonly #logValues: number[] = [];
  readonly #firstImage = new Int32Array(this.words.length);
  readonly #views: View[] = [];
  readonly #choose: MemoryChoice;
  readonly #delays: number;
  #delaysLeft = 0;
  /** Whose stores are being shown, by actor. */
  readonly #isShowing: boolean[] = [];

  /**
   * @param delays How often a load may find what is not the newest, in one run.
   * @param choose Decides what it finds.
   */
  constructor(delays: number, choose: MemoryChoice) {
    super();
    this.#delays = delays;
    this.#choose = choose;
  }

  override begin(image: Int32Array, actors: number): void {
    super.begin(image, actors);
    // All have one from the start: a fence for all also fences actors that have made no access yet.
    for (let actor = 0; actor < actors; actor++) this.#viewOf(actor);
    this.#firstImage.set(image);
    this.#logWords.length = this.#logValues.length = 0;
    for (const view of this.#views) view.begin();
    this.#delaysLeft = this.#delays;
  }

  override get delaysLeft(): number {
    return this.#delaysLeft;
  }

  override set(word: number, value: number): void {
    super.set(word, value);
    this.#logWords.push(word);
    this.#logValues.push(value);
  }

  override load(actor: number, word: number): number {
    this.#showReleases(actor);
    return this.#find(actor, word, true);
  }

  override peek(actor: number, word: number): number {
    return this.#find(actor, word, false);
  }

  override peekTwo(actor: number, word: number): number {
    const first = this.#find(actor, word, false);
    this.second = this.#find(actor, word + 1, false);
    return first;
  }

  override put(actor: number, word: number, value: number, mask: number): void {
    this.#viewOf(actor).waiting.push({ word, value, mask, isRelease: false, isExclusive: false });
  }

  override putTwo(actor: number, word: number, first: number, second: number): void {
    this.put(actor, word, first, -1);
    this.put(actor, word + 1, second, -1);
  }

  override release(actor: number, word: number, value: number): void {
    this.#viewOf(actor).waiting.push({ word, value, mask: -1, isRelease: true, isExclusive: false });
  }

  override store(actor: number, word: number, value: number): void {
    this.release(actor, word, value);
  }

  override lock(actor: number, word: number): number {
    this.fence(actor);
    this.#showExclusive(actor, word);
    this.#takeIn(actor, word);
    const view = this.#viewOf(actor);
    view.horizon = view.acquireHorizon = this.#logWords.length;
    return this.words[word];
  }

  override update(actor: number, word: number, next: (old: number) => number, expected?: number): number {
    const view = this.#viewOf(actor);
    if (expected !== undefined) {
      const early = this.load(actor, word);
      if (early !== expected) return early;
    }
    // What was stored before, plainly or by an exchange, may as well be seen now: loads that follow may be older.
    while (view.waiting.length > 0) this.#show(actor, 0);
    this.#showExclusive(actor, word);
    this.#takeIn(actor, word);
    const old = this.words[word], time = this.#timeOf(word);
    view.found.set(word, time);
    view.horizon = Math.max(view.horizon, view.acquireHorizon, time);
    if (old === (expected ?? old)) {
      view.waiting.push({ word, value: next(old) | 0, mask: -1, isRelease: true, isExclusive: true });
    }
    return old;
  }

  override fence(actor: number): void {
    const view = this.#viewOf(actor);
    while (view.waiting.length > 0) this.#show(actor, 0);
    view.horizon = view.acquireHorizon = this.#logWords.length;
  }

  override fenceAll(_actor: number): void {
    for (let actor = 0; actor < this.#views.length; actor++) this.fence(actor);
  }

  override stir(hash: number): number {
    const now = this.#logWords.length;
    for (const { waiting, horizon, acquireHorizon, found } of this.#views) {
      for (const { word, value, mask, isRelease, isExclusive } of waiting) {
        hash = mix(mix(mix(hash, word << 2 | +isExclusive << 1 | +isRelease), value), mask);
      }
      hash = mix(hash, waiting.length);
      if (this.#delaysLeft === 0) continue; // then all find the newest
      for (let time = horizon; time < now; time++) {
        const word = this.#logWords[time], isGone = (found.get(word) ?? 0) > time;
        hash = mix(mix(hash, word << 2 | +isGone << 1 | +(time < acquireHorizon)), this.#logValues[time]);
      }
    }
    return hash;
  }

  #viewOf(actor: number): View {
    return this.#views[actor] ??= new View();
  }

  /** What a load finds. */
  #find(actor: number, word: number, isAcquire: boolean): number {
    const view = this.#viewOf(actor), own = view.waiting.findLast((one) => one.word === word);
    if (own?.mask === -1) return own.value;
    this.#takeIn(actor, word);
    const times = this.#timesOf(view, word, isAcquire);
    let time = times[0];
    if (times.length > 1 && this.#delaysLeft > 0) {
      const option = this.#choose(WHICH | word << 8, (offer) => {
        for (let i = 0; i < times.length; i++) offer[i] = i;
        return times.length;
      });
      if (option > 0) this.#delay(word);
      time = times[Math.max(0, option)];
    }
    view.found.set(word, time);
    if (isAcquire) view.horizon = Math.max(view.horizon, view.acquireHorizon, time);
    let value = time === 0 ? this.#firstImage[word] : this.#logValues[time - 1];
    for (const one of view.waiting) if (one.word === word) value = (value & ~one.mask) | (one.value & one.mask);
    return value;
  }

  /** Since when the values are there that a load may find: the newest first. */
  #timesOf(view: View, word: number, isAcquire: boolean): number[] {
    const oldest = Math.max(view.horizon, isAcquire ? view.acquireHorizon : 0),
      found = view.found.get(word) ?? 0,
      times: number[] = [];
    for (let time = this.#logWords.length; time > 0 && times.length <= MOST_OLDER; time--) {
      if (this.#logWords[time - 1] !== word) continue;
      times.push(time);
      if (time <= oldest || time <= found) return times;
    }
    if (times.length <= MOST_OLDER) times.push(0);
    return times;
  }

  /** Since when a word is what it is. */
  #timeOf(word: number): number {
    return this.#logWords.lastIndexOf(word) + 1;
  }

  /** An actor's release stores come to be seen. */
  #showReleases(actor: number): void {
    const release = this.#viewOf(actor).waiting.findLastIndex(({ isRelease }) => isRelease);
    if (release !== -1) this.#show(actor, release);
  }

  /** Others' exchanges of a word end, as it is about to be changed: such a store is its actor's first that waits. */
  #showExclusive(actor: number, word: number): void {
    for (let other = 0; other < this.#views.length; other++) {
      const [first] = this.#views[other].waiting;
      if (other !== actor && first?.isExclusive && first.word === word) this.#show(other, 0);
    }
  }

  /** Others' stores to a word come to be seen, one after the other, as far as it is chosen. */
  #takeIn(actor: number, word: number): void {
    const mayShow = (other: number) =>
      other !== actor && !this.#isShowing[other] && this.#views[other].waiting.some((one) => one.word === word);
    while (this.#views.some((_, other) => mayShow(other))) {
      const option = this.#choose(SHOW | word << 8, (offer) => {
        let count = 0;
        for (let other = 0; other < this.#views.length; other++) if (mayShow(other)) offer[count++] = other;
        if (this.#delaysLeft > 0) offer[count++] = STOP;
        return count;
      });
      if (option === STOP) this.#delay(word);
      if (option === STOP || option < 0) return;
      this.#show(option, this.#views[option].waiting.findIndex((one) => one.word === word));
    }
  }

  #delay(word: number): void {
    this.#delaysLeft--;
    this.onDelay?.(word);
  }

  /**
   * A store comes to be seen: after those that it must not pass, and those of others that are chosen to come before.
   */
  #show(actor: number, index: number): void {
    const view = this.#viewOf(actor), { waiting } = view, store = waiting[index];
    if (store.isRelease) { while (waiting[0] !== store) this.#show(actor, 0); }
    else {
      for (let first = -1; waiting[first = waiting.findIndex(({ word }) => word === store.word)] !== store;) {
        this.#show(actor, first);
      }
    }
    if (!store.isExclusive) {
      const isNested = this.#isShowing[actor] === true;
      this.#isShowing[actor] = true;
      this.#showExclusive(actor, store.word);
      this.#takeIn(actor, store.word);
      this.#isShowing[actor] = isNested;
    }
    waiting.splice(waiting.indexOf(store), 1);
    this.set(store.word, (this.words[store.word] & ~store.mask) | (store.value & store.mask));
    view.found.set(store.word, this.#logWords.length);
    if (store.isRelease) view.acquireHorizon = this.#logWords.length;
  }
}
