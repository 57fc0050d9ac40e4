/**
 * Stands in for `lib/memory/mapping.ts` in what is explored: nothing is collected, and nobody moves a buffer away.
 *
 * @module
 */
import type { OpenFile } from "../../../lib/memory/open_file.ts";
import type * as real from "../../../lib/memory/mapping.ts";
import { world } from "../world.ts";
import type { FileMemory } from "./raw_memory.ts";
import { mmap } from "./system.ts";

export type { MappingOptions } from "../../../lib/memory/mapping.ts";

/** A mapped file. */
export class Mapping {
  readonly file: OpenFile;
  readonly fd: number;
  readonly readOnly = false;
  readonly buffer: FileMemory;
  #closed = false;

  constructor(name: string, file: OpenFile, byteLength: number, _options: unknown) {
    this.file = file;
    this.fd = file.fd;
    this.buffer = mmap({ action: "map segment", path: name }, byteLength, 0, 0, file.fd);
  }

  /** Whether `close` was called. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Objects of explored types lie in the memory itself. */
  lend(): never {
    throw new Error("Cannot lend memory as explored types must be the library's own");
  }

  /** Unmaps, unlocks and closes the file, in the order of the real one. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.buffer.detached = true;
    world.kernel.unmap(this.fd);
    this.file.unlockAndClose();
  }

  /** The same: addresses cost nothing here. */
  discard(): void {
    this.close();
  }
}

/** For the compiler: this class has all that the real one has. */
type Complete = Mapping extends Record<keyof real.Mapping, unknown> ? true : never;
const _isComplete: Complete = true;
