import * as system from "../../ffi/system.ts";
import { OwnerDiedError } from "../../lib/errors.ts";
import { load, sleep } from "../../lib/atomic/mod.ts";
import { Segment } from "../../lib/memory/mod.ts";
import { Mutex, RwLock, Semaphore, SeqLock } from "../../lib/sync/mod.ts";
import { nextOrder, reportNow, serve } from "../../support/in_spare.ts";
import { threadCpuMs } from "../../support/in_peer.ts";
import { Random } from "../../support/random.ts";
import { type AnyLock, locksOf, type Protected, Words } from "./lock_table.ts";

serve((peerArgs) => {
  const [what, handle, ...args] = peerArgs;
  const segment = Segment.open(handle, { role: what });

  /** Work that the compiler cannot leave out. */
  let sink = 0;
  function idle(turns: number): void {
    for (let i = 0; i < turns; i++) sink = (sink + i) | 0;
  }

  /** Increments a plain word under each lock, `count` times. */
  function count(names: readonly string[], count: number): void {
    for (const { lock, words } of locksOf(segment, names)) {
      const run = (n: number) => {
        for (let i = 0; i < n; i++) {
          lock.lock();
          words[0]++;
          lock.unlock();
        }
      };
      run(count);
    }
  }

  /** A reader's ways in, as those of a lock. */
  function readingOf(lock: RwLock): Pick<AnyLock, "tryLock" | "lock"> {
    return { tryLock: () => lock.tryLockRead(), lock: (options) => lock.lockRead(options) };
  }

  /** Takes a lock in one of the ways there are: by tries, by waits that soon end, or by one that does not. */
  function take(lock: Pick<AnyLock, "tryLock" | "lock">, random: Random): void {
    const way = random.below(3);
    for (let left = 16; left > 0 && way === 0; left--) if (lock.tryLock()) return;
    for (let left = 8; left > 0 && way === 1; left--) if (lock.lock({ timeoutMs: random.below(2) })) return;
    lock.lock();
  }

  /** Changes two words that must be equal, or finds out why they are not. Returns what was wrong, if anything. */
  function change({ name, lock, words }: Protected, random: Random): string | undefined {
    const isSuspect = lock.ownerDied;
    const isWhole = words[0] === words[1];
    if (isSuspect) {
      words[0] = words[1] = Math.max(words[0], words[1]);
      lock.markConsistent?.();
    }
    const mark = random.u32() | 0;
    words[2] = mark;
    words[0]++;
    idle(random.below(200));
    words[1]++;
    const wasAlone = words[2] === mark;
    if (!wasAlone) return `${name}: another was inside`;
    return isWhole || isSuspect ? undefined : `${name}: half done, and nobody said so`;
  }

  /**
   * Uses all locks, for ever, to be killed at any instruction: now all of them at once, in any order, now one of them
   * again and again, where most of the time is spent taking it and giving it back.
   */
  function victim(): never {
    const random = new Random(Date.now());
    const all = locksOf(segment);
    const readers = segment.open("readers", RwLock, {}), reading = readingOf(readers);
    const permits = segment.open("permits", Semaphore, {});
    const record = segment.open("record", SeqLock, {});
    const order = all.map((_, i) => i);
    const write = () => {
      const { i32 } = record.beginWrite();
      const value = random.u32() | 0;
      for (let i = 0; i < 16; i++) i32[i] = value;
      record.endWrite();
    };
    const again = [
      ...all.map((one) => () => {
        take(one.lock, random);
        change(one, random);
        one.lock.unlock();
      }),
      () => {
        take(reading, random);
        readers.unlockRead();
      },
      () => {
        take(permits, random);
        permits.unlock();
      },
      () => {
        take(record, random);
        write();
        record.unlock();
      },
    ];
    reportNow("ready");
    while (true) {
      const one = again[random.below(again.length)];
      for (let i = random.below(100); i > 0; i--) one();
      take(reading, random);
      take(permits, random);
      take(record, random);
      write();
      for (const one of all) {
        take(one.lock, random);
        change(one, random);
        idle(random.below(500));
      }
      for (let i = order.length - 1; i > 0; i--) {
        const j = random.below(i + 1);
        [order[i], order[j]] = [order[j], order[i]];
      }
      for (const i of order) {
        all[i].lock.unlock();
        idle(random.below(500));
      }
      record.unlock();
      permits.unlock();
      readers.unlockRead();
    }
  }

  /** Uses one lock at a time until a message ends it, and reports what it met. */
  function survivor(): void {
    const random = new Random(Date.now());
    const all = locksOf(segment);
    const readers = segment.open("readers", RwLock, {}), reading = readingOf(readers);
    const permits = segment.open("permits", Semaphore, {});
    const record = segment.open("record", SeqLock, {});
    const stop = segment.open("stop", Words, { count: 1 });
    const waits: [name: string, from: number, to: number][] = [];
    const broken: string[] = [];
    let rounds = 0, recovered = 0, torn = 0, unreadable = 0;
    /** Notes waits so long that there was a death, or a busy machine; on the clock that all processes share. */
    const timed = (name: string, use: () => unknown) => {
      const start = performance.now();
      use();
      const waited = performance.now() - start;
      if (waited < 20) return;
      const now = system.monotonicNs() / 1e6;
      waits.push([name, now - waited, now]);
    };
    reportNow("ready");
    while (load(stop, 0) === 0) {
      rounds++;
      for (const one of all) {
        timed(one.name, () => take(one.lock, random));
        if (one.lock.ownerDied) recovered++;
        const problem = change(one, random);
        if (problem !== undefined) broken.push(problem);
        one.lock.unlock();
        idle(random.below(300));
      }
      timed("readers, writing", () => take(readers, random)); // waits for readers that died inside
      readers.unlock();
      timed("readers, reading", () => take(reading, random));
      readers.unlockRead();
      timed("permits", () => take(permits, random));
      permits.unlock();
      try {
        const isWhole = ({ i32 }: { readonly i32: ArrayLike<number> }) => {
          for (let i = 1; i < 16; i++) if (i32[i] !== i32[0]) return false;
          return true;
        };
        // A try finds nothing during a write.
        if ((random.below(2) === 0 ? record.read(isWhole) : record.tryRead(isWhole)) === false) torn++;
      } catch (error) {
        if (!(error instanceof OwnerDiedError)) throw error;
        unreadable++;
        if (record.lock({ timeoutMs: 50 })) {
          if (record.ownerDied) record.write(({ i32 }) => void i32.fill(1, 0, 16));
          record.unlock();
        }
      }
      if (rounds % 256 === 0) sleep(0.1);
    }
    reportNow({ rounds, recovered, broken, torn, unreadable, waits });
    nextOrder();
  }

  if (what === "count") {
    reportNow("ready");
    nextOrder();
    const start = performance.now();
    count(args[1].split(","), Number(args[0]));
    reportNow(performance.now() - start);
  } else if (what === "victim") {
    victim();
  } else if (what === "survivor") {
    survivor();
  } else if (what === "hold") {
    for (const { lock } of locksOf(segment, args[0].split(","))) lock.lock();
    reportNow("held");
    while (nextOrder() !== undefined) {
      for (const { lock } of locksOf(segment, args[0].split(","))) lock.unlock();
      reportNow("unlocked");
    }
  } else if (what === "take") {
    // Blocks in one lock after the other, and says when it got each.
    const taken = locksOf(segment, args[0].split(","));
    // What the runtime does in its first half second is not what waiting costs.
    if (args[1] === "settle" && taken[0].lock.lock({ timeoutMs: 500 })) throw new Error("nobody holds it");
    reportNow("ready");
    for (const { lock } of taken) {
      const cpu = threadCpuMs(), start = performance.now();
      lock.lock();
      const at = system.monotonicNs() / 1e6, cpuMs = threadCpuMs() - cpu;
      const { ownerDied } = lock;
      if (ownerDied) lock.markConsistent?.();
      lock.unlock();
      reportNow({ at, ownerDied, waitedMs: performance.now() - start, cpuMs });
    }
  } else if (what === "break") {
    // Takes over from a dead owner and does not repair.
    const mutex = segment.open("mutex", Mutex, {});
    mutex.lock();
    reportNow(mutex.ownerDied);
    mutex.unlock();
  }
});
