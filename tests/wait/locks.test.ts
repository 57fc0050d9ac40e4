import { assert, assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "node:test";
import {
  Barrier,
  ClosedError,
  Condition,
  Event,
  type Lock,
  Mutex,
  Once,
  OwnerDiedError,
  Region,
  RwLock,
  Segment,
  Semaphore,
  SeqLock,
  SpinLock,
  TicketLock,
} from "@shmkit/shmkit";
import { after } from "./wait_sample.ts";

// deno-lint-ignore no-explicit-any -- locks have nothing in common but this
type AnyType = any;

const locks: readonly [AnyType, object][] = [
  [Mutex, {}],
  [SpinLock, {}],
  [TicketLock, { maxParticipants: 8 }],
  [RwLock, { maxParticipants: 8 }],
  [SeqLock, { payloadBytes: 8 }],
  [Semaphore, { permits: 1 }],
];

/** One lock of two attachments, in mapped memory and in memory of threads. */
const memories: Record<string, () => { open<T>(type: AnyType, options: object): [T, T]; close(): void }> = {
  "a segment": () => {
    const one = Segment.anonymous({ byteLength: 2 ** 20 }), other = Segment.open(one.name);
    let made = 0;
    return {
      open(type, options) {
        const name = `object ${made++}`;
        return [one.create(name, type, options), other.open(name, type, options)] as never;
      },
      close() {
        other.close();
        one.close();
      },
    };
  },
  "memory of threads": () => ({
    open(type, options) {
      const memory = new SharedArrayBuffer(type.byteLength(options));
      type.init(Region.over(memory), options);
      return [type.attach(Region.over(memory), options), type.attach(Region.over(memory), options)] as never;
    },
    close() {},
  }),
};

for (const [kind, setUp] of Object.entries(memories)) {
  for (const [type, options] of locks) {
    describe(`tasks at a ${type.kind} in ${kind}`, () => {
      it("exclude each other, and take their turns in the order in which they came", async () => {
        const memory = setUp(), [lock, other] = memory.open<Lock>(type, options), order: string[] = [];
        let inside = 0;
        const task = async (which: Lock, name: string) => {
          using _guard = await which.acquireAsync();
          assertEquals(++inside, 1);
          order.push(name);
          await after(3);
          inside--;
        };
        await Promise.all(["a", "b", "c", "d"].map((name) => task(lock, name)));
        assertEquals(order, ["a", "b", "c", "d"]);
        await Promise.all(["e", "f", "g", "h"].map((name, i) => task(i % 2 === 0 ? lock : other, name)));
        assertEquals(order.length, 8);
        assertEquals([lock.stats().waiters, lock.tryLock()], [0, true]);
        lock.unlock();
        memory.close();
      });

      it("end when the time is over or when they are cancelled, and leave nothing behind", async () => {
        const memory = setUp(), [lock, other] = memory.open<Lock>(type, options);
        const controller = new AbortController(), { signal } = controller;
        assertEquals(await other.lockAsync(), true);
        assertEquals(await lock.lockAsync({ timeoutMs: 0 }), false);
        assertEquals(await lock.acquireAsync({ timeoutMs: 10 }), undefined);
        const waits = [lock.lockAsync({ signal }), lock.lockAsync({ signal }), lock.lockAsync({ timeoutMs: 5 })];
        await after(8);
        assertEquals(lock.stats().waiters <= 1, true);
        controller.abort(new Error("enough"));
        const [first, second, third] = await Promise.allSettled(waits);
        assertEquals([first.status, second.status, third], ["rejected", "rejected", {
          status: "fulfilled",
          value: false,
        }]);
        assertEquals(lock.stats().waiters, 0);
        const wait = lock.lockAsync();
        await after(5);
        other.unlock();
        assertEquals(await wait, true);
        lock.unlock();
        assertEquals(other.tryLock(), true);
        other.unlock();
        memory.close();
      });

      it("hand it over many times, with others cancelled meanwhile", async () => {
        const memory = setUp(), [lock, other] = memory.open<Lock>(type, options);
        let count = 0;
        const work = async (which: Lock, times: number) => {
          for (let i = 0; i < times; i++) {
            assert(await which.lockAsync());
            const before = count;
            if (i % 8 === 0) await after(0);
            count = before + 1;
            which.unlock();
          }
        };
        const disturb = async (which: Lock, times: number) => {
          for (let i = 0; i < times; i++) {
            const options = i % 2 === 0 ? { timeoutMs: i % 3 } : { signal: AbortSignal.timeout(1 + i % 3) };
            if (await which.lockAsync(options).catch(() => false)) which.unlock();
          }
        };
        await Promise.all([work(lock, 100), work(lock, 100), work(other, 100), disturb(lock, 20), disturb(other, 20)]);
        assertEquals([count, lock.stats().waiters, lock.tryLock()], [300, 0, true]);
        memory.close();
      });
    });
  }

  describe(`tasks in ${kind}`, () => {
    it("read together, and write alone, at a RwLock", async () => {
      const memory = setUp(), [lock, other] = memory.open<RwLock>(RwLock, { maxParticipants: 8 }), order: string[] = [];
      assertEquals([await lock.lockReadAsync(), await lock.lockReadAsync(), await other.lockReadAsync()], [
        true,
        true,
        true,
      ]);
      const write = lock.lockAsync().then(() => order.push("write"));
      const read = lock.lockReadAsync().then(() => order.push("read")); // behind the writer
      assertEquals(await other.lockAsync({ timeoutMs: 5 }), false);
      await after(5);
      assertEquals([order, lock.stats().readers], [[], 2]);
      other.unlockRead();
      lock.unlockRead();
      lock.unlockRead();
      await write;
      await after(3);
      assertEquals(order, ["write"]);
      lock.unlock();
      await read;
      using _guard = await other.acquireReadAsync();
      assertEquals([order, lock.stats().readers], [["write", "read"], 2]);
      lock.unlockRead();
    });

    it("are let through by an Event, all or one by one", async () => {
      const memory = setUp(), [all, allToo] = memory.open<Event>(Event, {});
      const [one, oneToo] = memory.open<Event>(Event, { autoReset: true });
      const waits = [all.waitAsync(), all.waitAsync(), allToo.waitAsync()];
      await after(5);
      allToo.set();
      assertEquals(await Promise.all(waits), [true, true, true]);
      let through = 0;
      const singly = [one, one, oneToo].map((event) => event.waitAsync().then(() => through++));
      for (let set = 1; set <= 3; set++) {
        await after(5);
        oneToo.set();
        while (through < set) await after(1);
      }
      await Promise.all(singly);
      assertEquals([through, await one.waitAsync({ timeoutMs: 3 }), one.stats().waiters], [3, false, 0]);
      memory.close();
    });

    it("are woken by a Condition, with the mutex in hand", async () => {
      const memory = setUp(), [condition, conditionToo] = memory.open<Condition>(Condition, {});
      const [mutex, mutexToo] = memory.open<Mutex>(Mutex, {});
      let stock = 0, sold = 0;
      const buy = async (which: Condition, lock: Mutex) => {
        await lock.lockAsync();
        while (stock === 0) assert(await which.waitAsync(lock));
        stock--;
        sold++;
        lock.unlock();
      };
      const buys = [buy(condition, mutex), buy(condition, mutex), buy(conditionToo, mutexToo)];
      for (let i = 0; i < 3; i++) {
        await after(5);
        await mutexToo.lockAsync();
        stock++;
        mutexToo.unlock();
        if (i === 2) conditionToo.broadcast();
        else conditionToo.signal();
      }
      await Promise.all(buys);
      await mutex.lockAsync();
      assertEquals([sold, await condition.waitAsync(mutex, { timeoutMs: 5 }), mutex.isOwned], [3, false, true]);
      await assertRejects(() => condition.waitAsync(mutex, { signal: AbortSignal.timeout(5) }));
      assertEquals([mutex.isOwned, condition.stats().waiters], [true, 0]);
      mutex.unlock();
      memory.close();
    });

    it("meet at a Barrier", async () => {
      const memory = setUp(), [one, other] = memory.open<Barrier>(Barrier, { parties: 2 });
      for (let round = 0; round < 3; round++) {
        assertEquals(await one.waitAsync({ timeoutMs: 5 }), false); // the arrival stands
        const waits = [one.waitAsync(), other.waitAsync()];
        assertEquals(await Promise.all(waits), [true, true]);
      }
      assertEquals(one.stats().rounds, 3);
      memory.close();
    });

    it("run a Once one time, for all of them, with a function that takes its time", async () => {
      const memory = setUp(), [one, other] = memory.open<Once>(Once, {});
      let runs = 0;
      await assertRejects(() => one.runAsync(() => Promise.reject(new Error("not yet"))), Error, "not yet");
      const isLate = Promise.withResolvers<void>();
      const fn = async () => {
        await isLate.promise;
        runs++;
      };
      const results = [one.runAsync(fn), one.runAsync(fn), other.runAsync(fn)];
      assertEquals(await other.runAsync(fn, { timeoutMs: 1 }), false);
      isLate.resolve();
      assertEquals([await Promise.all(results), runs], [[true, true, true], 1]);
      assertEquals([await one.runAsync(fn), runs, one.stats().owner], [true, 1, undefined]);
      memory.close();
    });
  });
}

describe("tasks that wait for a lock", () => {
  it("end with the segment, with the lock of a Mutex that broke, and with the right death", async () => {
    using one = Segment.anonymous({ byteLength: 2 ** 20 });
    const other = Segment.open(one.name),
      mutex = one.create("mutex", Mutex, {}),
      semaphore = one.create("s", Semaphore, { permits: 1 });
    const theirs = other.open("mutex", Mutex, {});
    theirs.lock();
    other.open("s", Semaphore, {}).lock();
    const waits = [mutex.lockAsync(), semaphore.lockAsync()];
    await after(10);
    other.close(); // counts as a death
    assertEquals(await Promise.all(waits), [true, true]);
    assertEquals([mutex.ownerDied, semaphore.ownerDied], [true, true]);
    const another = Segment.open(one.name), broken = another.open("mutex", Mutex, {}).lockAsync();
    await after(5);
    mutex.unlock(); // not made consistent
    await assertRejects(() => broken, OwnerDiedError, "without markConsistent");
    const closed = another.open("s", Semaphore, {}).lockAsync();
    setTimeout(() => another.close(), 5);
    await assertRejects(() => closed, ClosedError);
  });
});
