import type { Region } from "../../memory/mod.ts";
import { type AsyncWaitOptions, EventCount } from "../../sync/mod.ts";
import { AsyncRecords } from "../shared/async_records.ts";
import { Waiter } from "../shared/waiter.ts";
import type { RoleOptions } from "../shared/wait_strategy.ts";
import { CHANGED_EVENT_OFFSET } from "./format.ts";

/** Which rows `changedRows` finds, and how long it waits for them. */
export interface ChangedRowsOptions extends AsyncWaitOptions, Pick<RoleOptions, "pollMs"> {
  /** The count of changes from which to begin. Defaults to now. */
  readonly from?: number;
}

/**
 * The rows of a table as they change, for `for await`.
 *
 * @param region Where the table lies.
 * @param from The count of changes from which to begin.
 * @param changedSince Finds the rows that changed since a count, and returns the count to continue from.
 * @param options How long to wait.
 */
export function changedRowsOf(
  { name, readOnly, source }: Region,
  from: number,
  changedSince: (since: number, fn: (row: number) => void) => number,
  options: Omit<ChangedRowsOptions, "from">,
): AsyncIterableIterator<number, undefined> {
  // An attachment that may not write cannot announce that it sleeps.
  const changed = readOnly ? undefined : new EventCount(source.i32, CHANGED_EVENT_OFFSET / 4, true);
  const waiter = new Waiter(`a change of ${name}`, options, changed), found: number[] = [];
  let since = from, next = 0;
  const take = (): number | undefined => {
    if (next === found.length) {
      found.length = next = 0;
      since = changedSince(since, (row) => found.push(row));
    }
    return next < found.length ? found[next++] : undefined;
  };
  return new AsyncRecords({ take, release() {}, waiter }, options);
}
