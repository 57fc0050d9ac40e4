/** A key: a text or an integer, depending on the table. */
export type TableKey = string | number;

/** Where the parts of a table lie. */
export interface KeyedGeometry {
  /** The most keys. */
  readonly capacity: number;
  /** Slots of the index, less one. */
  readonly slotMask: number;
  /** Whether keys are texts. */
  readonly isText: boolean;
  /** The most bytes of a key. */
  readonly keyBytes: number;
  /** Words of a key. */
  readonly keyWords: number;
  /** The first word of the index. */
  readonly indexWord: number;
  /** The first word of the keys. */
  readonly keysWord: number;
  /** Words from one key to the next. */
  readonly keyStride: number;
  /** Where the rows begin, in bytes. */
  readonly rowsOffset: number;
  /** Whether each row has its own writer. */
  readonly isShared: boolean;
}

/** The first word of a row's key. */
export function keyAt({ keysWord, keyStride }: KeyedGeometry, row: number): number {
  return keysWord + row * keyStride;
}
