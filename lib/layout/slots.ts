import { ClosedError, ReadOnlyError } from "../errors.ts";
import type { Views } from "./views.ts";

/** A position that the views of a struct and of all its parts share, so that moving it moves them all. */
export interface Place {
  /** The byte offset of the outermost struct. */
  at: number;
}

/** The state of views is kept under symbols, so that a field may have any name. */
export const VIEWS: unique symbol = Symbol("views");
/** The byte offset, of a view without parts. */
export const AT: unique symbol = Symbol("at");
/** The shared position, of a view that has parts or is one. */
export const PLACE: unique symbol = Symbol("place");
/** How far behind the shared position this view begins. */
export const DELTA: unique symbol = Symbol("delta");
/** The last offset that a view can be moved to; views that are parts of others have none. */
export const LAST: unique symbol = Symbol("last");
/** The views of an array's elements and the subarrays of `bytes`, made on first use. */
export const PARTS: unique symbol = Symbol("parts");
/** Whether setters refuse. */
export const READ_ONLY: unique symbol = Symbol("readOnly");
/** What an array's elements are called in messages. */
export const LABEL: unique symbol = Symbol("label");
/** Which struct a view belongs to. */
export const STRUCT: unique symbol = Symbol("struct");

/** What all views have in common. */
export interface ViewState {
  readonly [VIEWS]: Views;
  [AT]?: number;
  readonly [PLACE]?: Place;
  readonly [DELTA]?: number;
  readonly [LAST]?: number;
  readonly [PARTS]: unknown[];
  readonly [READ_ONLY]: boolean;
  readonly [STRUCT]?: unknown;
}

/**
 * @param state A view.
 * @returns Its byte offset within its `Views`.
 */
export function positionOf(state: ViewState): number {
  return state[PLACE] === undefined ? state[AT]! : state[PLACE].at + state[DELTA]!;
}

/**
 * Throws the reason why an element is missing.
 *
 * @param state The view.
 * @param what The field.
 * @param verb The operation.
 * @throws {ClosedError} If the buffer was detached.
 * @throws {RangeError} If the view was retired, as a writer's is once it has committed.
 */
export function gone(state: ViewState, what: string, verb: string): never {
  const views = state[VIEWS];
  if (views.closed) throw new ClosedError(`Cannot ${verb} ${what} as its segment was closed`);
  throw new RangeError(`Cannot ${verb} ${what} as its view shows nothing any more: what it showed was given up`);
}

/** The end of what views can reach: typed arrays are indexed with 32-bit integers. */
export const MAX_END: number = 2 ** 32;

/**
 * Checks an offset that the fast check does not accept, such as one beyond 2 GiB, or throws the reason why a view
 * cannot be moved there.
 *
 * @param state The view.
 * @param name Its struct.
 * @param step What offsets must be a multiple of.
 * @param byteOffset The offset.
 * @returns The offset.
 * @throws {ClosedError} If the buffer was detached.
 * @throws {TypeError} If the view is a part of another one.
 * @throws {RangeError} If the struct would not lie within its memory there.
 */
export function farOffset(state: ViewState, name: string, step: number, byteOffset: number): number {
  const last = state[LAST];
  if (last === undefined) {
    throw new TypeError(`Cannot move a view of ${name} as it is a part of another view; move that`);
  }
  if (Number.isInteger(byteOffset) && byteOffset >= 0 && byteOffset <= last && byteOffset % step === 0) {
    return byteOffset;
  }
  if (state[VIEWS].closed) throw new ClosedError(`Cannot move a view of ${name} as its segment was closed`);
  throw new RangeError(
    `Cannot move a view of ${name} as 'byteOffset' must be a multiple of ${step} from 0 to ${last}: ` +
      `received ${String(byteOffset)}`,
  );
}

/**
 * Throws the reason why a value cannot be stored.
 *
 * @param what The field.
 * @param kind Its kind, with an article.
 * @param must What the value must be.
 * @param typeName The `typeof` of values that can be stored.
 * @param value The value.
 * @throws {TypeError} If the value is of another type.
 * @throws {RangeError} If it is of the right type.
 */
export function refuse(what: string, kind: string, must: string, typeName: string, value: unknown): never {
  const shown = typeof value === "string"
    ? JSON.stringify(value)
    : typeof value === "bigint"
    ? `${value}n`
    : show(value);
  const message = `Cannot set ${what} as ${kind} must be ${must}: received ${shown}`;
  const type: string = typeof value;
  throw type === typeName ? new RangeError(message) : new TypeError(message);
}

function show(value: unknown): string {
  if (ArrayBuffer.isView(value)) return `${value.constructor.name} of ${value.byteLength} bytes`;
  if (value === null || (typeof value !== "object" && typeof value !== "function")) {
    return Object.is(value, -0) ? "-0" : String(value);
  }
  return Object.prototype.toString.call(value);
}

/**
 * Throws the reason why a stored value of an enumeration cannot be read.
 *
 * @param what The field.
 * @param value The stored value.
 * @throws {RangeError} Always.
 */
export function unnamed(what: string, value: number): never {
  throw new RangeError(`Cannot read ${what} as the stored value must have a name: found ${value}`);
}

/**
 * @param state The view.
 * @param part Where the subarray is kept.
 * @param at The first byte.
 * @param length How many.
 * @returns The memory itself, the same object until the view is moved; `undefined` if it is not all there.
 */
export function bytesAt(state: ViewState, part: number, at: number, length: number): Uint8Array | undefined {
  const { u8, lent } = state[VIEWS], kept = state[PARTS][part] as Uint8Array | undefined;
  if (u8[at + length - 1] === undefined) return undefined;
  if (kept !== undefined && kept.byteOffset === lent.byteOffset + at && kept.length === length) return kept;
  const bytes = lent.u8.subarray(at, at + length);
  state[PARTS][part] = bytes;
  return bytes;
}

/**
 * @param state The view.
 * @param _part Not needed for a copy.
 * @param at The first byte.
 * @param length How many.
 * @returns A copy; `undefined` if the bytes are not all there.
 */
export function copyBytes(state: ViewState, _part: number, at: number, length: number): Uint8Array | undefined {
  const { u8 } = state[VIEWS];
  return u8[at + length - 1] === undefined ? undefined : u8.slice(at, at + length);
}

/**
 * @param what The field.
 * @throws {ReadOnlyError} Always.
 */
export function refuseReadOnly(what: string): never {
  throw new ReadOnlyError(`Cannot set ${what} as its view is read-only`);
}

/**
 * @param label The array.
 * @param index The index.
 * @param length How many elements there are.
 * @throws {RangeError} Always.
 */
export function outside(label: string, index: unknown, length: number): never {
  throw new RangeError(
    `Cannot reach ${label} as an index must be an integer from 0 to ${length - 1}: received ${String(index)}`,
  );
}
