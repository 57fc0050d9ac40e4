import { libc, SystemError } from "../../ffi/mod.ts";
import * as linux from "../../ffi/linux.ts";
import * as system from "../../ffi/system.ts";
import { KernelWatches } from "./async/kernel_watches.ts";
import { LocalWatches } from "./async/local_watches.ts";
import type { Watch } from "./async/watch.ts";
import { load, sleep, waitLocal, wakeLocal } from "./atomics.ts";
import { EVERYBODY, limitOf, requireWord, sleepersOf } from "./futex_arguments.ts";

const { EAGAIN, EINTR, ENOSYS, EPERM, ETIMEDOUT } = linux;
const { CLOCK_MONOTONIC, FUTEX2_SIZE_U32, FUTEX_BITSET_MATCH_ANY, FUTEX_WAIT_BITSET, FUTEX_WAITV_MAX, FUTEX_WAKE } =
  linux;

/*
 * struct timespec { i64 tv_sec; i64 tv_nsec; }, as 32-bit halves.
 */
const SECONDS_LOW = 0;
const SECONDS_HIGH = 1;
const NANOSECONDS = 2;
const timespec = new Uint32Array(4);

/*
 * struct futex_waitv { u64 val; u64 uaddr; u32 flags; u32 reserved; }, as 32-bit words. Without FUTEX2_PRIVATE.
 */
const VALUE_LOW = 0;
const ADDRESS_LOW = 2;
const ADDRESS_HIGH = 3;
const FLAGS = 4;
const WAITER_WORDS = 6;
let waiters = new Uint32Array(0);

/** How long polling sleeps where the kernel cannot wait for several words: first and longest, in milliseconds. */
const FIRST_POLL_MS = 0.05;
const LONGEST_POLL_MS = 2;

let kernelWaitsForAny = true;

const kernelWatches = new KernelWatches();

/**
 * Waits for a 32-bit word to change, and wakes those that wait for it. The word may lie in memory that processes share:
 * then this is the kernel's futex, never with `FUTEX_PRIVATE_FLAG`. Over a `SharedArrayBuffer` it is the runtime's own
 * `Atomics.wait` and `notify`, which reach the threads of this process and need no permission.
 *
 * Nothing is owned, so a death leaves nothing behind. A wait may end early, though neither a signal handler nor a stop
 * and continue ends it; so the caller checks the word again, in a loop. Sources: futex(2), futex_waitv(2); the three
 * verbs are those of m-ou-se/atomic-wait.
 *
 * @example
 * ```ts
 * import { Futex } from "@shmkit/shmkit";
 * import { assertEquals } from "@std/assert";
 *
 * const words = new Int32Array(new SharedArrayBuffer(4));
 * const futex = Futex.at(words, 0);
 * assertEquals(futex.wait(1, Infinity), true); // the word is not 1: nothing to wait for
 * assertEquals(futex.wait(0, futex.now() + 5), false); // no wake-up for 5 ms
 * assertEquals(futex.wakeAll(), 0);
 * ```
 */
export abstract class Futex {
  /** The array in which the word lies. */
  protected readonly words: Int32Array;
  /** Where. */
  protected readonly index: number;

  /** Use `Futex.at`. */
  protected constructor(words: Int32Array, index: number) {
    this.words = words;
    this.index = index;
  }

  /**
   * The futex of one word. Make it once and keep it.
   *
   * @throws {TypeError} If the words are not an Int32Array.
   * @throws {RangeError} If there is no such word. On an array without words, as a closed segment's is, the futex does
   * nothing.
   */
  static at(words: Int32Array, index: number): Futex {
    if (!(words instanceof Int32Array)) {
      throw new TypeError(`Cannot make a futex as its words must be an Int32Array: received ${typeof words}`);
    }
    if (!Number.isInteger(index) || index < 0 || (index >= words.length && words.length > 0)) {
      throw new RangeError(
        `Cannot make a futex as its index must be an integer from 0 to ${words.length - 1}: received ${String(index)}`,
      );
    }
    if (words.buffer instanceof SharedArrayBuffer) return new LocalFutex(words as Int32Array<SharedArrayBuffer>, index);
    return new KernelFutex(words as Int32Array<ArrayBuffer>, index);
  }

  /**
   * Waits until one of several words is no longer what was expected, or is woken.
   *
   * @param futexes From 1 to 128.
   * @param expected For each word, the value at which to wait.
   * @param deadline Milliseconds on the clock of `now()`; Infinity for none; 2^53 or more means the same.
   * @returns The index of one that changed or was woken, though it may be early; −1 if the deadline has passed.
   * @throws {TypeError} If an expected value or the deadline is not a number.
   * @throws {RangeError} If an expected value is not a 32-bit integer, or the deadline is NaN.
   */
  static waitAny(futexes: readonly Futex[], expected: readonly number[], deadline: number): number {
    if (futexes.length < 1 || futexes.length > FUTEX_WAITV_MAX || futexes.length !== expected.length) {
      throw new RangeError(
        `Cannot wait for words as there must be 1 to ${FUTEX_WAITV_MAX}, each with an expected value: received ${futexes.length} and ${expected.length} values`,
      );
    }
    for (const value of expected) requireWord(value);
    const limit = limitOf(deadline);
    if (kernelWaitsForAny && futexes.every((futex) => futex instanceof KernelFutex)) {
      const index = waitInKernel(futexes as KernelFutex[], expected, limit);
      if (index !== undefined) return index;
      kernelWaitsForAny = false;
    }
    return Futex.waitAnyByPolling(futexes, expected, limit);
  }

  /** `waitAny` for kernels before 5.16, for sandboxes that refuse the call, and for a `SharedArrayBuffer`. */
  static waitAnyByPolling(futexes: readonly Futex[], expected: readonly number[], deadline: number): number {
    const limit = limitOf(deadline);
    let pollMs = FIRST_POLL_MS;
    while (true) {
      const changed = changedOne(futexes, expected);
      if (changed !== -1) return changed;
      const now = futexes[0].now();
      if (now >= limit) return -1;
      // A wake without a change ends the wait too: of the first word at once, of the others not at all.
      const isWoken = futexes[0].wait(expected[0], Math.min(limit, now + pollMs));
      if (isWoken) return Math.max(0, changedOne(futexes, expected));
      pollMs = Math.min(pollMs * 2, LONGEST_POLL_MS);
    }
  }

  /** The word. */
  load(): number {
    return load(this.words, this.index);
  }

  /** Now, in milliseconds, on the monotonic clock that deadlines are on. Not comparable between kinds of memory. */
  abstract now(): number;

  /**
   * Blocks this thread while the word is `expected`.
   *
   * @param expected As an Int32Array reads it.
   * @param deadline Milliseconds on the clock of `now()`; Infinity for none; 2^53 or more means the same.
   * @returns False if the deadline has passed; true if the word differs, if the wait was woken, or spuriously.
   * @throws {TypeError} If one of the two is not a number.
   * @throws {RangeError} If `expected` is not a 32-bit integer, or the deadline is NaN.
   */
  abstract wait(expected: number, deadline: number): boolean;

  /**
   * Watches the word in the event loop, once: calls a function, later and at most once, when the word is no longer
   * `expected`, when it is woken, or spuriously.
   *
   * @param expected As an Int32Array reads it.
   * @param wake Must not throw.
   */
  abstract watch(expected: number, wake: () => void): Watch;

  /**
   * Wakes up to `count` waiters, in any of the processes, and returns how many.
   *
   * @throws {RangeError} If `count` is not a number of 0 or more.
   */
  abstract wake(count: number): number;

  /** Wakes one waiter, if there is one, and returns how many: 0 or 1. */
  wakeOne(): number {
    return this.wake(1);
  }

  /** Wakes all waiters, and returns how many. */
  wakeAll(): number {
    return this.wake(EVERYBODY);
  }
}

/** The kernel's: across processes. */
class KernelFutex extends Futex {
  /** The word alone: a C call takes a view's first byte. */
  readonly word: Int32Array<ArrayBuffer>;
  #address: { low: number; high: number } | undefined;

  constructor(words: Int32Array<ArrayBuffer>, index: number) {
    super(words, index);
    // Without words the memory may be detached, which has no parts.
    this.word = words.length === 0 ? words : words.subarray(index, index + 1);
  }

  override now(): number {
    return system.monotonicNs() / 1e6;
  }

  override wait(expected: number, deadline: number): boolean {
    requireWord(expected);
    const limit = limitOf(deadline);
    if (this.word.length === 0) return true; // detached: the caller's next access throws
    let before = 0;
    while (true) {
      const timeout = timespecAt(limit);
      if (libc().futex(this.word, FUTEX_WAIT_BITSET, expected, timeout, FUTEX_BITSET_MATCH_ANY) === 0) return true;
      const errno = libc().errno();
      if (errno === EAGAIN) return true;
      // The error number may be of a call that the engine made meanwhile (`resultOf` in ffi/system.ts): the clock
      // decides.
      if (this.now() >= limit) return false;
      // The deadline is absolute and the kernel compares the word again: the same wait is repeated.
      if (errno === before && errno !== EINTR && errno !== ETIMEDOUT) {
        throw new SystemError(errno, { action: "wait for", path: "a word", syscall: "futex" });
      }
      before = errno;
    }
  }

  /** Where the word lies. It never changes: addresses of mapped memory are not used again. */
  get address(): { low: number; high: number } {
    return this.#address ??= libc().addressOf(this.word);
  }

  override watch(expected: number, wake: () => void): Watch {
    requireWord(expected);
    return kernelWatches.watch(this, expected, wake);
  }

  override wake(count: number): number {
    const most = sleepersOf(count);
    if (this.word.length === 0 || most === 0) return 0; // for 0 the kernel would wake one
    const woken = libc().futex(this.word, FUTEX_WAKE, most, null, 0);
    if (woken >= 0) return woken;
    const result = system.resultOf(() => libc().futex(this.word, FUTEX_WAKE, most, null, 0));
    if (result >= 0) return result;
    throw new SystemError(-result, { action: "wake", path: "a word", syscall: "futex" });
  }
}

/** The runtime's: among the threads of this process. */
class LocalFutex extends Futex {
  declare protected readonly words: Int32Array<SharedArrayBuffer>;
  #watches: LocalWatches | undefined;

  constructor(words: Int32Array<SharedArrayBuffer>, index: number) {
    super(words, index);
  }

  override now(): number {
    return performance.now();
  }

  override wait(expected: number, deadline: number): boolean {
    requireWord(expected);
    const limit = limitOf(deadline);
    if (waitLocal(this.words, this.index, expected, Math.max(0, limit - performance.now()))) return true;
    // The runtime's timer may be early by a fraction of a millisecond.
    while (performance.now() < limit) sleep(limit - performance.now());
    return false;
  }

  override watch(expected: number, wake: () => void): Watch {
    requireWord(expected);
    return (this.#watches ??= new LocalWatches(this.words, this.index)).watch(expected, wake);
  }

  override wake(count: number): number {
    return wakeLocal(this.words, this.index, sleepersOf(count));
  }
}

/**
 * Ends the threads that wait in the kernel for tasks, where no task waits. Called when no memory is left to wait in,
 * after tasks that wait in closed memory have been asked to check.
 */
export function endUnusedThreads(): void {
  queueMicrotask(() => queueMicrotask(() => kernelWatches.endUnused()));
}

/** The struct timespec of a deadline; null for none. */
function timespecAt(deadline: number): Uint32Array<ArrayBuffer> | null {
  if (deadline === Infinity) return null;
  const seconds = Math.max(0, Math.floor(deadline / 1000));
  timespec[SECONDS_LOW] = seconds >>> 0;
  timespec[SECONDS_HIGH] = Math.floor(seconds / 2 ** 32);
  timespec[NANOSECONDS] = Math.min(999_999_999, Math.max(0, Math.ceil((deadline - seconds * 1000) * 1e6)));
  return timespec;
}

function changedOne(futexes: readonly Futex[], expected: readonly number[]): number {
  for (let i = 0; i < futexes.length; i++) if (futexes[i].load() !== expected[i]) return i;
  return -1;
}

/** As `waitAny`; undefined if this kernel refuses the call. */
function waitInKernel(
  futexes: readonly KernelFutex[],
  expected: readonly number[],
  deadline: number,
): number | undefined {
  // Detached, it has no address: the caller's next access throws.
  const detached = futexes.findIndex(({ word }) => word.length === 0);
  if (detached >= 0) return detached;
  if (waiters.length < futexes.length * WAITER_WORDS) waiters = new Uint32Array(futexes.length * WAITER_WORDS);
  futexes.forEach(({ word }, i) => {
    const at = i * WAITER_WORDS, { low, high } = libc().addressOf(word);
    waiters[at + VALUE_LOW] = expected[i];
    waiters[at + ADDRESS_LOW] = low;
    waiters[at + ADDRESS_HIGH] = high;
    waiters[at + FLAGS] = FUTEX2_SIZE_U32;
  });
  let before = 0;
  while (true) {
    const index = libc().futex_waitv(waiters, futexes.length, timespecAt(deadline), CLOCK_MONOTONIC);
    if (index >= 0) return index;
    const errno = libc().errno();
    // A word differs, or differed when the kernel compared it.
    if (errno === EAGAIN) return Math.max(0, changedOne(futexes, expected));
    if (futexes[0].now() >= deadline) return -1; // as in KernelFutex.wait
    if (errno === before && (errno === ENOSYS || errno === EPERM)) return undefined;
    if (errno === before && errno !== EINTR && errno !== ETIMEDOUT) {
      throw new SystemError(errno, { action: "wait for", path: "words", syscall: "futex_waitv" });
    }
    before = errno;
  }
}
