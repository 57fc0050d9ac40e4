import { load } from "../atomic/mod.ts";
import { parseSchema, valuesOf, Views } from "../layout/internal.ts";
import type { DescribePart, Fact, PartContent, PartHolder, Region, SharedType } from "../memory/internal.ts";
import { Barrier } from "./barrier.ts";
import { Condition } from "./condition.ts";
import { Event } from "./event.ts";
import { Mutex } from "./mutex.ts";
import { Once } from "./once.ts";
import { RwLock } from "./rw_lock.ts";
import { COUNT_WORD as RW_COUNT_WORD, USED_WORD as RW_USED_WORD } from "./rw_lock_format.ts";
import { COUNT_WORD as PERMITS_WORD, FIRST_PERMIT, PERMIT_WORDS } from "./semaphore_format.ts";
import { Semaphore } from "./semaphore.ts";
import { SeqLock } from "./seq_lock.ts";
import { PAYLOAD_BYTES_WORD } from "./seq_lock_format.ts";
import { CELL_WORDS } from "./shared/cells.ts";
import {
  BLOCKED_PLACES,
  BLOCKED_WORD,
  BROKEN,
  isMarked,
  LOCK_BYTES,
  LOCK_WORD,
  ownerOf,
} from "./shared/lock_format.ts";
import type { LockStats } from "./shared/lock_stats.ts";
import { SpinLock } from "./spin_lock.ts";
import { TicketLock } from "./ticket_lock.ts";

/** The part of a lock that all kinds share. */
interface Described {
  stats(): LockStats;
}

/** The parts that only one kind has. */
interface Own<T> {
  facts?(lock: T, region: Region): Record<string, Fact>;
  holders?(region: Region): PartHolder[];
  contents?(lock: T, schema: string): Iterable<PartContent>;
}

function describing<T extends Described, O>(
  type: SharedType<O, T>,
  { facts, holders, contents }: Own<T> = {},
): DescribePart {
  return (region, schema) => {
    const lock = type.attach(region, {}), { i32 } = region.source;
    return {
      family: "lock",
      state() {
        const { owner, waiters, acquisitions, contended, recoveries } = lock.stats();
        const held = holders?.(region) ?? (owner === undefined ? [] : [{ as: "owner", id: owner.id }]);
        return {
          facts: { ...facts?.(lock, region), waiters, acquisitions, contended, recoveries },
          holders: [...held, ...blockedIn(i32)],
          done: acquisitions,
          contended,
          waiters,
        };
      },
      contents: () => contents?.(lock, schema) ?? [],
    };
  };
}

/** The attachments that are blocked in a lock. */
function blockedIn(words: Int32Array): PartHolder[] {
  const found: PartHolder[] = [];
  for (let place = BLOCKED_WORD; place < BLOCKED_WORD + BLOCKED_PLACES; place++) {
    const id = load(words, place); // pairs: blocked place
    if (id > 0) found.push({ as: "waits", id });
  }
  return found;
}

/** The readers that hold cells of a read-write lock, and its writer. */
function rwHolders({ source: { i32 } }: Region): PartHolder[] {
  const writer = ownerOf(load(i32, LOCK_WORD)); // pairs: lock word
  const found: PartHolder[] = writer > 0 ? [{ as: "writer", id: writer }] : [];
  const used = Math.min(load(i32, RW_USED_WORD), i32[RW_COUNT_WORD]); // pairs: cell used
  for (let cell = 0; cell < used; cell++) {
    const word = load(i32, LOCK_BYTES / 4 + cell * CELL_WORDS); // pairs: cell holder
    if (isMarked(word)) found.push({ as: "reader", id: ownerOf(word) });
  }
  return found;
}

function permitHolders({ source: { i32 } }: Region): PartHolder[] {
  const found: PartHolder[] = [];
  for (let permit = 0; permit < i32[PERMITS_WORD]; permit++) {
    const id = ownerOf(load(i32, FIRST_PERMIT + permit * PERMIT_WORDS)); // pairs: permit
    if (id > 0) found.push({ as: `permit ${permit}`, id });
  }
  return found;
}

/** The function that describes locks of a kind to tools; undefined if the kind is not one of theirs. */
export function lockDescription(kind: string): DescribePart | undefined {
  const known: Readonly<Record<string, DescribePart>> = {
    Mutex: describing(Mutex, {
      facts: (_, { source }): Record<string, Fact> => load(source.i32, LOCK_WORD) === BROKEN ? { broken: true } : {},
    }),
    SpinLock: describing(SpinLock),
    TicketLock: describing(TicketLock),
    RwLock: describing(RwLock, {
      facts(lock) {
        const { readers, readAcquisitions, readContended } = lock.stats();
        return { readers, "taken for reading": readAcquisitions, "contended for reading": readContended };
      },
      holders: rwHolders,
    }),
    SeqLock: describing(SeqLock, {
      facts: (_, { source }) => ({ "bytes protected": source.i32[PAYLOAD_BYTES_WORD] }),
      contents(lock, schema) {
        const bytes = lock.tryRead(({ u8 }) => u8.slice());
        if (bytes === undefined) return [];
        if (schema === "") return [{ bytes: bytes.length, payload: bytes }];
        const layout = parseSchema(schema);
        return [valuesOf(layout, layout.view(new Views(bytes.buffer)))];
      },
    }),
    Semaphore: describing(Semaphore, {
      facts(lock) {
        const { permits, held } = lock.stats();
        return { permits, held };
      },
      holders: permitHolders,
    }),
    Condition: describing(Condition),
    Event: describing(Event, { facts: ({ isSet, autoReset }) => ({ "is set": isSet, "auto reset": autoReset }) }),
    Barrier: describing(Barrier, {
      facts(barrier) {
        const { parties, arrived, rounds } = barrier.stats();
        return { parties, arrived, rounds };
      },
    }),
    Once: describing(Once, { facts: ({ isDone }) => ({ "is done": isDone }) }),
  };
  return Object.hasOwn(known, kind) ? known[kind] : undefined;
}
