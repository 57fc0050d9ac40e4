/**
 * Variants of the channels that are known to be wrong: see `variants.ts`.
 *
 * @module
 */
import type { Variant } from "./variants.ts";

function variant(
  title: string,
  file: string,
  scenario: string,
  ...patches: (readonly [file: string, from: string, to: string])[]
): Variant {
  return {
    title,
    file,
    scenario,
    patches: patches.map(([file, from, to]) => ({ file: `lib/channel/${file}.ts`, from, to })),
  };
}

const RING = "SpscRing: three records", QUEUE = "MpmcQueue: ", TABLE = "LatestTable: one writes";
const STREAM = "Broadcast: five records",
  LINE = "Pipeline: three records",
  BYTES = "ByteRing: six messages",
  MANY = "ByteRing: two of many producers try to publish one, one";

/** What is returned must be visible where sleepers do not fence: histories in sequential memory do not show this. */
const UNFENCED = ([
  ["SpscRing: one tries to push one into a full", "spsc_ring", "spsc_ring/spsc_consumer", "words"],
  ["MpmcQueue: one tries to push one into an empty", "mpmc_queue", "mpmc_queue/mpmc_producer", "words"],
  ["Broadcast: a history", "channel_histories", "broadcast/broadcast_writer", "words"],
  ["LatestTable: a history", "channel_histories", "latest_table/latest_table_writer", "i32"],
  ["Pipeline: a history", "channel_histories", "pipeline/pipeline_writer", "words"],
  ["ByteRing: a history", "channel_histories", "byte_ring/byte_consumer", "words"],
] as const).map(([scenario, file, source, words]) =>
  variant("returns before what it did can be seen", file, scenario, [
    source,
    `isFenced: isFenced(${words})`,
    "isFenced: true",
  ])
);

export const CHANNEL_VARIANTS: readonly Variant[] = [
  ...UNFENCED,

  variant("publishes before it has written", "spsc_ring", RING, [
    "shared/producer_path",
    "    copyFrom(isView(value) ? value : draft()); // throws if the view's own memory was closed: nothing is claimed then\n    next = (next + 1) | 0;\n    publish();",
    "    next = (next + 1) | 0;\n    publish();\n    copyFrom(isView(value) ? value : draft());",
  ]),
  variant("frees before it has read", "spsc_ring", RING, [
    "shared/consumer_path",
    "    copyTo(into);\n    position = (position + 1) | 0;\n    free(position);",
    "    position = (position + 1) | 0;\n    free(position);\n    copyTo(into);",
  ]),
  variant("claims one record more than there is space for", "spsc_ring", RING, [
    "spsc_ring/spsc_producer",
    "findSpace: () => (load(words, HEAD_OFFSET / 4) + capacity) | 0",
    "findSpace: () => (load(words, HEAD_OFFSET / 4) + capacity + 1) | 0",
  ]),
  variant("publishing wakes nobody", "spsc_ring", RING, [
    "shared/producer_path",
    "    if ((event & asleep) !== 0) wake();\n",
    "",
  ]),
  variant("checks for sleepers before it publishes", "spsc_ring", RING, [
    "shared/producer_path",
    "    publishWord(tailWord, next); // pairs: ring tail\n    const event = loadBehindStore(publishedWord);",
    "    const event = loadBehindStore(publishedWord);\n    publishWord(tailWord, next);",
  ]),
  variant("a waiter checks before it registers", "spsc_ring", RING, [
    "shared/waiter",
    "      const seen = event.snapshot(); // pairs: event count\n      if (isReady()) return true;",
    "      if (isReady()) return true;\n      const seen = event.snapshot();",
  ]),
  variant(
    "publishes without a fence where sleepers do not fence",
    "spsc_ring",
    RING,
    [
      "spsc_ring/spsc_producer",
      "words: wordAccess(words, { isFenced: isFenced(words) }),",
      "words: wordAccess(words, { isFenced: true }),",
    ],
    ["spsc_ring/spsc_producer", "import { isFenced, load, ", "import { load, "],
    [
      "shared/waiter",
      "event.now() + event.recheckMs",
      "event.now() + 50",
    ],
  ),
  variant("the next consumer begins after the published records", "spsc_ring", RING, [
    "spsc_ring/spsc_consumer",
    "start: load(words, HEAD_OFFSET / 4),",
    "start: load(words, TAIL_OFFSET / 4),",
  ]),

  variant("publishes before it has written", "mpmc_queue", `${QUEUE}one pushes two, one shifts two`, [
    "mpmc_queue/producer_path",
    "const found = compareExchange(tailWord, position, to); // pairs: queue tail",
    "const found = compareExchange(tailWord, position, to);\n        release(slotOf(position), ((position & lapMask) + full) | 0);",
  ]),
  variant(
    "takes a record with a store where an exchange is needed",
    "mpmc_queue",
    `${QUEUE}one pushes two, two shift`,
    [
      "mpmc_queue/consumer_path",
      "const found = compareExchange(headWord, first, to); // pairs: queue head",
      "const found = load(headWord);\n        release(headWord, to);",
    ],
  ),
  variant("claims with a store where an exchange is needed", "mpmc_queue", `${QUEUE}two push, one shifts both`, [
    "mpmc_queue/producer_path",
    "const found = compareExchange(tailWord, position, to); // pairs: queue tail",
    "const found = load(tailWord);\n        release(tailWord, to);",
  ]),
  variant("waits for the claim of a dead producer", "mpmc_queue", `${QUEUE}two push, one shifts one`, [
    "mpmc_queue/consumer_path",
    "(state === free && settleDeath(at))",
    "(state === free && false)",
  ]),
  variant("freeing wakes nobody", "mpmc_queue", `${QUEUE}three records through two`, [
    "mpmc_queue/consumer_path",
    "    if ((load(freedWord) & asleep) !== 0) wake(); // pairs: event count, Dekker's way\n",
    "",
  ]),
  variant("names its claim only after claiming", "mpmc_queue", `${QUEUE}two push, one shifts both`, [
    "mpmc_queue/producer_path",
    "        release(nameFirstWord, first); // pairs: names in cells\n        release(nameCountWord, (to - first) | 0); // pairs: names in cells\n        const found = compareExchange(tailWord, position, to); // pairs: queue tail",
    "        const found = compareExchange(tailWord, position, to);\n        release(nameFirstWord, first);\n        release(nameCountWord, (to - first) | 0);",
  ]),

  variant("the claim of a stopped producer is given up", "mpmc_queue", `${QUEUE}one tries to push one into an`, [
    "mpmc_queue/queue_cells",
    "if (holder !== NOBODY && party.isAlive(holder)) return true;",
    "if (holder === -1) return true;",
  ]),

  variant("returns a copy without checking it again", "broadcast", STREAM, [
    "broadcast/reader_path",
    "const wasWhole = (from: number): boolean => ((load",
    "const wasWhole = (from: number): boolean => true || ((load",
  ]),
  variant("publishes before it has written", "broadcast", STREAM, [
    "broadcast/writer_path",
    "      copy(value);\n      next = (next + 1) | 0;\n      publish();",
    "      next = (next + 1) | 0;\n      publish();\n      copy(value);",
  ]),
  variant("one of many writers does not wait for its turn", "broadcast", "Broadcast: two of many", [
    "broadcast/broadcast_writer",
    "    this.#lock.lock();\n    this.#isOurs = true;",
    "    this.#isOurs = this.#lock.tryLock();",
  ]),
  variant("has no spare slots", "broadcast", STREAM, [
    "broadcast/geometry",
    "reach: slots - batch,",
    "reach: slots,",
  ]),
  variant("publishing wakes nobody", "broadcast", STREAM, [
    "broadcast/writer_path",
    "    if ((load(publishedWord) & asleep) !== 0) wake(); // pairs: event count, Dekker's way\n",
    "",
  ]),

  variant("returns a copy without checking it again", "latest_table", TABLE, [
    "latest_table/reader_path",
    "    return ((load(at) - version) >>> 0) < versionMask ||",
    "    return true ||",
  ]),
  variant("publishes before it has written", "latest_table", TABLE, [
    "latest_table/writer_path",
    "      copyFrom(isCopied ? value : draft());\n      writes++;\n      retire(); // what was begun is no longer the caller's to write\n      publish(at, row);",
    "      publish(at, row);\n      copyFrom(isCopied ? value : draft());\n      writes++;\n      retire();",
  ]),
  variant("accepts a copy that is a whole lap old", "latest_table", TABLE, [
    "latest_table/reader_path",
    "    return ((load(at) - version) >>> 0) < versionMask ||",
    "    return ((load(at) - version) >>> 0) <= versionMask ||",
  ]),
  variant("on arm64, a reader's first load is plain", "latest_table", TABLE, [
    "latest_table/reader_path",
    "isOrdered ? peek(at) : load(at)",
    "peek(at)",
  ]),

  variant("the second reader does not wait for the first", "pipeline", LINE, [
    "pipeline/records_path",
    "      if (left >= found) continue;",
    "      if (found > 0) continue;",
  ]),
  variant("the writer does not wait for readers", "pipeline", LINE, [
    "pipeline/space_path",
    "      if (left >= space) continue;",
    "      if (space > 0) continue;",
  ]),

  variant("claims more than there is room for", "byte_ring", BYTES, [
    "byte_ring/one_producer_path",
    "roomEnd = (load(headWord) + capacity) | 0;",
    "roomEnd = (load(headWord) + capacity + 8) | 0;",
  ]),
  variant("publishing wakes nobody", "byte_ring", BYTES, [
    "byte_ring/one_producer_path",
    "    if ((event & asleep) !== 0) wake();\n",
    "",
  ]),
  variant("freeing wakes nobody", "byte_ring", BYTES, [
    "byte_ring/consumer_path",
    "    if ((event & asleep) !== 0) wake();\n",
    "",
  ]),
  variant("claims while another producer is stopped inside its claim", "byte_ring", MANY, [
    "byte_ring/claim_lock",
    "        if (party.isAlive(holder)) continue;\n",
    "",
  ]),
  variant("waits for a producer that is stopped inside its claim", "byte_ring", MANY, [
    "byte_ring/claim_lock",
    "sleeps < SLEEPS;",
    "sleeps >= 0;",
  ]),
  variant("waits for the claim of a dead producer", "byte_ring", "ByteRing: two produce one each, and one", [
    "byte_ring/consumer_path",
    "if (!isDead(at, peekRecord(index + claimerWord), isWaiting)) return 0;",
    "if (!isDead(at, peekRecord(index + claimerWord), isWaiting) || true) return 0;",
  ]),
];
