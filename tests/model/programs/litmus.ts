import { exchange, load, peek, release, store } from "../../../lib/atomic/mod.ts";
import { type Scenario, words } from "../../../support/explorer/inside/scenario.ts";

/** What the actors of each litmus test read, over all schedules: by its title. */
export const observed: Record<string, Set<string>> = {};

type Write = (words: Int32Array, index: number, value: number) => void;
type Read = (words: Int32Array, index: number) => number;

const put: Write = (words, index, value) => {
  words[index] = value;
};
const X = 0, Y = 1;

function litmus(title: string, act: (shared: Int32Array, result: number[]) => Record<string, () => void>): Scenario {
  return {
    part: "litmus",
    title,
    settings: [],
    start() {
      const shared = words(2, "shared"), result: number[] = [];
      return {
        actors: act(shared, result),
        check() {
          (observed[title] ??= new Set()).add(result.join(""));
        },
      };
    },
  };
}

/** Each writes one word and reads the other: may both miss what the other wrote? */
function storeBuffering(title: string, write: Write, read: Read): Scenario {
  return litmus(title, (shared, result) => ({
    ann() {
      write(shared, X, 1);
      result[0] = read(shared, Y);
    },
    bob() {
      write(shared, Y, 1);
      result[1] = read(shared, X);
    },
  }));
}

/** One writes two words, the other reads them the other way round: may it see the second and miss the first? */
function messagePassing(title: string, write: Write, publish: Write, look: Read, read: Read): Scenario {
  return litmus(title, (shared, result) => ({
    ann() {
      write(shared, X, 1);
      publish(shared, Y, 1);
    },
    bob() {
      result[0] = look(shared, Y);
      result[1] = read(shared, X);
    },
  }));
}

/** Two write a word each, two read both in opposite orders: may these disagree about which came first? */
const independentReads = litmus("independent reads", (shared, result) => ({
  ann: () => release(shared, X, 1),
  bob: () => release(shared, Y, 1),
  cyd() {
    result[0] = load(shared, X);
    result[1] = load(shared, Y);
  },
  dan() {
    result[2] = load(shared, Y);
    result[3] = load(shared, X);
  },
}));

/** One word is read twice: may it go back? */
const oneWord = litmus("one word", (shared, result) => ({
  ann() {
    put(shared, X, 1);
    put(shared, X, 2);
  },
  bob() {
    result[0] = peek(shared, X);
    result[1] = peek(shared, X);
  },
}));

/** One writes plainly and then locks a word; who sees that sees all. */
const locking = messagePassing("message passing by an exchange", put, exchange, load, peek);

export const scenarios: readonly Scenario[] = [
  storeBuffering("store buffering, plain", put, peek),
  storeBuffering("store buffering, release and load", release, load),
  storeBuffering("store buffering, store and load", store, load),
  messagePassing("message passing, plain", put, put, peek, peek),
  messagePassing("message passing, release and load", put, release, load, peek),
  messagePassing("message passing, release and plain look", put, release, peek, peek),
  // Read plainly before the look that is to confirm it: what a seqlock must not do where loads pass each other.
  messagePassing("message passing, plain read before a load", put, release, peek, load),
  independentReads,
  oneWord,
  locking,
];
