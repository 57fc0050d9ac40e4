import { KernelWatcher, type WatchedWord } from "./kernel_watcher.ts";
import { SpentWatch, type Watch } from "./watch.ts";

/** The watches of words that processes share: each thread takes as many words as one system call does. */
export class KernelWatches {
  #watchers: KernelWatcher[] = [];

  /** As `Futex.watch`. */
  watch(word: WatchedWord, expected: number, wake: () => void): Watch {
    if (word.load() !== expected) return new SpentWatch(wake); // it differs, or its memory is closed
    const { low, high } = word.address, address = high * 2 ** 32 + low;
    const watcher = this.#watchers.find((one) => one.watches(address)) ??
      this.#watchers.find((one) => one.hasRoom) ?? this.#begin();
    return watcher.watch(address, word, expected, wake);
  }

  /** Ends the unused threads at once. */
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
