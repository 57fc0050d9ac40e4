/** A buffer whose bytes other processes or threads may share. */
export type AnyBuffer = ArrayBuffer | SharedArrayBuffer;

/**
 * The typed arrays over one byte range of a buffer. Indices are local to the range, little-endian, and unchecked in the
 * way typed arrays are: this is the only way past the checks of a struct's views. Where the range's length is not a
 * multiple of an element, the rest is left out of that array.
 *
 * After the buffer was detached (its segment was closed) every array has length 0, reads `undefined` and ignores
 * writes.
 *
 * @example
 * ```ts
 * import { Views } from "@shmkit/shmkit";
 * import { assertEquals } from "@std/assert";
 *
 * const views = new Views(new ArrayBuffer(64), 8, 16);
 * views.u32[1] = 7;
 * assertEquals(views.u8[4], 7);
 * assertEquals(views.f64.length, 2);
 * ```
 */
export class Views {
  /** The whole buffer, beyond the range too. */
  readonly buffer: AnyBuffer;
  /** Where the range begins in the buffer. */
  readonly byteOffset: number;
  /** Whether a write would kill the process: structs then make only read-only views of it. */
  readonly readOnly: boolean;
  /** How long the range is; stays as it was when the buffer is detached. */
  readonly byteLength: number;
  /** Signed bytes. */
  readonly i8: Int8Array<AnyBuffer>;
  /** Bytes. */
  readonly u8: Uint8Array<AnyBuffer>;
  /** Signed 16-bit integers. */
  readonly i16: Int16Array<AnyBuffer>;
  /** Unsigned 16-bit integers. */
  readonly u16: Uint16Array<AnyBuffer>;
  /** Signed 32-bit integers. */
  readonly i32: Int32Array<AnyBuffer>;
  /** Unsigned 32-bit integers. */
  readonly u32: Uint32Array<AnyBuffer>;
  /** 32-bit floats. */
  readonly f32: Float32Array<AnyBuffer>;
  /** 64-bit floats. */
  readonly f64: Float64Array<AnyBuffer>;
  /** Made on first use: few layouts hold bigints. */
  #i64: BigInt64Array<AnyBuffer> | undefined;
  /** Made on first use. */
  #u64: BigUint64Array<AnyBuffer> | undefined;
  /** Makes `lent`, where it is not these views. */
  readonly #lend: (() => ReadonlyViews) | undefined;
  #lent: ReadonlyViews | undefined;

  /**
   * Makes the views of a range.
   *
   * @param buffer The buffer.
   * @param byteOffset Where the range begins; a multiple of 8.
   * @param byteLength How long it is; defaults to the buffer's end.
   * @param readOnly Whether the memory is mapped for reading only.
   * @param lend Makes the views that leave the library in place of these, at first use. Defaults to these themselves.
   * @throws {RangeError} If the offset is not a multiple of 8, or the range leaves the buffer.
   */
  constructor(
    buffer: AnyBuffer,
    byteOffset = 0,
    byteLength: number = buffer.byteLength - byteOffset,
    readOnly = false,
    lend?: () => ReadonlyViews,
  ) {
    if (!Number.isSafeInteger(byteOffset) || byteOffset < 0 || byteOffset % 8 !== 0) {
      throw new RangeError(`Cannot create views as 'byteOffset' must be a multiple of 8: received ${byteOffset}`);
    }
    if (!Number.isSafeInteger(byteLength) || byteLength < 0 || byteOffset + byteLength > buffer.byteLength) {
      throw new RangeError(
        `Cannot create views as the range must lie within the buffer's ${buffer.byteLength} bytes: ` +
          `received offset ${byteOffset}, length ${byteLength}`,
      );
    }
    this.buffer = buffer;
    this.byteOffset = byteOffset;
    this.byteLength = byteLength;
    this.readOnly = readOnly;
    this.#lend = lend;
    const half = Math.floor(byteLength / 2), word = Math.floor(byteLength / 4), double = Math.floor(byteLength / 8);
    this.i8 = new Int8Array(buffer, byteOffset, byteLength);
    this.u8 = new Uint8Array(buffer, byteOffset, byteLength);
    this.i16 = new Int16Array(buffer, byteOffset, half);
    this.u16 = new Uint16Array(buffer, byteOffset, half);
    this.i32 = new Int32Array(buffer, byteOffset, word);
    this.u32 = new Uint32Array(buffer, byteOffset, word);
    this.f32 = new Float32Array(buffer, byteOffset, word);
    this.f64 = new Float64Array(buffer, byteOffset, double);
  }

  /** Signed 64-bit integers, as bigints. */
  get i64(): BigInt64Array<AnyBuffer> {
    return this.#i64 ??= new BigInt64Array(this.buffer, this.byteOffset, Math.floor(this.byteLength / 8));
  }

  /** Unsigned 64-bit integers, as bigints. */
  get u64(): BigUint64Array<AnyBuffer> {
    return this.#u64 ??= new BigUint64Array(this.buffer, this.byteOffset, Math.floor(this.byteLength / 8));
  }

  /**
   * The same memory for code that may do anything with its arrays: write to them, move the buffer away, or start an
   * asynchronous operation of the runtime, during which some runtimes cannot detach the buffer. Memory that is mapped
   * for reading only refuses that, so its arrays are slow to read. For memory that the runtime manages, these are the
   * views themselves.
   */
  get lent(): Views {
    if (this.#lend === undefined) return this;
    // A program may have moved the last buffer away.
    if (this.#lent === undefined || (this.#lent.closed && !this.closed)) this.#lent = this.#lend();
    return this.#lent as Views; // those of read-only memory refuse writes themselves
  }

  /** Whether the buffer was detached, which closing its segment does. */
  get closed(): boolean {
    return this.byteLength > 0 && this.buffer.byteLength === 0;
  }
}

/**
 * The same arrays for reading, which is all that memory mapped without write permission allows: writing to it kills the
 * process. A struct makes only read-only views of it. The compiler cannot keep elements from being assigned.
 */
export type ReadonlyViews = { readonly [K in keyof Views]: Views[K] };
