/** Where things lie in the memory that a thread which waits shares with its owner, as indices of 32-bit words. */
export interface WaitPlaces {
  /** Counts changes of the list by two; odd while the owner writes it. The first word that the thread waits for. */
  readonly sequence: number;
  /** 1 once the thread is to end. */
  readonly stop: number;
  /** How many words the owner waits for. */
  readonly count: number;
  /** What the owner waits for: `struct futex_waitv` for each. */
  readonly list: number;
  /** The thread's own copy of it, after one for the sequence. */
  readonly waiters: number;
  /** A `struct timespec` of the thread. */
  readonly time: number;
  /** Index of one that was woken, plus one; −1 if it is not known which. */
  readonly woken: number;
  /** The sequence at which that was reported: the thread waits for nothing but another one from then on. */
  readonly answered: number;
  /** Addresses of words that are no longer waited for, each as two words: a ring, so many long. */
  readonly passedOn: number;
  readonly passedOnMask: number;
  /** How many were written into it, and how many the thread has done with. */
  readonly passedOnTail: number;
  readonly passedOnHead: number;
}

/** What a waiting thread is given. */
export interface WaitLoopData {
  readonly library: string;
  /** Address of the memory that it shares with its owner. */
  readonly address: bigint;
  readonly byteLength: number;
  readonly places: WaitPlaces;
  /** Its first word changes, and is notified, when the thread has something to say. */
  readonly reports: SharedArrayBuffer;
  /** Numbers of system calls. */
  readonly futexWaitv: bigint;
  readonly futex: bigint;
  readonly tgkill: bigint;
  /** The owner: its process and its thread. */
  readonly pid: bigint;
  readonly tid: bigint;
  /** After so many seconds it checks whether its owner is still there. */
  readonly ownerCheckSeconds: number;
}

/**
 * What a thread does that waits for words, so that its owner can wait for it in its event loop. The thread is made of
 * the text of this function: so it refers to nothing but its parameter and globals, and has no function within.
 *
 * It waits for the words of the owner's list, and for a change of the list. When one of the words was woken or is not
 * what was expected, it reports that to the owner, and then waits for a change of the list alone.
 *
 * A thread that leaves the list may have taken a wake-up with it that another sleeper needs. So the owner names words
 * that it dropped without having been woken for them, and the thread, once it is no longer among their sleepers, wakes
 * one more.
 */
export function waitInThread(data: WaitLoopData): void {
  // deno-lint-ignore no-explicit-any -- there are no types in the thread
  const { Bun, Deno, process } = globalThis as any;
  const { library, address, byteLength, places, futexWaitv, futex, tgkill, pid, tid } = data;
  const args = ["u64", "u64", "u64", "u64", "u64", "u64", "u64", "u64", "u64"]; // as many as Node must be given
  let c, memory;
  if (Deno !== undefined) {
    c = Deno.dlopen(library, {
      syscall: { parameters: args, result: "i32" },
      clock_gettime: { parameters: args, result: "i32" },
    }).symbols;
    memory = Deno.UnsafePointerView.getArrayBuffer(Deno.UnsafePointer.create(address), byteLength);
  } else if (Bun !== undefined) {
    const ffi = process.getBuiltinModule("bun:ffi");
    c = ffi.dlopen(library, {
      syscall: { args, returns: "i32" },
      clock_gettime: { args, returns: "i32" },
    }).symbols;
    memory = ffi.toArrayBuffer(Number(address), 0, byteLength);
  } else {
    const ffi = process.getBuiltinModule("node:ffi");
    c = ffi.dlopen(library, {
      syscall: { arguments: args, return: "int32" },
      clock_gettime: { arguments: args, return: "int32" },
    }).functions;
    memory = ffi.toArrayBuffer(address, byteLength, false);
  }
  const words = new Int32Array(memory), reports = new Int32Array(data.reports);
  const timeAddress = address + BigInt(places.time * 4), waitersAddress = address + BigInt(places.waiters * 4);
  words[places.waiters + 2] = Number(address & 0xffff_ffffn) | 0;
  words[places.waiters + 3] = Number(address >> 32n);
  words[places.waiters + 4] = 2; // FUTEX2_SIZE_U32
  let answered = -1;
  Atomics.add(reports, 0, 1); // ready
  Atomics.notify(reports, 0);
  for (;;) {
    const sequence = Atomics.load(words, places.sequence), isWritten = (sequence & 1) === 0; // pairs: wait list
    // After the sequence: a stop that comes later changes it, so that the thread does not fall asleep.
    if (Atomics.load(words, places.stop) !== 0) break; // pairs: wait stop
    let count = 0;
    if (isWritten && sequence !== answered) {
      count = words[places.count];
      for (let i = 0; i < count * 6; i++) words[places.waiters + 6 + i] = words[places.list + i];
      if (Atomics.load(words, places.sequence) !== sequence) continue; // pairs: wait list
    }
    // pairs: passed on
    for (let head = words[places.passedOnHead]; head !== Atomics.load(words, places.passedOnTail);) {
      const at = places.passedOn + (head & places.passedOnMask) * 2;
      const word = (BigInt(words[at + 1] >>> 0) << 32n) | BigInt(words[at] >>> 0);
      head = (head + 1) | 0;
      c.syscall(futex, word, 1n, 1n, 0n, 0n, 0n, 0n, 0n); // FUTEX_WAKE
      Atomics.store(words, places.passedOnHead, head);
    }
    words[places.waiters] = sequence;
    c.clock_gettime(1n, timeAddress, 0n, 0n, 0n, 0n, 0n, 0n, 0n); // CLOCK_MONOTONIC
    words[places.time] += data.ownerCheckSeconds;
    const deadline = words[places.time], fraction = words[places.time + 2];
    const found = c.syscall(futexWaitv, waitersAddress, BigInt(count + 1), 0n, timeAddress, 1n, 0n, 0n, 0n);
    if (Atomics.load(words, places.stop) !== 0) break;
    if (found < 0) {
      // The reason may be that the time is over, or that something has changed.
      c.clock_gettime(1n, timeAddress, 0n, 0n, 0n, 0n, 0n, 0n, 0n);
      const late = words[places.time] - deadline;
      if (late > 0 || (late === 0 && words[places.time + 2] >= fraction)) {
        if (c.syscall(tgkill, pid, tid, 0n, 0n, 0n, 0n, 0n, 0n) !== 0) break;
        continue;
      }
    }
    if (count === 0 || found === 0) continue;
    // The owner has changed the list since, and named what it dropped; a word that is still in it is another one by
    // now.
    if (Atomics.load(words, places.sequence) !== sequence) continue; // pairs: wait list
    words[places.woken] = found;
    Atomics.store(words, places.answered, answered = sequence); // pairs: wait answer
    Atomics.add(reports, 0, 1);
    Atomics.notify(reports, 0);
  }
}
