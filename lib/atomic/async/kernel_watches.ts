import { KernelWatcher, type WatchedWord } from "./kernel_watcher.ts";
import { SpentWatch, type Watch } from "./watch.ts";

/** The watches of words that processes share: each thread of them takes as many as one system call does. */
export class KernelWatches {
  #watchers: KernelWatcher[] = [];

  /** As `Futex.watch`. */
  watch(word: WatchedWord, expected: number, wake: () => void): Watch {
    if (word.load() !== expected) return new SpentWatch(wake); // another one, or in closed memory
    const { low, high } = word.address, address = high * 2 ** 32 + low;
    const watcher = this.#watchers.find((one) => one.watches(address)) ??
      this.#watchers.find((one) => one.hasRoom) ?? this.#begin();
    return watcher.watch(address, word, expected, wake);
  }

  /** Ends the threads that nobody needs, without waiting whether somebody will. */
  endUnused(): void {
    for (const watcher of [...this.#watchers]) watcher.endIfUnused();
  }

  #begin(): KernelWatcher {
    const watcher: KernelWatcher = new KernelWatcher(() => {
      this.#watchers = this.#watchers.filter((one) => one !== watcher);
    });
    this.#watchers.push(watcher);
    return watcher;
  }
}
