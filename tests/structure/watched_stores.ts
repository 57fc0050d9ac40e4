import { wordAccess } from "../../lib/atomic/internal.ts";
import type { WordAccess } from "../../lib/atomic/internal.ts";

/** Memory whose every store is announced, plain ones included. */
export interface WatchedMemory {
  readonly words: WordAccess;
  readonly doubles: Float64Array;
}

class Death extends Error {}

/**
 * Memory as a hot path's maker is given it, of which each store calls a function first: there a process may die. What
 * moves several doubles at once moves them one by one.
 */
export function watchStores(words: Int32Array, doubles: Float64Array, before: () => void): WatchedMemory {
  const access = wordAccess(words);
  const after = (write: (index: number, value: number) => void) => (index: number, value: number): void => {
    before();
    write(index, value);
  };
  const put = (index: number, value: number): void => {
    before();
    doubles[index] = value;
  };
  const copyWithin = (to: number, from: number, end: number): void => {
    const count = end - from;
    for (let i = 0; i < count; i++) {
      const at = to < from ? i : count - 1 - i;
      put(to + at, doubles[from + at]);
    }
  };
  return {
    words: {
      ...access,
      poke: after(access.poke),
      store: after(access.store),
      release: after(access.release),
      publish: after(access.publish),
      compareExchange(index, expected, replacement) {
        before();
        return access.compareExchange(index, expected, replacement);
      },
    },
    doubles: new Proxy(doubles, {
      get: (target, key) => key === "copyWithin" ? copyWithin : Reflect.get(target, key, target),
      set(_, key, value) {
        put(Number(key), value);
        return true;
      },
    }),
  };
}

/** Runs something that dies before its n-th store, counted from 1. Returns whether it did. */
export function diesBeforeStore(step: number, run: (before: () => void) => void): boolean {
  let stores = 0;
  try {
    run(() => {
      if (++stores === step) throw new Death();
    });
    return false;
  } catch (error) {
    if (error instanceof Death) return true;
    throw error;
  }
}
