import process from "node:process";
import { listSharedMemory, observeNameless } from "./find_segments.ts";
import { readOpenFiles } from "./open_files.ts";

/**
 * The shortest time between two searches of all open files. It is also a multiple of the processor time that such a
 * search takes, so that it costs next to nothing on a machine with thousands of processes.
 */
const SCAN_MS = 5000, SCAN_TIMES = 1000;

/** Finds segments again and again at little cost: names in `/dev/shm` each time, what has none every few seconds. */
export class SegmentSearch {
  /** What leads to no segment, as far as is known. It is asked again every few seconds. */
  readonly #refused = new Set<string>();
  #nameless: readonly string[] = [];
  #nextScan = -Infinity;

  /** What can be opened now, or could be at the last search of open files. */
  names(): string[] {
    if (performance.now() >= this.#nextScan) this.#scan();
    const files = listSharedMemory().filter(({ mayBeRegular, isText }) => isText && mayBeRegular);
    const all = [...files.map(({ name }) => `/${name}`), ...this.#nameless], there = new Set(all);
    // A name that comes back may lead to something else.
    for (const name of this.#refused) if (!there.has(name)) this.#refused.delete(name);
    return all.filter((name) => !this.#refused.has(name)).sort();
  }

  /** Notes that a name leads to nothing that can be inspected. */
  refuse(name: string): void {
    this.#refused.add(name);
  }

  #scan(): void {
    const start = process.cpuUsage();
    this.#refused.clear();
    this.#nameless = readOpenFiles().nameless
      // What only this process has open is gone as soon as it closes it.
      .map(({ formerName, paths }) => ({ formerName, paths: paths.filter(({ pid }) => pid !== process.pid) }))
      .map(observeNameless)
      .filter((observed) => observed !== undefined)
      .filter(({ status }) => status === "ready" || status === "corrupt")
      .map(({ name }) => name);
    const { user, system } = process.cpuUsage(start);
    this.#nextScan = performance.now() + Math.max(SCAN_MS, SCAN_TIMES * (user + system) / 1000);
  }
}
