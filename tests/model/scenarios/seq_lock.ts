import { SeqLock } from "../../../lib/sync/seq_lock.ts";
import { require, scenario, share } from "../../../support/explorer/inside/scenario.ts";

export const one = scenario({
  part: "SeqLock",
  title: "a writer and a reader",
  settings: [{ preemptions: 3 }],
  start() {
    const attach = share(SeqLock, { payloadBytes: 8 });
    const ann = attach("ann"), bob = attach("bob");
    return {
      actors: {
        ann() {
          for (let round = 1; round <= 2; round++) {
            ann.lock();
            const { i32 } = ann.beginWrite();
            i32[0] = round;
            i32[1] = round;
            ann.endWrite();
            ann.unlock();
          }
        },
        bob() {
          for (let round = 1; round <= 2; round++) {
            const [a, b] = bob.read(({ i32 }) => [i32[0], i32[1]]);
            require(a === b, `torn: ${a}, ${b}`);
          }
        },
      },
    };
  },
});
