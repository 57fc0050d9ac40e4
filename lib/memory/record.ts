import { hasTotalStoreOrder } from "../../ffi/mod.ts";
import { load, store } from "../atomic/mod.ts";
import {
  type AnyStruct,
  type BoundCopies,
  type BoundRecord,
  type BoundView,
  READ_ONLY,
  type ViewOf,
  VIEWS,
  type ViewState,
} from "../layout/internal.ts";

/** Copies a record from one view to another. */
export type CopyRecord<S extends AnyStruct> = (from: ViewOf<S>, to: ViewOf<S>) => void;

/**
 * The routine that copies records which another process may be writing: the caller learns that from the word that
 * guards the record, and then discards the copy. It is the layout's plain copy where the processor keeps loads and
 * stores in order. Where it does not, elements are copied with atomic accesses, so that none of them passes an access
 * to the guarding word.
 *
 * @throws {ClosedError} (the routine) If the segment of either view was closed.
 */
export function recordCopier<S extends AnyStruct>(layout: S, isOrdered: boolean = hasTotalStoreOrder()): CopyRecord<S> {
  return isOrdered ? layout.copy : atomicCopier(layout);
}

/**
 * The same for a view that is bound to its memory.
 *
 * @param layout The struct.
 * @param bound A view of it.
 * @param isOrdered Whether the processor keeps loads and stores in order. Defaults to what this one does.
 * @returns The copies from the view and over it.
 */
export function recordCopies<S extends AnyStruct, C extends "copyTo" | "copyFrom">(
  layout: S,
  bound: BoundRecord<S, C>,
  isOrdered: boolean = hasTotalStoreOrder(),
): Pick<BoundCopies<S>, C> {
  const { record, copyTo, copyFrom } = bound as BoundView<S> & Partial<BoundCopies<S>>;
  const copy = atomicCopier(layout);
  const copies: Partial<BoundCopies<S>> = isOrdered
    ? { copyTo, copyFrom }
    : { copyTo: (into) => copy(record, into), copyFrom: (from) => copy(from, record) };
  return copies as Pick<BoundCopies<S>, C>;
}

function atomicCopier<S extends AnyStruct>(layout: S): CopyRecord<S> {
  const width = Math.min(layout.alignment, 4), count = layout.byteLength / width;
  const kind = width === 4 ? "i32" : width === 2 ? "u16" : "u8";
  return (from, to) => {
    const start = layout.byteOffsetOf(from) / width, end = layout.byteOffsetOf(to) / width;
    // The memory itself, which `viewsOf` does not return.
    const { [VIEWS]: source } = from as unknown as ViewState;
    const { [VIEWS]: target, [READ_ONLY]: isRefused } = to as unknown as ViewState;
    if (source.closed || target.closed || isRefused) layout.copy(from, to); // throws the reason
    const read = source[kind], write = target[kind];
    // Pairs, element by element, with the setters and copies of others; the guarding word decides whether they are
    // valid.
    for (let i = 0; i < count; i++) store(write, end + i, load(read, start + i));
  };
}
