import { Futex, type Watch } from "../atomic/mod.ts";
import {
  type Announced,
  asyncLimitsOf,
  type AsyncWaitOptions,
  type Goal,
  TaskQueue,
  timeoutOf,
  type Waitable,
  WAITED,
  type Waited,
  type WaitOptions,
} from "../sync/internal.ts";

/** How many words one call of the kernel waits for. */
const MOST_WORDS = 128;
/** The longest sleep of a blocking wait, in milliseconds: the process that should wake it may have died. */
const LONGEST_SLEEP_MS = 50;
/** The same where wake-ups may be missed, or where there are more words than one call waits for. */
const UNSURE_SLEEP_MS = 1;

const WHAT = "a set";

/**
 * One wait for any number of members: consumers and readers with records, producers with space, events. It reports
 * which of them are ready, and takes nothing. A ready member can be used at once, unless another process was faster:
 * where several consume one queue, expect to find nothing sometimes.
 *
 * It belongs to one thread, and writes nothing into memory except that a waiter sleeps. A blocked thread is woken by
 * any of up to 128 members; with more, it checks every millisecond. A task in the event loop is woken by any number.
 *
 * @example
 * ```ts
 * import { f64, Region, SpscRing, struct, WaitSet } from "@shmkit/shmkit";
 * import { assertEquals } from "@std/assert";
 *
 * const options = { layout: struct("Order", { price: f64 }), capacity: 4 };
 * const make = () => {
 *   const region = Region.over(new SharedArrayBuffer(SpscRing.byteLength(options)));
 *   SpscRing.init(region, options);
 *   return SpscRing.attach(region, options);
 * };
 * const orders = make(), fills = make();
 * const one = orders.consumer(), other = fills.consumer();
 * const set = new WaitSet([one, other]);
 * assertEquals(set.wait({ timeoutMs: 1 }), []);
 * fills.producer().push({ price: 1 });
 * assertEquals(await set.waitAsync(), [other]);
 * ```
 */
export class WaitSet<T extends Waitable = Waitable> {
  /** The members, each with its way of waiting. */
  readonly #members = new Map<T, Waited>();
  readonly #tasks = new TaskQueue();
  /** How many checks there were: each begins with the next member. */
  #turn = 0;

  /**
   * Makes a set.
   *
   * @param members Its first members.
   */
  constructor(members: Iterable<T> = []) {
    for (const member of members) this.add(member);
  }

  /** How many members there are. */
  get size(): number {
    return this.#members.size;
  }

  /**
   * Adds a member, also for a wait in the event loop that has begun.
   *
   * @throws {TypeError} If it cannot be waited for.
   */
  add(member: T): this {
    if (typeof member !== "object" || member === null || !(WAITED in member)) {
      throw new TypeError(
        `Cannot wait for a member as it must be a consumer, a producer or an event: received ${typeof member}`,
      );
    }
    this.#members.set(member, member[WAITED]);
    queueMicrotask(() => this.#tasks.announceAnew());
    return this;
  }

  /** Removes a member. Returns whether it was one. */
  delete(member: T): boolean {
    return this.#members.delete(member);
  }

  /** The members that are ready now, starting with another one at each call. Never blocks. */
  ready(): T[] {
    return this.#findReady(false);
  }

  /** @param isLifeCheck Whether it is time to check if a process that holds a member up has died. */
  #findReady(isLifeCheck: boolean): T[] {
    const first = this.#turn++ % Math.max(1, this.#members.size), found: T[] = [], wrapped: T[] = [];
    let i = 0;
    for (const [member, waited] of this.#members) {
      if (waited.isReady(isLifeCheck)) (i < first ? wrapped : found).push(member);
      i++;
    }
    found.push(...wrapped);
    return found;
  }

  /**
   * Blocks this thread until a member is ready.
   *
   * @returns All that are ready; none if the time ran out.
   * @throws {TypeError | RangeError} If `timeoutMs` is not a number, or is negative.
   * @throws As a closed member does.
   */
  wait(options?: WaitOptions): T[] {
    const timeoutMs = timeoutOf("wait for", WHAT, options), deadline = performance.now() + timeoutMs;
    for (let isLifeCheck = true;;) {
      let found = this.#findReady(isLifeCheck);
      const leftMs = deadline - performance.now();
      if (found.length > 0 || leftMs <= 0) return found;
      const sleepers = this.#announce();
      found = this.#findReady(false);
      if (found.length > 0) return found;
      isLifeCheck = !this.#sleep(sleepers, leftMs);
    }
  }

  /**
   * As `wait`, but waits in the event loop; `AsyncWaitOptions` has the rules of all async forms.
   *
   * @returns All that are ready; none if the time ran out.
   */
  async waitAsync(options?: AsyncWaitOptions): Promise<T[]> {
    let found: T[] = [];
    const goal: Goal = {
      attempt: (isLifeCheck) => (found = this.#findReady(isLifeCheck)).length > 0,
      arm: () => {
        const sleepers = this.#announce();
        return {
          isUnsure: sleepers.some((one) => one === undefined || one.isUnsure),
          watch: (wake) => watchAll(sleepers, wake),
        };
      },
    };
    await this.#tasks.wait(goal, asyncLimitsOf("wait for", WHAT, options));
    return found;
  }

  #announce(): (Announced | undefined)[] {
    return Array.from(this.#members.values(), (waited) => waited.announce());
  }

  /** Sleeps. Returns false if this thread was not woken. */
  #sleep(sleepers: readonly (Announced | undefined)[], leftMs: number): boolean {
    const sure = sleepers.filter((one) => one !== undefined).slice(0, MOST_WORDS);
    const isUnsure = sure.length < sleepers.length || sure.some((one) => one.isUnsure);
    const ms = Math.min(leftMs, isUnsure ? UNSURE_SLEEP_MS : LONGEST_SLEEP_MS);
    if (sure.length === 0) return NOBODY.wait(0, NOBODY.now() + ms);
    return 0 <= Futex.waitAny(sure.map(({ futex }) => futex), sure.map(({ seen }) => seen), sure[0].futex.now() + ms);
  }
}

/** A word that never changes. */
const NOBODY = Futex.at(new Int32Array(new SharedArrayBuffer(4)), 0);

/** Watches all words until the first wake-up. */
function watchAll(sleepers: readonly (Announced | undefined)[], wake: () => void): Watch {
  let isOver = false;
  const watches: Watch[] = [];
  const end = (hasTaken: boolean) => {
    isOver = true;
    for (const watch of watches) watch.end(hasTaken);
  };
  for (const sleeper of sleepers) {
    if (sleeper === undefined) continue;
    watches.push(sleeper.futex.watch(sleeper.seen, () => {
      if (isOver) return;
      end(false); // nothing is taken: another sleeper may take what the set reports
      wake();
    }));
  }
  return {
    get isPrompt() {
      return watches.every((watch) => watch.isPrompt);
    },
    end,
  };
}
