import { FUTEX2_SIZE_U32 } from "../../../ffi/linux.ts";
import { later } from "../../../ffi/event_loop.ts";
import { MOST_WATCHED, startWaitThread, WAITER_WORDS, type WaitThread } from "../../../ffi/wait_thread.ts";
import { add, load, store, waitLocalAsync, wakeLocal } from "../atomics.ts";
import type { Watch } from "./watch.ts";

/** How long an unused thread stays, in milliseconds: starting one takes 20 to 100. */
const IDLE_MS = 1000;

/** A watched word. */
export interface WatchedWord {
  /** Its address, as 32-bit halves. */
  readonly address: { readonly low: number; readonly high: number };
  /** Undefined in closed memory. */
  load(): number;
  /** Wakes one waiter. */
  wakeOne(): number;
}

/** One word, and its watchers. */
interface Entry {
  readonly address: number;
  readonly word: WatchedWord;
  readonly expected: number;
  readonly watches: Set<() => void>;
  /** Whether it may be in the thread's list. */
  isListed: boolean;
}

/**
 * Watches words with a thread that waits for them in the kernel (`ffi/wait_loop.ts`). It notifies this thread by a word
 * of memory that the runtime manages, which an event loop can wait for.
 *
 * No wake-up is lost: the kernel compares each word with what was expected when the thread falls asleep; and when the
 * thread stops waiting for a word, it may have been woken for it at the last moment, so it wakes another sleeper.
 */
export class KernelWatcher {
  readonly #onEnd: () => void;
  readonly #thread: WaitThread | undefined;
  readonly #entries = new Map<number, Entry>();
  /** The entries of the list, in its order. */
  #listed: readonly Entry[] = [];
  #sequence = 0;
  #passedOn = 0;
  #isReady = false;
  #isWritingSoon = false;
  #isUsed = true;
  #hasEnded = false;

  /** @param onEnd Called when the watcher was not needed for a while: it must not be used any more. */
  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
    this.#thread = startWaitThread(() => this.#fail());
    if (this.#thread === undefined) return;
    void this.#listen(this.#thread);
    later(() => this.#endIfIdle(), IDLE_MS);
  }

  /** Whether any word is watched. */
  watches(address: number): boolean {
    return this.#entries.has(address);
  }

  /** Whether one more word can be watched. Where there is no thread, the number does not matter. */
  get hasRoom(): boolean {
    return this.#thread === undefined || this.#entries.size < MOST_WATCHED;
  }

  /** As `Futex.watch`; the word was as expected a moment ago. */
  watch(address: number, word: WatchedWord, expected: number, wake: () => void): Watch {
    this.#isUsed = true;
    let entry = this.#entries.get(address);
    if (entry !== undefined && entry.expected !== expected) {
      // Its watches have ended.
      const { watches } = entry;
      this.#entries.delete(address);
      entry = undefined;
      queueMicrotask(() => callAll([watches]));
    }
    if (entry === undefined) {
      entry = { address, word, expected, watches: new Set(), isListed: false };
      this.#entries.set(address, entry);
      this.#writeSoon();
    }
    return this.#watchOf(entry, () => wake());
  }

  /** @param call A new function for each watch, as a caller may pass the same one twice. */
  #watchOf(entry: Entry, call: () => void): Watch {
    const isReady = () => this.#isReady;
    entry.watches.add(call);
    return {
      get isPrompt() {
        return isReady();
      },
      end: (hasTaken) => {
        if (!entry.watches.delete(call) || entry.watches.size > 0) return;
        if (this.#entries.get(entry.address) === entry) this.#drop(entry, hasTaken);
      },
    };
  }

  #drop(entry: Entry, hasTaken: boolean): void {
    this.#entries.delete(entry.address);
    if (entry.isListed && !(hasTaken && this.#isAnswered)) this.#passOn(entry);
    else if (this.#entries.size > 0 || !this.#isAnswered) this.#writeSoon();
  }

  /** Whether the thread waits for no word until it gets another list. */
  get #isAnswered(): boolean {
    if (this.#thread === undefined) return true;
    const { words, places } = this.#thread;
    return load(words, places.answered) === this.#sequence; // pairs: wait answer
  }

  /** Passes to another sleeper a wake-up that the thread may have received, or receives until it has another list. */
  #passOn({ word }: Entry): void {
    if (this.#thread === undefined) return;
    const { words, places } = this.#thread, { low, high } = word.address;
    if (words.length === 0) return void word.wakeOne();
    this.#writeSoon();
    if (((this.#passedOn - load(words, places.passedOnHead)) | 0) > places.passedOnMask) return void word.wakeOne();
    const at = places.passedOn + (this.#passedOn & places.passedOnMask) * 2;
    words[at] = low;
    words[at + 1] = high;
    store(words, places.passedOnTail, this.#passedOn = (this.#passedOn + 1) | 0); // pairs: passed on
  }

  /** Writes the list, once for all changes until then. */
  #writeSoon(): void {
    if (this.#isWritingSoon) return;
    this.#isWritingSoon = true;
    queueMicrotask(() => {
      this.#isWritingSoon = false;
      if (this.#thread !== undefined) this.#write(this.#thread);
    });
  }

  #write({ words, places, wake }: WaitThread): void {
    if (words.length === 0) return; // it has ended
    const listed = this.#listed = [...this.#entries.values()];
    store(words, places.sequence, this.#sequence + 1); // pairs: wait list
    for (let i = 0, at = places.list; i < listed.length; i++, at += WAITER_WORDS) {
      const { word: { address: { low, high } }, expected } = listed[i];
      words[at] = expected;
      words[at + 2] = low;
      words[at + 3] = high;
      words[at + 4] = FUTEX2_SIZE_U32;
      listed[i].isListed = true;
    }
    words[places.count] = listed.length;
    store(words, places.sequence, this.#sequence = (this.#sequence + 2) | 0); // pairs: wait list
    wake();
  }

  /** Handles the thread's notifications, until it ends. */
  async #listen({ reports }: WaitThread): Promise<void> {
    for (let heard = 0; !this.#hasEnded;) {
      const now = load(reports, 0);
      if (now === heard) await waitLocalAsync(reports, 0, heard, Infinity);
      else {
        heard = now;
        this.#isReady = !this.#hasEnded;
        this.#hear();
      }
    }
  }

  /** Calls the watchers of words that were woken or have changed. */
  #hear(): void {
    const { words, places } = this.#thread!, called: Set<() => void>[] = [];
    if (words.length === 0) return;
    const woken = this.#isAnswered ? words[places.woken] - 1 : -1;
    for (let i = 0; i < this.#listed.length; i++) {
      const entry = this.#listed[i];
      if (this.#entries.get(entry.address) !== entry) continue;
      if (i !== woken && entry.word.load() === entry.expected) continue;
      this.#entries.delete(entry.address);
      called.push(entry.watches);
    }
    if (this.#entries.size > 0) this.#writeSoon();
    callAll(called);
  }

  /** The thread ended by itself: from now on no watcher is called, and tasks check for themselves. */
  #fail(): void {
    this.#isReady = false;
    this.#endListening();
  }

  #endListening(): void {
    this.#hasEnded = true;
    const { reports } = this.#thread!;
    add(reports, 0, 1);
    wakeLocal(reports, 0, 1);
  }

  /** Ends the thread at once if no word is watched. */
  endIfUnused(): void {
    if (this.#entries.size === 0 && this.#thread !== undefined && !this.#hasEnded) this.#end(this.#thread);
  }

  #endIfIdle(): void {
    if (this.#hasEnded) return;
    if (this.#entries.size > 0 || this.#isUsed || this.#isWritingSoon) {
      this.#isUsed = this.#entries.size > 0;
      later(() => this.#endIfIdle(), IDLE_MS);
      return;
    }
    this.#end(this.#thread!);
  }

  #end(thread: WaitThread): void {
    this.#onEnd();
    thread.stop();
    this.#endListening();
  }
}

/** Calls the watchers of words, each once. */
function callAll(called: readonly Set<() => void>[]): void {
  for (const watches of called) {
    for (const call of [...watches]) if (watches.delete(call)) call();
  }
}
