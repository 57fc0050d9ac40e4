import type { Pointer } from "../../ffi/mod.ts";
import * as linux from "../../ffi/linux.ts";
import * as system from "../../ffi/system.ts";

const { MADV_HUGEPAGE, MADV_POPULATE_READ, MADV_POPULATE_WRITE, MAP_SHARED, PROT_READ, PROT_WRITE } = linux;

/** How a file is mapped. */
export interface MappingOptions {
  /** Map for reading only; the API refuses writes, since the processor would kill the process. */
  readonly readOnly?: boolean;
  /** Make every page present now, so that no first touch waits for the kernel. Needs Linux 5.14. */
  readonly prefault?: boolean;
  /** Keep the pages in memory (`mlock`). Needs `CAP_IPC_LOCK` or a large enough `RLIMIT_MEMLOCK`. */
  readonly mlock?: boolean;
  /** Advise the kernel to use huge pages (`MADV_HUGEPAGE`); takes effect where its `shmem_enabled` setting allows. */
  readonly hugePages?: boolean;
}

interface Held {
  readonly address: Pointer;
  readonly byteLength: number;
  readonly fd: number;
}

/**
 * Unmaps what nobody closed. It watches the buffer, which every view keeps alive, and not the `Mapping`: so memory
 * goes only when no view can see it any more.
 */
const unreachable = new FinalizationRegistry<Held>(({ address, byteLength, fd }) => {
  system.munmap(address, byteLength);
  system.close(fd);
});

/** One mapped file: its descriptor, and its memory as one `ArrayBuffer`. */
export class Mapping {
  readonly fd: number;
  readonly readOnly: boolean;
  #buffer: ArrayBuffer;
  readonly #address: Pointer;
  readonly #byteLength: number;
  #closed = false;

  /**
   * Takes over the descriptor: it is closed with the mapping. If this throws, the descriptor is still the caller's.
   *
   * @throws {SystemError} If the kernel refuses the mapping or one of the options.
   */
  constructor(name: string, fd: number, byteLength: number, options: MappingOptions) {
    const doing = (action: string) => ({ action, path: name });
    const { readOnly = false, prefault = false, mlock = false, hugePages = false } = options;
    const protection = readOnly ? PROT_READ : PROT_READ | PROT_WRITE;
    this.#address = system.mmap(doing("map segment"), byteLength, protection, MAP_SHARED, fd);
    try {
      // Advice about page sizes comes too late for pages that are there, so it goes first.
      if (hugePages) system.madvise(doing("use huge pages for segment"), this.#address, byteLength, MADV_HUGEPAGE);
      if (prefault) {
        const advice = readOnly ? MADV_POPULATE_READ : MADV_POPULATE_WRITE;
        system.madvise(doing("prefault segment"), this.#address, byteLength, advice);
      }
      if (mlock) system.mlock(doing("lock the memory of segment"), this.#address, byteLength);
      this.#buffer = system.bufferAt(this.#address, byteLength);
    } catch (error) {
      system.munmap(this.#address, byteLength);
      throw error;
    }
    this.#byteLength = byteLength;
    this.fd = fd;
    this.readOnly = readOnly;
    unreachable.register(this.#buffer, { address: this.#address, byteLength, fd }, this);
  }

  /** The memory. Detached once the mapping is closed. */
  get buffer(): ArrayBuffer {
    return this.#buffer;
  }

  /** Whether `close` was called. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Detaches every view, then unmaps and closes the descriptor. The second time nothing happens. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    unreachable.unregister(this);
    // Detaching comes first: a view over unmapped memory would crash the process, a detached one throws.
    // If somebody else moved the buffer, views of it live on, and so must the memory.
    if (!this.#buffer.detached) {
      this.#buffer.transfer();
      system.munmap(this.#address, this.#byteLength);
    }
    system.close(this.fd);
  }
}
