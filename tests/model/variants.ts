/**
 * Variants of the source that are known to be wrong. The suite must find each of them, with the settings that it
 * explores the scenarios with anyway: a search that finds nothing proves nothing.
 *
 * @module
 */
import type { Patch } from "../../support/explorer/program_files.ts";

/** A variant, and the scenario that shows it. */
export interface Variant {
  /** What is wrong with it. */
  readonly title: string;
  /** The file of `scenarios/` that finds it. */
  readonly file: string;
  /** The scenario there: `part: title`, or its beginning. */
  readonly scenario: string;
  readonly patches: readonly Patch[];
}

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
    patches: patches.map(([file, from, to]) => ({ file: `lib/sync/${file}.ts`, from, to })),
  };
}

const OWNED = "shared/owned_word", SWAP = "this.#change(word, this.#id | MARK)";

const SNAPSHOT = "const seen = changed.snapshot();", ATTEMPT = "if (attempt(isLifeCheck)) return true;";
/** A sleeper registers only after it has checked. */
const ATTEMPT_FIRST = [
  "shared/lock_header",
  `${SNAPSHOT} // before the attempt, so that no change is missed\n        ${ATTEMPT}`,
  `${ATTEMPT}\n        ${SNAPSHOT}`,
] as const;

export const VARIANTS: readonly Variant[] = [
  variant("unlocking wakes nobody", "exclusion", "Mutex: two lock twice", [
    OWNED,
    "if (!isMarked(exchange(this.#words, LOCK_WORD, FREE))) return;",
    "exchange(this.#words, LOCK_WORD, FREE);\n    return;",
  ]),
  variant("a woken waiter forgets that others may sleep", "exclusion", "Mutex: three lock once", [
    OWNED,
    "this.#change(FREE, this.#id | MARK)",
    "this.#change(FREE, this.#id)",
  ]),
  variant("a waiter sleeps without marking the lock", "exclusion", "Mutex: two lock twice", [
    OWNED,
    "if (!isMarked(word) && !this.#change(word, word | MARK)) continue;",
    "",
  ], [OWNED, "this.sleepWhile(word | MARK, limit)", "this.sleepWhile(word, limit)"]),
  variant("takes over from a live owner after a time", "exclusion", "Mutex: two lock twice", [
    OWNED,
    "ownerOf(word) === this.#id || this.#header.party.isAlive(ownerOf(word))",
    "ownerOf(word) === this.#id",
  ]),
  variant("a takeover is not reported", "exclusion", "Mutex: two lock twice", [
    OWNED,
    "store(this.#words, DIED_WORD, 1);",
    "",
  ]),
  variant("takes over with a store where an exchange is needed", "exclusion", "Mutex: three lock once", [
    OWNED,
    `if (!${SWAP}) return false;`,
    "store(this.#words, LOCK_WORD, this.#id | MARK);",
  ]),
  variant("reports the death before it has taken over", "exclusion", "Mutex: three lock once", [
    OWNED,
    `if (!${SWAP}) return false;\n    store(this.#words, DIED_WORD, 1);`,
    `store(this.#words, DIED_WORD, 1);\n    if (!${SWAP}) return false;`,
  ]),
  variant("a broken mutex becomes free", "mutex", "Mutex: an owner dies", [
    OWNED,
    "exchange(this.#words, LOCK_WORD, BROKEN);",
    "exchange(this.#words, LOCK_WORD, FREE);",
  ]),
  variant("takes a free lock with a store where an exchange is needed", "exclusion", "SpinLock: two lock twice", [
    OWNED,
    "  takeFree(): boolean {\n    return ",
    "  takeFree(): boolean {\n    store(this.#words, LOCK_WORD, this.#id);\n    return true || ",
  ]),

  variant("the snapshot does not register", "event_count", "EventCount: one waits twice", [
    "event_count",
    "or(this.#words, this.#index, ASLEEP) | ASLEEP",
    "load(this.#words, this.#index)",
  ]),
  variant("no fence for what is published", "event_count", "EventCount: one waits twice for a published value", [
    "event_count",
    "if (this.#isPublished) this.#isFenced = fence(this.#words);",
    "",
  ]),
  variant("does not wake a waiter that fell asleep meanwhile", "event_count", "EventCount: one waits twice", [
    "event_count",
    "if (compareExchange(this.#words, this.#index, next, next & ~ASLEEP) === next) this.#futex.wakeAll();",
    "compareExchange(this.#words, this.#index, next, next & ~ASLEEP);",
  ]),
  variant("forgets a waiter that registered meanwhile", "event_count", "EventCount: one waits twice", [
    "event_count",
    "if (compareExchange(this.#words, this.#index, next, next & ~ASLEEP) === next) this.#futex.wakeAll();",
    "and(this.#words, this.#index, ~ASLEEP);",
  ], ["event_count", "import { compareExchange, ", "import { and, compareExchange, "]),
  variant("waking one waiter forgets the others", "event_count", "EventCount: two wait, woken one", [
    "event_count",
    "(word + ONE) | ASLEEP :",
    "(word + ONE) & ~ASLEEP :",
  ]),

  variant("a reader checks for a writer before it registers", "rw_lock", "RwLock: a writer and a reader", [
    "rw_lock",
    "if (compareExchange(words, cell, id, id | INSIDE) !== id) return this.#enterAgain();\n    if (load(words, LOCK_WORD) !== FREE) return this.#withdraw();",
    "const isFree = load(words, LOCK_WORD) === FREE;\n    if (compareExchange(words, cell, id, id | INSIDE) !== id) return this.#enterAgain();\n    if (!isFree) return this.#withdraw();",
  ]),
  variant("the last reader wakes no writer", "rw_lock", "RwLock: a writer and a reader", [
    "rw_lock",
    "if (load(words, LOCK_WORD) !== FREE) this.#readers.notifyWriter();",
    "",
  ]),
  variant(
    "a leaving reader checks for a writer before it clears its cell",
    "rw_lock",
    "RwLock: a writer and a reader",
    [
      "rw_lock",
      "store(words, cell, id); // pairs: cell holder; the writer",
      "const word = load(words, LOCK_WORD);\n    store(words, cell, id); // pairs: cell holder; the writer",
    ],
    [
      "rw_lock",
      "if (load(words, LOCK_WORD) !== FREE) this.#readers.notifyWriter();",
      "if (word !== FREE) this.#readers.notifyWriter();",
    ],
  ),
  variant(
    "a writer checks the readers before it registers",
    "rw_lock",
    "RwLock: a writer and a reader",
    ATTEMPT_FIRST,
  ),
  variant("an unlocking writer wakes no reader", "rw_lock", "RwLock: a writer and a reader", [
    OWNED,
    "if (this.#wakesAll) this.#futex.wakeAll();",
    "if (this.#wakesAll) return;",
  ]),
  variant("an unlocking writer wakes one of two readers", "rw_lock", "RwLock: a writer and two readers", [
    OWNED,
    "if (this.#wakesAll) this.#futex.wakeAll();",
    "if (this.#wakesAll) this.#futex.wakeOne();",
  ]),
  variant("a refused reader wakes no writer", "rw_lock", "RwLock: a writer and a reader", [
    "rw_lock",
    "// pairs: cell holder\n    this.#readers.notifyWriter();\n    return false;",
    "// pairs: cell holder\n    return false;",
  ]),

  variant("a reader registers with a plain store", "histories", "RwLock: a history", [
    "rw_lock",
    "if (compareExchange(words, cell, id, id | INSIDE) !== id) return this.#enterAgain();",
    "if (load(words, cell) !== id) return this.#enterAgain();\n    words[cell] = id | INSIDE;",
  ]),

  variant("passes the turn on before it frees the lock", "exclusion", "TicketLock: two lock twice", [
    "ticket_lock",
    "    words[LOCK_WORD] = FREE;\n    release(words, SERVING_WORD, (serving + 1) | 0);",
    "    release(words, SERVING_WORD, (serving + 1) | 0);\n    words[LOCK_WORD] = FREE;",
  ]),
  variant("clears its ticket before it passes the turn on", "exclusion", "TicketLock: two lock twice", [
    "ticket_lock",
    "    release(words, SERVING_WORD, (serving + 1) | 0); // pairs: ticket turn\n",
    "    store(words, state, NONE);\n    release(words, SERVING_WORD, (serving + 1) | 0);\n",
  ]),
  variant("abandons its ticket without passing over it", "exclusion", "TicketLock: one unlocks, one waits, one waits", [
    "ticket_lock",
    "    this.#turns.passOver();\n    return false;",
    "    return false;",
  ]),
  variant("passes over a ticket that is about to be drawn", "exclusion", "TicketLock: two lock twice", [
    "ticket_turns",
    "(load(words, word + TICKET) - first) | 0 : 0;",
    "(load(words, word + TICKET) - first) | 0 : unheld;",
  ]),
  variant("draws a ticket without announcing it", "exclusion", "TicketLock: three lock once", [
    "ticket_holder",
    "store(words, state, TAKING); // pairs: ticket holder\n    const ticket",
    "const ticket",
  ]),
  variant("passing the turn on wakes nobody", "exclusion", "TicketLock: two lock twice", [
    "ticket_lock",
    "before the check for sleepers\n    this.#passed.notifyAll();",
    "before the check for sleepers",
  ]),

  variant("checks for a permit before it registers", "semaphore", "Semaphore: three share two permits", ATTEMPT_FIRST),
  variant(
    "takes a permit with a store where an exchange is needed",
    "semaphore",
    "Semaphore: three share two permits",
    [
      "semaphore",
      "if (compareExchange(this.#words, permit, from, to) !== from) return false;",
      "if (load(this.#words, permit) !== from) return false;\n    store(this.#words, permit, to);",
    ],
    [
      "semaphore",
      "import { Backoff, compareExchange, load, peek }",
      "import { Backoff, compareExchange, load, peek, store }",
    ],
  ),
  variant("wakes a waiter before the permit is returned", "semaphore", "Semaphore: three share two permits", [
    "semaphore",
    "    if (compareExchange(this.#words, this.#last, this.#id, FREE) !== this.#id) this.#releaseAnother();\n    this.#returned.notifyOne();",
    "    this.#returned.notifyOne();\n    if (compareExchange(this.#words, this.#last, this.#id, FREE) !== this.#id) this.#releaseAnother();",
  ]),

  variant("registers after it has unlocked the mutex", "condition", "Condition: one waits for one item", [
    "condition",
    "changes the count afterwards.\n    const seen = this.#signalled.snapshot();\n",
    "changes the count afterwards.\n",
  ], [
    "condition",
    "      mutex.unlock();\n",
    "      mutex.unlock();\n      const seen = this.#signalled.snapshot();\n",
  ]),

  variant("each check forgets earlier signals", "condition", "Condition: one waits for one item", [
    "condition",
    "if (this.#signalled.wait(seen, until)) return true;",
    "if (this.#signalled.wait(this.#signalled.snapshot(), until)) return true;",
  ]),

  variant("wakes waiters before the event is set", "event", "Event: two wait until it is set", [
    "event",
    "    exchange(this.#words, STATE_WORD, SET); // pairs: event state; what was written before is seen\n    if (this.autoReset) this.#wasSet.notifyOne();\n    else this.#wasSet.notifyAll();",
    "    if (this.autoReset) this.#wasSet.notifyOne();\n    else this.#wasSet.notifyAll();\n    exchange(this.#words, STATE_WORD, SET);",
  ]),
  variant("resets with a store where an exchange is needed", "event", "Event: one waits with a timeout", [
    "event",
    "return compareExchange(this.#words, STATE_WORD, SET, UNSET) === SET;",
    "return load(this.#words, STATE_WORD) === SET && exchange(this.#words, STATE_WORD, UNSET) < 2;",
  ]),

  variant(
    "checks the others before it has arrived",
    "barrier",
    "Barrier: two meet twice",
    [
      "barrier",
      "store(words, this.#cell + ARRIVED, arrivalIn(round)); // pairs: barrier arrival; the last",
      "this.#endRound(round);\n    words[this.#cell + ARRIVED] = arrivalIn(round); // pairs: barrier arrival; the last",
    ],
    ["barrier", "if (!this.#endRound(round) && !this.#spin(round)", "if (!this.#spin(round)"],
    [
      "barrier",
      "if (this.#endRound(round)) return true;\n      if (isLifeCheck)",
      "if (load(this.#words, ROUND_WORD) !== round) return true;\n      if (isLifeCheck)",
    ],
  ),
  variant("the end of a round wakes nobody", "barrier", "Barrier: two meet twice", [
    "barrier",
    "=== round) this.#ended.notifyAll();",
    "=== round);",
  ]),

  variant("done before the function has run", "once", "Once: two run the function", [
    "once",
    "    let next = FREE;\n    try {\n      requireDone(",
    "    let next = FREE;\n    exchange(this.#words, LOCK_WORD, DONE);\n    try {\n      requireDone(",
  ]),
  variant("the end of a run wakes nobody", "once", "Once: two run the function", [
    "once",
    "    this.#changed.notifyAll();\n",
    "",
  ]),

  variant("does not check the sequence again after reading", "seq_lock", "SeqLock: one writes, one tries", [
    "seq_lock",
    "return this.validate(sequence) ? result : undefined;",
    "return result;",
  ]),
  variant("the sequence does not show a write in progress", "seq_lock", "SeqLock: one writes twice, one reads twice", [
    "seq_lock_writer",
    "store(this.#words, SEQUENCE_WORD, sequence | WRITING);",
    "",
  ], ["seq_lock_writer", "(peek(this.#words, SEQUENCE_WORD) + 1) | 0", "(peek(this.#words, SEQUENCE_WORD) + 2) | 0"]),
  variant("on arm64, copies as on x86-64", "seq_lock", "SeqLock: one writes once, one reads once", [
    "seq_lock",
    "return new SeqLock(region, hasTotalStoreOrder() && !region.readOnly, layoutOf(options));",
    "return new SeqLock(region, true, layoutOf(options));",
  ]),
  variant("on arm64, reads plainly", "seq_lock", "SeqLock: one writes once, one reads once", [
    "seq_lock_reader",
    "copyWords(this.#shared, this.#seen, load)",
    "copyWords(this.#shared, this.#seen, peek)",
  ], ["seq_lock_reader", "import { Backoff, load, ", "import { Backoff, load, peek, "]),
  variant("on arm64, writes plainly", "seq_lock", "SeqLock: one writes once, one reads once", [
    "seq_lock_reader",
    "store(to.i32, i, read(from.i32, i));",
    "to.i32[i] = read(from.i32, i);",
  ]),

  {
    title: "takes a role with a store where an exchange is needed",
    file: "role",
    scenario: "Role: one releases it",
    patches: [{
      file: "lib/memory/role.ts",
      from: "if (compareExchange(words, this.#word, holder, party.id) === holder) return holder;",
      to: "words[this.#word] = party.id;\n      return holder;",
    }],
  },
  {
    title: "a role that was not released is free",
    file: "role",
    scenario: "Role: one releases it",
    patches: [{
      file: "lib/memory/role.ts",
      from: "if (holder !== 0 && party.isAlive(holder)) {",
      to: "if (holder === -1) {",
    }],
  },
];
