import { compareExchange, load, release, store } from "../../../lib/atomic/mod.ts";
import { History, type Specification } from "../../../support/explorer/inside/history.ts";
import { type Scenario, words } from "../../../support/explorer/inside/scenario.ts";

type Write = (words: Int32Array, index: number, value: number) => void;

function history(title: string, start: Scenario["start"]): Scenario {
  return { part: "history", title, settings: [], start };
}

/** What was written last is read. */
const register: Specification<number> = {
  initial: 0,
  apply(value, { name, args, result }) {
    if (name === "write") return args[0] as number;
    return result === value ? value : undefined;
  },
};

/** One writes a word twice, and both read it. */
function writing(title: string, write: Write, late: readonly string[]): Scenario {
  return history(title, () => {
    const word = words(1, "word"), calls = new History(register, late);
    const read = () => void calls.call("read", [], () => load(word, 0));
    return {
      actors: {
        ann() {
          for (let value = 1; value <= 2; value++) calls.call("write", [value], () => write(word, 0, value));
          read();
        },
        bob() {
          read();
          read();
        },
      },
    };
  });
}

const REFUSED = -1;

/** Records in order: the owner takes from their end, a thief from their beginning; 0 where there is none. */
const deque: Specification<readonly number[]> = {
  initial: [1, 2],
  apply(records, { name, result }) {
    if (result === REFUSED) return records;
    if (name === "take") return result === (records.at(-1) ?? 0) ? records.slice(0, -1) : undefined;
    return result === (records[0] ?? 0) ? records.slice(1) : undefined;
  },
};

const TOP = 0, BOTTOM = 1;

/** The deque of D. Chase and Y. Lev: the owner claims a record by a store, and must see whether a thief was first. */
function stealing(title: string, claim: Write): Scenario {
  return history(title, () => {
    const ends = words(2, "ends"), calls = new History(deque, ["take", "steal"]);
    ends[BOTTOM] = 2;
    const take = (): number => {
      const last = load(ends, BOTTOM) - 1;
      claim(ends, BOTTOM, last);
      const first = load(ends, TOP);
      if (first < last) return last + 1;
      const isOurs = first === last && compareExchange(ends, TOP, first, first + 1) === first;
      release(ends, BOTTOM, last + 1);
      return isOurs ? last + 1 : 0;
    };
    const steal = (): number => {
      const first = load(ends, TOP);
      if (first >= load(ends, BOTTOM)) return 0;
      return compareExchange(ends, TOP, first, first + 1) === first ? first + 1 : REFUSED;
    };
    return {
      actors: {
        ann: () => void calls.call("take", [], take),
        bob() {
          calls.call("steal", [], steal);
          calls.call("steal", [], steal);
        },
      },
    };
  });
}

export const scenarios: readonly Scenario[] = [
  writing("a fence, never late", store, []),
  writing("no fence, never late", release, []),
  writing("no fence, late", release, ["write"]),
  stealing("a deque whose owner fences", store),
  stealing("a deque whose owner does not fence", release),
];
