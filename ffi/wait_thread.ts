import { atEnd } from "./event_loop.ts";
import type { Pointer } from "./libc.ts";
import { MAP_ANONYMOUS, MAP_SHARED, PROT_READ, PROT_WRITE } from "./linux.ts";
import { libc } from "./load.ts";
import * as system from "./system.ts";
import { waitInThread, type WaitLoopData, type WaitPlaces } from "./wait_loop.ts";

/** The most words that a thread waits for: those of one call, but for the one that announces another list. */
export const MOST_WATCHED = 127;

/** Words of a `struct futex_waitv`. */
export const WAITER_WORDS = 6;

/*
 * The memory that a thread shares with its owner. Lines of the two sides are apart.
 */
const PLACES: WaitPlaces = {
  sequence: 0,
  stop: 1,
  count: 2,
  passedOnTail: 3,
  woken: 32,
  answered: 33,
  passedOnHead: 34,
  time: 36,
  list: 64,
  waiters: 64 + 128 * WAITER_WORDS,
  passedOn: 64 + 2 * 128 * WAITER_WORDS,
  passedOnMask: 255,
};
const BYTE_LENGTH = 16384;

/** How long a thread may outlive an owner that was ended from outside, in seconds. */
const OWNER_CHECK_SECONDS = 5;

/** The parts of Node's modules used here, which all runtimes have. */
interface ThreadModule {
  readonly Worker: new (source: string, options: { eval: true; workerData: WaitLoopData; name: string }) => Thread;
}
interface Thread {
  on(event: "exit" | "error", listener: (reason: unknown) => void): void;
  unref(): void;
}
interface Process {
  getBuiltinModule?(name: string): unknown;
}

/** A thread that waits for words, as `wait_loop.ts` describes. */
export interface WaitThread {
  /** What it shares with its owner. */
  readonly words: Int32Array<ArrayBuffer>;
  readonly places: WaitPlaces;
  /** Its first word changes, and is notified, when the thread has something to say: at first, that it is ready. */
  readonly reports: Int32Array<SharedArrayBuffer>;
  /** Makes the thread check its memory. */
  wake(): void;
  /** Ends the thread, whatever it does. Nothing of it is left once it has gone, if its owner is still there. */
  stop(): void;
}

/**
 * Starts a thread, which keeps no process alive, and ends with it.
 *
 * @param onFailed Called if the thread ends by itself.
 * @returns Undefined where the kernel cannot wait for several words, or the runtime has no threads.
 */
export function startWaitThread(onFailed: () => void): WaitThread | undefined {
  const { process } = globalThis as unknown as { process?: Process };
  const module = process?.getBuiltinModule?.("node:worker_threads") as ThreadModule | undefined;
  if (process === undefined || module?.Worker === undefined || !system.canWaitForMany()) return undefined;
  const c = libc(), doing = { action: "map memory for", path: "a thread that waits" };
  const address = system.mmap(doing, BYTE_LENGTH, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1);
  const words = new Int32Array(c.bufferAt(address, BYTE_LENGTH)), reports = new Int32Array(new SharedArrayBuffer(64));
  const { low, high } = c.addressOf(words), { library, syscalls } = c.source();
  let isStopped = false, thread: Thread;
  const stop = () => {
    if (isStopped) return;
    isStopped = true;
    forget();
    if (words.length === 0) return; // it ended by itself
    // A thread that does not see the stop sees another sequence when it falls asleep: the calls are fences.
    words[PLACES.stop] = 1; // pairs: wait stop
    wake();
    words[PLACES.sequence] += 2; // pairs: wait stop
    wake();
  };
  const wake = () => void system.wakeAll(words), forget = atEnd(stop);
  try {
    thread = new module.Worker(sourceOf(waitInThread), {
      eval: true,
      name: "shmkit: waits",
      workerData: {
        library,
        address: (BigInt(high) << 32n) | BigInt(low),
        byteLength: BYTE_LENGTH,
        places: PLACES,
        reports: reports.buffer,
        futexWaitv: BigInt(syscalls.futex_waitv),
        futex: BigInt(syscalls.futex),
        tgkill: BigInt(syscalls.tgkill),
        pid: BigInt(c.getpid()),
        tid: BigInt(c.gettid()),
        ownerCheckSeconds: OWNER_CHECK_SECONDS,
      },
    });
  } catch {
    forget();
    release(words, address);
    return undefined;
  }
  thread.on("error", () => {}); // reported by what follows
  thread.on("exit", () => {
    forget();
    release(words, address);
    if (!isStopped) onFailed();
  });
  thread.unref();
  return { words, places: PLACES, reports, wake, stop };
}

/** The program of a thread: a function of this library, given what its owner handed over. */
function sourceOf(run: (data: WaitLoopData) => void): string {
  return `(${run.toString()})(process.getBuiltinModule("node:worker_threads").workerData);`;
}

function release(words: Int32Array<ArrayBuffer>, address: Pointer): void {
  if (words.length === 0) return;
  words.buffer.transfer();
  system.munmap(address, BYTE_LENGTH);
}
