import { RwLock } from "../../../lib/sync/rw_lock.ts";
import { enter, leave, require, scenario, type Scenario, share, words } from "../../../support/explorer/inside/scenario.ts";

function make(title: string, writers: number, rounds: number, readers: number, triers: number): Scenario {
  return scenario({
    part: "RwLock",
    title,
    settings: [{ preemptions: 3 }],
    start() {
      const attach = share(RwLock, { maxParticipants: 5 }), data = words(2, "data");
      const warm = (who: string) => {
        const lock = attach(who);
        if (lock.tryLock()) lock.unlock();
        return lock;
      };
      const look = (lock: RwLock) => {
        const a = data[0], b = data[1];
        require(a === b || lock.ownerDied, `the words are ${a} and ${b}, and nothing tells of a death`);
        return a;
      };
      const write = (lock: RwLock) => () => {
        for (let round = 0; round < rounds; round++) {
          lock.lock();
          enter("writing", "writing", "reading");
          const value = look(lock) + 1;
          data[0] = value;
          data[1] = value;
          leave();
          lock.unlock();
        }
      };
      const read = (lock: RwLock, isPatient: boolean) => () => {
        if (isPatient ? !lock.lockRead() : !lock.tryLockRead()) return;
        enter("reading", "writing");
        look(lock);
        leave();
        lock.unlockRead();
      };
      const actors: Record<string, () => void> = {};
      for (let i = 0; i < writers; i++) actors[`writer${i}`] = write(warm(`writer${i}`));
      for (let i = 0; i < readers; i++) actors[`reader${i}`] = read(warm(`reader${i}`), true);
      for (let i = 0; i < triers; i++) actors[`trier${i}`] = read(warm(`trier${i}`), false);
      return {
        actors,
        check({ dead }) {
          if (dead.length === 0) require(data[0] === writers * rounds, `a write was lost: ${data}`);
          const late = attach("late");
          require(late.tryLock(), "the next writer cannot lock");
          look(late);
          late.unlock();
          require(late.tryLockRead(), "the next reader cannot read");
          require(!late.ownerDied, "suspect after a writer has unlocked");
          late.unlockRead();
        },
      };
    },
  });
}

export const one = make("a writer, a reader and one that tries", 1, 2, 1, 1);
export const two = make("two writers, a reader and one that tries", 2, 1, 1, 1);
