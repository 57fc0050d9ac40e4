import { exchange, load, or, peek, release, store } from "../../../lib/atomic/mod.ts";
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
      const shared = words(4, "shared"), result: number[] = [];
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
function messagePassing(title: string, write: Write, publish: Write, first: Read, second: Read): Scenario {
  return litmus(title, (shared, result) => ({
    ann() {
      write(shared, X, 1);
      publish(shared, Y, 1);
    },
    bob() {
      result[0] = first(shared, Y);
      result[1] = second(shared, X);
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

/** The library's `load` for arm64, step by step; each reader has its own word for it. */
const loadAndFence: Read = (words, index) => {
  load(words, index + 2);
  const value = peek(words, index);
  release(words, index + 2, 0);
  load(words, index + 2);
  return value;
};

/** An exchange of two instructions is no fence: neither after a plain load, nor before one. */
const loadAndExchange: Read = (words, index) => {
  const value = peek(words, index);
  or(words, index + 2, 0);
  return value;
};
const exchangeAndLoad: Read = (words, index) => {
  or(words, index + 2, 0);
  return peek(words, index);
};

/** One writes plainly and then exchanges a word; a reader of that word sees both writes. */
const locking = messagePassing("message passing by an exchange", put, exchange, load, peek);

export const scenarios: readonly Scenario[] = [
  storeBuffering("store buffering, plain", put, peek),
  storeBuffering("store buffering, release and load", release, load),
  storeBuffering("store buffering, store and load", store, load),
  messagePassing("message passing, plain", put, put, peek, peek),
  messagePassing("message passing, release and load", put, release, load, peek),
  messagePassing("message passing, release and peek", put, release, peek, peek),
  // A plain read before the load that is to confirm it: what a seqlock must not do where loads pass each other.
  messagePassing("message passing, plain read before a load", put, release, peek, load),
  independentReads,
  oneWord,
  locking,
  // Accesses after an exchange wait for its load, but not for its store.
  storeBuffering("store buffering, exchange and peek", exchange, peek),
  storeBuffering("store buffering, exchange and load", exchange, load),
  messagePassing("message passing, an exchange before a plain store", exchange, put, load, load),
  messagePassing("message passing, an exchange before a release", exchange, release, load, peek),
  storeBuffering("store buffering, store and the library's load", store, loadAndFence),
  storeBuffering("store buffering, plain, with an exchange between", put, exchangeAndLoad),
  storeBuffering("store buffering, store and a load before an exchange", store, loadAndExchange),
  messagePassing("message passing, release and the library's load", put, release, loadAndFence, peek),
  messagePassing("message passing, release and a load before an exchange", put, release, loadAndExchange, peek),
];
