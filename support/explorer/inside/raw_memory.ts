/**
 * What stands for the memory of mapped files in what is explored, and for the arrays over it: each word or byte is
 * accessed by a step.
 *
 * @module
 */
import { Views as RealViews } from "../../../lib/layout/views.ts";
import { fillNext } from "../steps.ts";
import { buffer, world } from "../world.ts";
import { FILE_BYTES } from "../kernel.ts";

/** Stands for the buffer of a mapped file: a part of the world's memory. */
export class FileMemory {
  /** Where it begins there. */
  readonly base: number;
  readonly byteLength: number;
  /** Whether it was unmapped. */
  detached = false;

  constructor(base: number, byteLength: number) {
    this.base = base;
    this.byteLength = byteLength;
  }
}

/** All words of an open file. */
export function wordsOfFile(fd: number): Int32Array {
  return new globalThis.Int32Array(buffer, world.kernel.contentOf(fd), FILE_BYTES / 4);
}

class SharedBytes extends globalThis.Uint8Array<ArrayBufferLike> {
  override fill(value: number, from = 0, to: number = this.length): this {
    for (let i = from; i < to;) i = fillNext(this, i, to, value);
    return this;
  }

  override set(bytes: ArrayLike<number>, at = 0): void {
    for (let i = 0; i < bytes.length; i++) this[at + i] = bytes[i];
  }

  override slice(from = 0, to: number = this.length): globalThis.Uint8Array<ArrayBuffer> {
    const copy = new globalThis.Uint8Array(to - from);
    for (let i = from; i < to; i++) copy[i - from] = this[i];
    return copy;
  }
}

/** A view of a mapped file's words. */
class SharedRecord {
  readonly buffer: FileMemory;
  readonly byteOffset: number;
  readonly byteLength: number;
  readonly #bytes: globalThis.Uint8Array;
  readonly #words: globalThis.Uint32Array;

  constructor(memory: FileMemory, byteOffset: number, byteLength: number) {
    this.buffer = memory;
    this.byteOffset = byteOffset;
    this.byteLength = byteLength;
    this.#bytes = new globalThis.Uint8Array(buffer, memory.base + byteOffset, byteLength);
    this.#words = new globalThis.Uint32Array(buffer, memory.base + byteOffset, byteLength >> 2);
  }

  getUint32(at: number): number {
    return this.#words[at >> 2];
  }

  setUint32(at: number, value: number): void {
    this.#words[at >> 2] = value;
  }

  getUint8(at: number): number {
    return this.#bytes[at];
  }

  setUint8(at: number, value: number): void {
    this.#bytes[at] = value;
  }
}

type Made = new (memory: unknown, byteOffset?: number, length?: number) => never;

function over<A>(Local: unknown, shared: (memory: FileMemory, byteOffset: number, length: number) => A): Made {
  return function (memory: unknown, byteOffset = 0, length?: number): unknown {
    if (memory instanceof FileMemory) return shared(memory, byteOffset, length!);
    const Own = Local as new (memory: unknown, byteOffset?: number, length?: number) => A;
    return memory instanceof ArrayBuffer ? new Own(memory, byteOffset, length) : new Own(memory);
  } as unknown as Made;
}

/** Stands for `DataView`; so do the others for arrays. Over anything but a mapped file they are the runtime's own. */
export const DataView: Made = over(
  globalThis.DataView,
  (memory, byteOffset, length) => new SharedRecord(memory, byteOffset, length),
);

export const Uint8Array: Made = over(
  globalThis.Uint8Array,
  (memory, byteOffset, length) => new SharedBytes(buffer, memory.base + byteOffset, length),
);

export const Int32Array: Made = over(
  globalThis.Int32Array,
  (memory, byteOffset, length) => new globalThis.Int32Array(buffer, memory.base + byteOffset, length),
);

export const Uint32Array: Made = over(
  globalThis.Uint32Array,
  (memory, byteOffset, length) => new globalThis.Uint32Array(buffer, memory.base + byteOffset, length),
);

/** Views are dear to make, and each run makes the same. */
const made = new Map<number, RealViews>();

/** Stands for `Views` over a mapped file. */
export const Views: Made = function (memory: FileMemory, byteOffset: number, byteLength: number): RealViews {
  const at = memory.base + byteOffset, known = made.get(at);
  if (known?.byteLength === byteLength) return known;
  const views = new RealViews(buffer, at, byteLength);
  made.set(at, views);
  return views;
} as unknown as Made;
