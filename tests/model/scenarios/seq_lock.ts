import { OwnerDiedError } from "../../../lib/errors.ts";
import { SeqLock } from "../../../lib/sync/seq_lock.ts";
import { must, type Scenario, share, words } from "../../../support/explorer/inside/scenario.ts";

function write(own: SeqLock, value: number): void {
  own.lock();
  const { i32 } = own.beginWrite();
  i32[0] = value;
  i32[1] = value;
  own.endWrite();
  own.unlock();
}

/** A record is whole, and never older than one that was read before. */
function reading(title: string, count: number, settings: Scenario["settings"], rounds = 2): Scenario {
  return {
    part: "SeqLock",
    title,
    settings,
    start() {
      const record = share(SeqLock, { payloadBytes: 8 }), ann = record.as("ann");
      const read = (who: string) => {
        const own = record.as(who);
        return () => {
          for (let last = 0, i = 0; i < 2; i++) {
            try {
              const [a, b] = own.read(({ i32 }) => [i32[0], i32[1]]);
              must(a === b, `torn: ${a} and ${b}`);
              must(a >= last, `${a} was read after ${last}`);
              last = a;
            } catch (error) {
              must(error instanceof OwnerDiedError, `refused: ${error}`);
            }
          }
        };
      };
      const readers = Object.fromEntries(["bob", "cyd"].slice(0, count).map((who) => [who, read(who)]));
      return {
        actors: {
          ann() {
            for (let value = 1; value <= rounds; value++) write(ann, value);
          },
          ...readers,
        },
      };
    },
  };
}

/** A death is reported to the next writer, which repairs the record. */
const repairing: Scenario = {
  part: "SeqLock",
  title: "a writer dies, another repairs, one reads",
  settings: [{ preemptions: 1, deaths: 1 }, { preemptions: 0, deaths: 2 }],
  start() {
    const record = share(SeqLock, { payloadBytes: 8 }),
      [ann, bob, cyd] = ["ann", "bob", "cyd"].map((who) => record.as(who));
    return {
      actors: {
        ann: () => write(ann, 1),
        bob: () => write(bob, 2),
        cyd() {
          try {
            const [a, b] = cyd.read(({ i32 }) => [i32[0], i32[1]]);
            must(a === b, `torn: ${a} and ${b}`);
          } catch (error) {
            must(error instanceof OwnerDiedError, `refused: ${error}`);
          }
        },
      },
      check({ dead }) {
        const eve = record.as("eve");
        must(eve.tryLock(), "a late attachment can write");
        must(dead.length > 0 || !eve.ownerDied, "a death is reported, and none died");
        eve.unlock();
        write(eve, 3);
        must(eve.tryRead(({ i32 }) => i32[0] + i32[1]) === 6, "what was repaired can be read");
      },
    };
  },
};

/** A read that does not wait returns a whole record or nothing. */
const trying: Scenario = {
  part: "SeqLock",
  title: "one writes, one tries to read",
  settings: [{ preemptions: 4 }],
  start() {
    const record = share(SeqLock, { payloadBytes: 8 }),
      [ann, bob] = ["ann", "bob"].map((who) => record.as(who)),
      seen = words(1);
    return {
      actors: {
        ann: () => write(ann, 1),
        bob() {
          for (let i = 0; i < 2; i++) {
            const both = bob.tryRead(({ i32 }) => i32[0] * 10 + i32[1]);
            must(both === undefined || both === 0 || both === 11, `torn: ${both}`);
            if (both !== undefined) seen[0] = 1;
          }
        },
      },
    };
  },
};

const x86 = { memory: "x86", delays: 2 } as const, arm64 = { memory: "arm64", delays: 2 } as const;

export const scenarios: readonly Scenario[] = [
  reading("one writes twice, one reads twice", 1, [{ preemptions: 3 }, { preemptions: 3, ...x86 }, {
    preemptions: 2,
    ...arm64,
  }]),
  reading("one writes once, one reads once", 1, [{ preemptions: 3 }, { preemptions: 1, ...arm64 }], 1),
  reading("one writes twice, two read twice", 2, [{ preemptions: 2 }, { preemptions: 1, deaths: 1 }]),
  repairing,
  trying,
];
