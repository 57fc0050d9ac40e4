import { assertEquals, assertLess } from "@std/assert";
import { describe, it } from "node:test";
import { Event, Mutex, Segment, Semaphore, type SharedType, SpscRing } from "@shmkit/shmkit";
import { FIRST_OWN_WORD } from "../../lib/sync/shared/lock_format.ts";
import { Random } from "../../support/random.ts";
import { soonest, Stopwatch } from "../../support/stopwatch.ts";
import { watchedWords } from "../../support/threads.ts";
import { until } from "../../support/until.ts";
import { after, Sample } from "./wait_sample.ts";

/** A signal that knows how many listen to it. */
function countedSignal(): { controller: AbortController; signal: AbortSignal; listeners(): number } {
  const controller = new AbortController(), { signal } = controller;
  let listeners = 0;
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    listeners++;
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    listeners--;
    removeEventListener.apply(signal, args);
  };
  return { controller, signal, listeners: () => listeners };
}

/** How often a waiter slept at an event. */
const SLEPT_WORD = FIRST_OWN_WORD + 3;

// deno-lint-ignore no-explicit-any -- types with options of all kinds
type AnyType = SharedType<any, any>;

/** The same type, which notes the words of what it attaches to. */
function withWords(type: AnyType, all: Int32Array[]): AnyType {
  return {
    kind: type.kind,
    byteLength: (options) => type.byteLength(options),
    schema: type.schema && ((options) => type.schema!(options)),
    init: (region, options) => type.init(region, options),
    attach(region, options) {
      all.push(region.source.i32);
      return type.attach(region, options);
    },
  };
}

describe("many tasks that wait", () => {
  it("for 200 words, 1,000 of them: each is woken, and only by its own", async () => {
    using segment = Segment.anonymous({ byteLength: 2 ** 20 });
    using other = Segment.open(segment.name);
    const events = Array.from({ length: 200 }, (_, i) => segment.create(`event ${i}`, Event, {}));
    const setters = events.map((_, i) => other.open(`event ${i}`, Event));
    const done = new Array<number>(200).fill(0);
    const waits = events.flatMap((event, i) =>
      Array.from({ length: 5 }, () => event.waitAsync().then((isSet) => isSet && done[i]++))
    );
    // By two threads, as one waits for at most 127 words.
    await until(() => watchedWords() === 200, () => `asleep at ${watchedWords()} words`);
    const random = new Random(7), order = setters.map((_, i) => i).sort(() => random.below(3) - 1);
    const set = new Set<number>();
    for (const [step, i] of order.entries()) {
      setters[i].set();
      set.add(i);
      if (step % 20 !== 0) continue;
      await after(5);
      assertEquals(done.findIndex((count, i) => count > 0 && !set.has(i)), -1);
    }
    await Promise.all(waits);
    assertEquals(done.every((count) => count === 5), true);
    assertEquals(events.every((event) => event.stats().waiters === 0), true);
  });

  it("and are cancelled, or time out, by thousands: nothing is left of them", async () => {
    using segment = Segment.anonymous({ byteLength: 2 ** 20 });
    using other = Segment.open(segment.name);
    const all: Int32Array[] = [], into = Sample.alloc();
    const ring = segment.create("ring", withWords(SpscRing, all), { layout: Sample, capacity: 8 }) as SpscRing<
      typeof Sample
    >;
    const event: Event = segment.create("event", withWords(Event, all), { autoReset: true });
    const mutex: Mutex = segment.create("mutex", withWords(Mutex, all), {});
    const semaphore: Semaphore = segment.create("semaphore", withWords(Semaphore, all), { permits: 1 });
    const consumer = ring.consumer({ pollMs: 0 }), signals: WeakRef<AbortSignal>[] = [];
    const words = () => all.map((words, i) => Array.from(words).toSpliced(i === 1 ? SLEPT_WORD : words.length, 1));
    let before: number[][] | undefined;
    other.open("mutex", Mutex).lock();
    other.open("semaphore", Semaphore).lock();
    for (let round = 0; round < 40; round++) {
      const { controller, signal, listeners } = countedSignal();
      const waits = Array.from({ length: 100 }, (_, i) => {
        const options = i % 3 === 0 ? { signal } : { signal, timeoutMs: i % 11 };
        if (i % 4 === 0) return consumer.shiftAsync(into, options);
        if (i % 4 === 1) return mutex.lockAsync(options);
        return i % 4 === 2 ? event.waitAsync(options) : semaphore.lockAsync(options);
      });
      // In the first round all fall asleep.
      if (round === 0) await until(() => watchedWords() === all.length, () => `asleep at ${watchedWords()} words`);
      else await after(round % 4);
      controller.abort();
      const results = await Promise.allSettled(waits);
      assertEquals(results.some((result) => result.status === "fulfilled" && result.value), false);
      assertEquals(listeners(), 0);
      signals.push(new WeakRef(signal));
      // From the first round on, notifiers know that a waiter may sleep.
      assertEquals(words(), before ??= words());
    }
    await after(0);
    const { Bun } = globalThis as { Bun?: { gc(now: boolean): void } };
    Bun?.gc(true); // the others collect when they want to
    const kept = signals.filter((signal) => signal.deref() !== undefined).length;
    if (Bun !== undefined) assertLess(kept, signals.length / 2); // what is on the stack stays, or seems to be there
    assertEquals([event, mutex, semaphore].map((lock) => lock.stats().waiters), [0, 0, 0]);
    // None of the wake-ups to come is lost to one that is gone.
    using theirs = other.open("ring", SpscRing, { layout: Sample }).producer();
    const locks = [other.open("mutex", Mutex), other.open("semaphore", Semaphore)];
    const wakes = async () => {
      const taken = [consumer.shiftAsync(into), event.waitAsync(), mutex.lockAsync(), semaphore.lockAsync()];
      await after(20);
      theirs.push({ sequence: 1 });
      other.open("event", Event).set();
      for (const lock of locks) lock.unlock();
      const stopwatch = new Stopwatch();
      assertEquals(await Promise.all(taken), [true, true, true, true]);
      const ms = stopwatch.stop();
      for (const lock of [mutex, semaphore]) lock.unlock();
      for (const lock of locks) assertEquals(lock.tryLock(), true);
      return ms;
    };
    assertLess(await soonest(40, wakes), 40); // by a wake-up, not by a look at an interval
  });
});
