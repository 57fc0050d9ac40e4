/**
 * Arrays over a mapped file, for real processes: a point comes before each write that a method makes. A write of many
 * bytes is made in two halves, so that a process can be stopped in the middle of it.
 *
 * @module
 */
import { $isShared, goBefore } from "./points_runtime.ts";

/** Stands in for `DataView`. */
class PointedDataView extends globalThis.DataView<ArrayBuffer> {
  override setUint32(at: number, value: number, isLittleEndian?: boolean): void {
    if ($isShared(this)) goBefore(`writes 4 bytes at ${this.byteOffset + at}`);
    super.setUint32(at, value, isLittleEndian);
  }

  override setUint8(at: number, value: number): void {
    if ($isShared(this)) goBefore("writes a byte"); // of an id of many
    super.setUint8(at, value);
  }
}

/** Stands in for `Uint8Array`. */
class PointedBytes extends globalThis.Uint8Array<ArrayBuffer> {
  override fill(value: number, from = 0, to: number = this.length): this {
    if (!$isShared(this)) return super.fill(value, from, to);
    for (const [start, end] of halves(from, to)) {
      goBefore(`fills ${end - start} bytes at ${this.byteOffset + start}`);
      super.fill(value, start, end);
    }
    return this;
  }

  override set(bytes: ArrayLike<number>, at = 0): void {
    if (!$isShared(this)) return super.set(bytes, at);
    for (const [start, end] of halves(0, bytes.length)) {
      goBefore(`writes ${end - start} bytes at ${this.byteOffset + at + start}`);
      super.set(Array.prototype.slice.call(bytes, start, end), at + start);
    }
  }
}

function halves(from: number, to: number): [number, number][] {
  const middle = Math.floor((from + to) / 2);
  return [[from, middle], [middle, to]].filter(([start, end]) => end > start) as [number, number][];
}

export { PointedBytes as Uint8Array, PointedDataView as DataView };

/** Their elements are accessed where the program says so: points are there already. */
export const Int32Array: Int32ArrayConstructor = globalThis.Int32Array;
/** As `Int32Array`. */
export const Uint32Array: Uint32ArrayConstructor = globalThis.Uint32Array;
