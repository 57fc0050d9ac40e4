import { ReadOnlyError } from "../errors.ts";
import type { AnyBuffer, ReadonlyViews, Views } from "../layout/mod.ts";

/** The names of the arrays. */
type ArrayName = "i8" | "u8" | "i16" | "u16" | "i32" | "u32" | "f32" | "f64" | "i64" | "u64";

type AnyArray = Views[ArrayName];

/**
 * Methods of typed arrays, and of all objects, that only read. All others are refused, those that engines add one day
 * included, as `setFromHex` and `setFromBase64` were: called on a copy, they would seem to have written.
 */
const READERS: ReadonlySet<PropertyKey> = new Set([
  ..."at entries every filter find findIndex findLast findLastIndex forEach includes indexOf join keys".split(" "),
  ..."lastIndexOf map reduce reduceRight slice some subarray toBase64 toHex toLocaleString toReversed".split(" "),
  ..."toSorted toString values valueOf with hasOwnProperty isPrototypeOf propertyIsEnumerable".split(" "),
  Symbol.iterator,
]);

/**
 * The views of memory that is mapped for reading only, such that a write throws instead of killing the process. Reading
 * an element goes through a proxy, and costs tens of nanoseconds instead of less than one.
 */
export class GuardedViews implements ReadonlyViews {
  /** Where the range begins in the buffer. */
  readonly byteOffset: number;
  /** How long the range is. */
  readonly byteLength: number;
  /** Always true. */
  readonly readOnly = true;
  readonly #name: string;
  readonly #views: Views;
  readonly #guarded = new Map<ArrayName, AnyArray>();

  /** @param name What must not be written, for messages. */
  constructor(name: string, views: Views) {
    this.#name = name;
    this.#views = views;
    this.byteOffset = views.byteOffset;
    this.byteLength = views.byteLength;
  }

  /** @throws {ReadOnlyError} Always: any array over it could be written. */
  get buffer(): AnyBuffer {
    throw refusal(this.#name);
  }

  /** These: nothing that leaves them can be written. */
  get lent(): Views {
    return this as ReadonlyViews as Views;
  }

  /** Whether the segment was closed. */
  get closed(): boolean {
    return this.#views.closed;
  }

  /** Signed bytes. */
  get i8(): Int8Array<AnyBuffer> {
    return this.#array("i8");
  }

  /** Bytes. */
  get u8(): Uint8Array<AnyBuffer> {
    return this.#array("u8");
  }

  /** Signed 16-bit integers. */
  get i16(): Int16Array<AnyBuffer> {
    return this.#array("i16");
  }

  /** Unsigned 16-bit integers. */
  get u16(): Uint16Array<AnyBuffer> {
    return this.#array("u16");
  }

  /** Signed 32-bit integers. */
  get i32(): Int32Array<AnyBuffer> {
    return this.#array("i32");
  }

  /** Unsigned 32-bit integers. */
  get u32(): Uint32Array<AnyBuffer> {
    return this.#array("u32");
  }

  /** 32-bit floats. */
  get f32(): Float32Array<AnyBuffer> {
    return this.#array("f32");
  }

  /** 64-bit floats. */
  get f64(): Float64Array<AnyBuffer> {
    return this.#array("f64");
  }

  /** Signed 64-bit integers, as bigints. */
  get i64(): BigInt64Array<AnyBuffer> {
    return this.#array("i64");
  }

  /** Unsigned 64-bit integers, as bigints. */
  get u64(): BigUint64Array<AnyBuffer> {
    return this.#array("u64");
  }

  #array<K extends ArrayName>(key: K): Views[K] {
    let array = this.#guarded.get(key);
    if (array === undefined) this.#guarded.set(key, array = guarded(this.#name, this.#views[key]));
    return array as Views[K];
  }
}

function refusal(name: string): ReadOnlyError {
  return new ReadOnlyError(`Cannot write ${name} as it is attached for reading only; attach without readOnly`);
}

/** A typed array that is read as usual, but cannot be written and does not give away its buffer. */
function guarded<A extends AnyArray>(name: string, array: A): A {
  const refuse = (): never => {
    throw refusal(name);
  };
  return new Proxy(array, {
    get(target, key) {
      if (key === "buffer") return refuse();
      // Getters and methods need the array itself, which a proxy is not.
      const value = Reflect.get(target, key, target);
      if (typeof value !== "function" || key === "constructor") return value;
      if (!READERS.has(key)) return refuse();
      if (key === "subarray") return (...args: number[]) => guarded(name, target.subarray(...args) as A);
      // A callback must not be handed the array: it works on a copy. So does what returns one.
      return (...args: unknown[]) => Reflect.apply(value, target.slice(), args);
    },
    set: refuse,
    defineProperty: refuse,
    deleteProperty: refuse,
    setPrototypeOf: refuse,
    preventExtensions: refuse,
  });
}
