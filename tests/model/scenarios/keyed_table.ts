import { hasTotalStoreOrder } from "../../../ffi/mod.ts";
import type { Region } from "../../../lib/memory/region.ts";
import {
  BASE_DELTA,
  COUNT_WORD,
  FINISH,
  HEADER_BYTES,
  KEY_DELTA,
  MIX,
  MOVES_WORD,
  PENDING_WORD,
} from "../../../lib/structure/keyed_table/format.ts";
import type { KeyedGeometry } from "../../../lib/structure/keyed_table/places.ts";
import { KeyChanges } from "../../../lib/structure/keyed_table/key_changes.ts";
import { KeyTexts } from "../../../lib/structure/keyed_table/key_texts.ts";
import { type LookupPath, makeLookupPath } from "../../../lib/structure/keyed_table/lookup_path.ts";
import { wordAccess } from "../../../lib/atomic/word_accesses.ts";
import type { AnyStruct } from "../../../lib/layout/mod.ts";
import { must, type Scenario, share } from "../../../support/explorer/inside/scenario.ts";

/** Three integer keys in four slots, without the rows, which are those of a `LatestTable`. */
const CAPACITY = 3, SLOTS = 4;

const geometry: KeyedGeometry = {
  capacity: CAPACITY,
  slotMask: SLOTS - 1,
  isText: false,
  keyBytes: 8,
  keyWords: 2,
  indexWord: HEADER_BYTES / 4,
  keysWord: HEADER_BYTES / 4 + SLOTS,
  keyStride: 8,
  rowsOffset: 0,
  isShared: true,
};

/** The keys of a table: their lookup, and their changes. */
class Keys {
  readonly lookup: LookupPath<AnyStruct>;
  readonly changes: KeyChanges;

  constructor(region: Region) {
    const texts = new KeyTexts(false, 8, 2),
      refuse = (): never => {
        throw new RangeError("refused");
      };
    this.lookup = makeLookupPath<AnyStruct>({
      words: wordAccess(region.views.i32),
      geometry,
      movesWord: MOVES_WORD,
      baseDelta: BASE_DELTA,
      keyDelta: KEY_DELTA,
      versionWord: 0,
      rowWords: 0,
      mix: MIX,
      finish: FINISH,
      scratch: texts.scratch,
      encodeText: () => -1,
      isOrdered: hasTotalStoreOrder(),
      rows: { read: () => false },
      wasWritten: () => false,
      refuseKey: refuse,
      refuseRow: refuse,
      refuseUse: refuse,
    });
    this.changes = new KeyChanges(region, geometry, this.lookup, texts, () => 0);
  }

  add(key: number): void {
    this.changes.add(key);
  }

  remove(key: number): void {
    this.changes.remove(key, () => true);
  }

  has(key: number): boolean {
    return this.lookup.rowOf(key) >= 0;
  }
}

const Table = {
  kind: "Keys",
  byteLength: () => HEADER_BYTES + SLOTS * 4 + CAPACITY * 32,
  init: () => {},
  attach: (region: Region) => new Keys(region),
};

const x86 = { memory: "x86", delays: 2 } as const, arm64 = { memory: "arm64", delays: 2 } as const;

/** Keys that all belong into the same slot of the index, so that each but the first lies behind others. */
function collidingKeys(table: Keys): number[] {
  const keys: number[] = [];
  for (let key = 1; keys.length < CAPACITY + 1; key++) if ((table.lookup.hash(key) & (SLOTS - 1)) === 3) keys.push(key);
  return keys;
}

/** A late attachment finds the table in order, and can use every row. */
function mustBeInOrder(table: Keys, words: Int32Array, there: readonly number[], maybe: readonly number[]): void {
  for (const key of there) must(table.has(key), `${key} is not found`);
  table.remove(999_999); // has no such key, but repairs: an unfinished change of a dead actor is completed or undone
  must(words[PENDING_WORD] === 0, "something is left half done");
  const found = maybe.filter((key) => table.has(key));
  const keys = [...there, ...found], rows = new Set<number>();
  for (const key of keys) rows.add(table.lookup.rowOf(key));
  must(rows.size === keys.length, "two keys have one row");
  must(words[COUNT_WORD] === keys.length, `counted ${words[COUNT_WORD]} of ${keys.length}`);
  for (const key of keys) table.remove(key);
  for (let key = 101; key <= 100 + CAPACITY; key++) table.add(key);
  must(words[COUNT_WORD] === CAPACITY, "a row is lost");
}

interface Plan {
  readonly title: string;
  readonly settings: Scenario["settings"];
  /** How many of the colliding keys the table has at first. */
  readonly there: number;
  /** What each actor does with the keys. */
  readonly actors: Readonly<Record<string, (table: Keys, keys: readonly number[]) => () => void>>;
  /** Which of the keys, by number, are there in the end, and which may be. */
  readonly stay: readonly number[];
  readonly maybe: readonly number[];
}

function scenarioOf({ title, settings, there, actors, stay, maybe }: Plan): Scenario {
  return {
    part: "KeyedTable",
    title,
    settings,
    start() {
      const table = share(Table, {}), prepared = table.as("prepared"), keys = collidingKeys(prepared);
      for (const key of keys.slice(0, there)) prepared.add(key);
      const runs: Record<string, () => void> = {};
      for (const name of Object.keys(actors)) {
        runs[name] = actors[name](table.as(name), keys);
      }
      return {
        actors: runs,
        check({ dead }) {
          const left = dead.length === 0 ? [...stay, ...maybe.filter((i) => i >= there)] : stay;
          const gone = dead.length === 0 ? maybe.filter((i) => i < there) : [];
          const eve = table.as("eve");
          for (const i of gone) must(!eve.has(keys[i]), `${keys[i]} was removed`);
          const open = maybe.filter((i) => !left.includes(i) && !gone.includes(i));
          mustBeInOrder(eve, table.words, left.map((i) => keys[i]), open.map((i) => keys[i]));
        },
      };
    },
  };
}

/** A key that stays is found at any time. */
function findsAlways(which: number, times: number): (table: Keys, keys: readonly number[]) => () => void {
  return (table, keys) => () => {
    for (let i = 0; i < times; i++) must(table.has(keys[which]), `${keys[which]} is not found`);
  };
}

export const scenarios: readonly Scenario[] = [
  scenarioOf({
    title: "one removes the first of three, another looks up the last, whose entry moves",
    settings: [{ preemptions: 3 }, { preemptions: 2, deaths: 1 }, { preemptions: 2, ...x86 }, {
      preemptions: 2,
      ...arm64,
    }],
    there: 3,
    actors: { ann: (table, keys) => () => table.remove(keys[0]), bob: findsAlways(2, 2) },
    stay: [1, 2],
    maybe: [0],
  }),
  scenarioOf({
    title: "one adds a key, another looks it up twice",
    settings: [{ preemptions: 3 }, { preemptions: 2, deaths: 1 }, { preemptions: 2, ...x86 }, {
      preemptions: 2,
      ...arm64,
    }],
    there: 1,
    actors: {
      ann: (table, keys) => () => table.add(keys[1]),
      bob: (table, keys) => () => must(!table.has(keys[1]) || table.has(keys[1]), "a key that was found is gone"),
    },
    stay: [0],
    maybe: [1],
  }),
  scenarioOf({
    title: "two add the same key",
    settings: [{ preemptions: 2 }, { preemptions: 1, deaths: 1 }],
    there: 1,
    actors: { ann: (table, keys) => () => table.add(keys[1]), bob: (table, keys) => () => table.add(keys[1]) },
    stay: [0],
    maybe: [1],
  }),
  scenarioOf({
    title: "one adds a key and one removes another",
    settings: [{ preemptions: 2 }, { preemptions: 1, deaths: 1 }, { preemptions: 0, deaths: 2 }],
    there: 2,
    actors: { ann: (table, keys) => () => table.add(keys[2]), bob: (table, keys) => () => table.remove(keys[0]) },
    stay: [1],
    maybe: [0, 2],
  }),
  scenarioOf({
    title: "one removes the first of two, two look up the last, whose entry moves",
    settings: [{ preemptions: 2 }, { preemptions: 1, deaths: 1 }, { preemptions: 1, ...x86 }],
    there: 2,
    actors: { ann: (table, keys) => () => table.remove(keys[0]), bob: findsAlways(1, 1), cid: findsAlways(1, 1) },
    stay: [1],
    maybe: [0],
  }),
];
