import type { Pointer } from "../../ffi/mod.ts";
import * as linux from "../../ffi/linux.ts";
import * as system from "../../ffi/system.ts";
import { detach } from "./detach.ts";
import type { OpenFile } from "./open_file.ts";

const { MADV_HUGEPAGE, MADV_POPULATE_READ, MADV_POPULATE_WRITE, MAP_SHARED, PROT_READ, PROT_WRITE } = linux;

/** How a file is mapped. */
export interface MappingOptions {
  /**
   * Map for reading only; the API refuses writes, since the processor would kill the process. A wait that blocks cannot
   * announce itself then, and is not woken: it sleeps in short steps.
   */
  readonly readOnly?: boolean;
  /** Make every page present now, so that no first touch waits for the kernel. Needs Linux 5.14. */
  readonly prefault?: boolean;
  /** Keep the pages in memory (`mlock`). Needs `CAP_IPC_LOCK` or a large enough `RLIMIT_MEMLOCK`. */
  readonly mlock?: boolean;
  /** Advise the kernel to use huge pages (`MADV_HUGEPAGE`); takes effect where its `shmem_enabled` setting allows. */
  readonly hugePages?: boolean;
}

/** The contents of a mapping; they must not refer back to the `Mapping`. */
interface Memory {
  readonly buffer: ArrayBuffer;
  /** More buffers over parts of the same memory, which have left the library. */
  readonly lent: ArrayBuffer[];
  readonly address: Pointer;
  readonly byteLength: number;
  readonly file: OpenFile;
}

/*
 * Memory that was not closed is freed when no object refers to it any more: each view keeps its buffer. But a program
 * can move a buffer away, by `transfer` or in a message, and then the memory belongs to another buffer that cannot be
 * tracked. So a mapping is released in two steps.
 */

/**
 * Step one: the `Mapping`, and all that refers to it, is gone. The buffers are still there, and show whether one was
 * moved.
 */
const unreachable = new FinalizationRegistry<Memory>((memory) => {
  const { buffer, lent, address, byteLength, file } = memory;
  const isMoved = [buffer, ...lent].some(({ detached }) => detached);
  if (!isMoved) return unseen.register(buffer, { address, byteLength, file });
  // Moved: the memory's new owner keeps it for good, but is not a participant.
  file.unlockAndClose();
});

/**
 * Step two: no view is left either. The last one may have moved the buffer since step one. So the memory is returned to
 * the kernel, but its addresses stay readable and writable: such a buffer is all zeros, and never crashes the process.
 */
const unseen = new FinalizationRegistry<Omit<Memory, "buffer" | "lent">>(({ address, byteLength, file }) => {
  system.mapZeros(address, byteLength);
  file.close();
});

/** A lent buffer refers to the memory. */
const keepsBuffer = new WeakMap<ArrayBuffer, ArrayBuffer>();

/**
 * One mapped file: its descriptor, and its memory as one `ArrayBuffer`, which stays within the library, so that it can
 * be detached at any time. Buffers that leave it are lent: a separate one over the part of each object.
 */
export class Mapping {
  /** The file. */
  readonly file: OpenFile;
  /** The file's descriptor. */
  readonly fd: number;
  readonly readOnly: boolean;
  readonly #memory: Memory;
  #closed = false;

  /**
   * Takes over the file: it is closed with the mapping. If this throws, the file is still the caller's.
   *
   * @throws {SystemError} If the kernel refuses the mapping or one of the options.
   */
  constructor(name: string, file: OpenFile, byteLength: number, options: MappingOptions) {
    const doing = (action: string) => ({ action, path: name });
    const { readOnly = false, prefault = false, mlock = false, hugePages = false } = options;
    const protection = readOnly ? PROT_READ : PROT_READ | PROT_WRITE;
    const address = system.mmap(doing("map segment"), byteLength, protection, MAP_SHARED, file.fd);
    try {
      // Advice about page sizes comes too late for pages that are there, so it goes first.
      if (hugePages) system.madvise(doing("use huge pages for segment"), address, byteLength, MADV_HUGEPAGE);
      if (prefault) {
        const advice = readOnly ? MADV_POPULATE_READ : MADV_POPULATE_WRITE;
        system.madvise(doing("prefault segment"), address, byteLength, advice);
      }
      if (mlock) system.mlock(doing("lock the memory of segment"), address, byteLength);
      this.#memory = { buffer: system.bufferAt(address, byteLength), lent: [], address, byteLength, file };
    } catch (error) {
      system.munmap(address, byteLength);
      throw error;
    }
    this.file = file;
    this.fd = file.fd;
    this.readOnly = readOnly;
    unreachable.register(this, this.#memory, this);
  }

  /** The memory. Detached once the mapping is closed. */
  get buffer(): ArrayBuffer {
    return this.#memory.buffer;
  }

  /** Whether `close` was called. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * A buffer over a part of the memory, for code that may do anything with it. Detached once the mapping is closed, or,
   * where the runtime does not allow that, when it does.
   */
  lend(byteOffset: number, byteLength: number): ArrayBuffer {
    const { buffer, lent, address } = this.#memory;
    const made = system.bufferAt(address, byteLength, byteOffset);
    keepsBuffer.set(made, buffer);
    lent.push(made);
    return made;
  }

  /**
   * Detaches every view, returns the memory to the kernel, and closes the file. The addresses stay reserved: an
   * asynchronous operation of the runtime that was given this memory, a read from a file or a compression, keeps using
   * them after its view was detached, for an unknown time. It finds zeros there, and its writes reach no process. The
   * second time nothing happens.
   */
  close(): void {
    this.#end(system.mapZeros);
  }

  /** The same for memory that only the library has had, and so nobody uses any more: its addresses are free, too. */
  discard(): void {
    this.#end(this.#memory.lent.length === 0 ? system.munmap : system.mapZeros);
  }

  #end(release: (address: Pointer, byteLength: number) => unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    unreachable.unregister(this);
    const { buffer, lent, address, byteLength, file } = this.#memory;
    if (!buffer.detached) buffer.transfer();
    release(address, byteLength);
    file.unlockAndClose(); // if the kernel kept the memory mapped, it would keep the locks, too
    detach(lent);
  }
}
