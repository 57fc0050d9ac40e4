import { mix } from "./hash.ts";
import { Memory, type MemoryChoice } from "./memory.ts";

/** A kind of choice; the word is added to it. */
const FLUSH = 16;

/** The option to let nothing more be seen. */
const STOP = 0xff;

/** A store that waits in a processor. */
interface Waiting {
  readonly word: number;
  readonly value: number;
  readonly mask: number;
  /** Whether the next one is the other half of the same store. */
  readonly isFirstHalf: boolean;
  /** The operation of its actor that it belongs to. */
  readonly operation: number;
}

/**
 * The memory of x86-64: each processor keeps its plain stores in order in a buffer of its own, from where they come to
 * be seen by others at some time. It sees its own at once. Locked instructions and fences empty the buffer first.
 *
 * When a store becomes visible matters only to an actor that accesses that word. So it is decided there: an
 * access finds the stores of others that wait for this word, and takes in as many as it likes, with all that were made
 * before them. To leave one out is a delay, of which there are so many.
 */
export class X86Memory extends Memory {
  /** By actor, in the order in which they were made. */
  readonly #waiting: Waiting[][] = [];
  readonly #choose: MemoryChoice;
  readonly #delays: number;
  #delaysLeft = 0;
  /** Whose store is about to be seen, by actor. */
  readonly #isShowing: boolean[] = [];

  /**
   * @param delays How many stores others may miss in one run.
   * @param choose Decides what they miss.
   */
  constructor(delays: number, choose: MemoryChoice) {
    super();
    this.#delays = delays;
    this.#choose = choose;
  }

  override begin(image: Int32Array, actors: number): void {
    super.begin(image, actors);
    // All have one from the start: others look through it before its actor has made a store.
    for (let actor = 0; actor < actors; actor++) this.#listOf(actor).length = 0;
    this.#delaysLeft = this.#delays;
  }

  override get delaysLeft(): number {
    return this.#delaysLeft;
  }

  override get isReordering(): boolean {
    return true;
  }

  override isSettled(actor: number, word: number, isWrite: boolean): boolean {
    if (isWrite && this.#listOf(actor).length > 0) return false; // it may be a fence
    return !this.#waiting.some((list) => list.some((one) => one.word === word || one.word === word + 1));
  }

  override load(actor: number, word: number): number {
    this.#takeIn(actor, word, false);
    return this.#own(actor, word);
  }

  override peek(actor: number, word: number): number {
    return this.load(actor, word);
  }

  override peekTwo(actor: number, word: number): number {
    this.#takeIn(actor, word, true);
    this.second = this.#own(actor, word + 1);
    return this.#own(actor, word);
  }

  override put(actor: number, word: number, value: number, mask: number): void {
    this.#listOf(actor).push({ word, value, mask, isFirstHalf: false, operation: this.operationOf(actor) });
  }

  override putTwo(actor: number, word: number, first: number, second: number): void {
    const operation = this.operationOf(actor);
    this.#listOf(actor).push(
      { word, value: first, mask: -1, isFirstHalf: true, operation },
      { word: word + 1, value: second, mask: -1, isFirstHalf: false, operation },
    );
  }

  override release(actor: number, word: number, value: number): void {
    this.put(actor, word, value, -1);
  }

  override store(actor: number, word: number, value: number): void {
    this.update(actor, word, () => value);
  }

  override lock(actor: number, word: number): number {
    this.fence(actor);
    this.#takeIn(actor, word, false);
    return this.words[word];
  }

  override fence(actor: number): void {
    const list = this.#listOf(actor);
    while (list.length > 0) this.#showFirst(actor);
  }

  override fenceAll(_actor: number): void {
    for (let actor = 0; actor < this.#waiting.length; actor++) this.fence(actor);
  }

  override stir(hash: number): number {
    for (const list of this.#waiting) {
      for (const { word, value, mask } of list) hash = mix(mix(mix(hash, word), value), mask);
      hash = mix(hash, list.length);
    }
    return hash;
  }

  #listOf(actor: number): Waiting[] {
    return this.#waiting[actor] ??= [];
  }

  /** A word as its actor sees it: with its own stores. */
  #own(actor: number, word: number): number {
    let value = this.words[word];
    for (const one of this.#listOf(actor)) {
      if (one.word === word) value = (value & ~one.mask) | (one.value & one.mask);
    }
    return value;
  }

  /** Others' stores to a word come to be seen, one after the other, as far as it is chosen. */
  #takeIn(actor: number, word: number, isTwo: boolean): void {
    const mayShow = (other: number) =>
      other !== actor && !this.#isShowing[other] && this.#waiting[other].some((one) => isOf(one, word, isTwo));
    while (this.#waiting.some((_, other) => mayShow(other))) {
      const option = this.#choose(FLUSH | word << 8, (offer) => {
        let count = 0;
        for (let other = 0; other < this.#waiting.length; other++) if (mayShow(other)) offer[count++] = other;
        if (this.#delaysLeft > 0) offer[count++] = STOP;
        return count;
      });
      if (option === STOP) this.#delay(word);
      if (option >= 0) this.#noteMisses(word, isTwo, (other) => other !== option && mayShow(other));
      if (option === STOP || option < 0) return;
      for (let isThere = false; !isThere;) {
        const [first, second] = this.#waiting[option];
        isThere = isOf(first, word, isTwo) || (first.isFirstHalf && isOf(second, word, isTwo));
        this.#showFirst(option);
      }
    }
  }

  /** What waits for a word and was not chosen comes to be seen later than what was. */
  #noteMisses(word: number, isTwo: boolean, isMissed: (other: number) => boolean): void {
    if (this.onMiss === undefined) return;
    for (const [other, list] of this.#waiting.entries()) {
      if (isMissed(other)) this.onMiss(other, list.find((one) => isOf(one, word, isTwo))!.operation);
    }
  }

  #delay(word: number): void {
    this.#delaysLeft--;
    this.onDelay?.(word);
  }

  /**
   * An actor's oldest store comes to be seen: after those of others to the same word that are chosen to come before.
   * Those cannot be stores of one whose own store this comes before.
   */
  #showFirst(actor: number): void {
    const list = this.#listOf(actor), isWhole = !list[0].isFirstHalf;
    this.#isShowing[actor] = true;
    this.#takeIn(actor, list[0].word, !isWhole);
    this.#isShowing[actor] = false;
    for (let i = isWhole ? 1 : 2; i > 0; i--) {
      const { word, value, mask } = list.shift()!;
      this.set(word, (this.words[word] & ~mask) | (value & mask));
    }
  }
}

function isOf(one: Waiting, word: number, isTwo: boolean): boolean {
  return one.word === word || (isTwo && one.word === word + 1);
}
