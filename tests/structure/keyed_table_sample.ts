import { chars, f64, type KeyedTable, type KeyedTableOptions, struct, u32, type ViewOf } from "../../mod.ts";

/** A value from which its key and its number follow, so that one of another key, or a torn one, shows itself. */
export const Sample = struct("Sample", { key: u32, sequence: u32, sum: f64, product: f64, again: u32 });

/** How the shared tables are made. */
export const SMALL: KeyedTableOptions<typeof Sample> = { layout: Sample, key: chars(16), capacity: 24 };

/** A key by its number: some of them share their first word, some do not. */
export function keyOf(number: number): string {
  return number % 2 === 0 ? `key-${number}` : `${number}-${"abcdefgh".slice(0, number % 8)}`;
}

/** The n-th value of a key. */
export function fill(sample: ViewOf<typeof Sample>, number: number, sequence: number): void {
  sample.key = number;
  sample.sequence = sequence;
  sample.sum = number + sequence;
  sample.product = number * sequence;
  sample.again = sequence;
}

/** Whether a value is a whole one of the key. */
export function isOf(sample: ViewOf<typeof Sample>, number: number): boolean {
  const { sequence } = sample;
  return sample.key === number && sample.sum === number + sequence && sample.product === number * sequence &&
    sample.again === sequence;
}

/** What is wrong with a table that has these keys, and may have one more; undefined if nothing. */
export function faultOf(
  table: KeyedTable<typeof Sample>,
  numbers: readonly number[],
  maybe: number,
): string | undefined {
  const sample = Sample.alloc(), keys = new Set(table.keys());
  const isThere = table.has(keyOf(maybe)), rows = new Set<number>();
  for (const number of isThere ? [...numbers, maybe] : numbers) {
    const key = keyOf(number), row = table.rowOf(key);
    if (row < 0) return `${key} is not found`;
    if (table.keyOf(row) !== key || !keys.delete(key)) return `row ${row} is not that of ${key}`;
    if (rows.has(row)) return `row ${row} has two keys`;
    rows.add(row);
    if (number !== maybe && !(table.get(key, sample) && isOf(sample, number))) return `${key} has a wrong value`;
  }
  if (keys.size > 0) return `${[...keys]} should not be there`;
  return undefined;
}
