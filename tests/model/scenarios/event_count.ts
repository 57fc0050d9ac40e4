import { isFenced, load, release, store } from "../../../lib/atomic/mod.ts";
import { EventCount } from "../../../lib/sync/event_count.ts";
import { type Scenario, words } from "../../../support/explorer/inside/scenario.ts";

const x86 = { memory: "x86", delays: 2 } as const;

/** Waiters sleep until a notifier has raised a number. */
function make(
  title: string,
  waiters: number,
  isPublished: boolean,
  wakesAll: boolean,
  settings: Scenario["settings"],
): Scenario {
  return {
    part: "EventCount",
    title,
    settings,
    start() {
      const number = words(1, "number"), count = words(1, "count"), isEnough = isPublished && isFenced(number);
      const wait = () => {
        const own = new EventCount(count, 0, isPublished);
        return () => {
          for (let wanted = 1; wanted <= 3 - waiters; wanted++) {
            while (load(number, 0) < wanted) {
              const seen = own.snapshot();
              if (load(number, 0) < wanted) own.wait(seen, own.now() + own.recheckMs);
            }
          }
        };
      };
      const own = new EventCount(count, 0, isPublished);
      const actors: Record<string, () => void> = {};
      for (let i = 0; i < waiters; i++) actors[`waiter${i}`] = wait();
      actors.notifier = () => {
        for (let next = 1; next <= 2; next++) {
          if (isEnough) release(number, 0, next);
          else store(number, 0, next);
          if (wakesAll) own.notifyAll();
          else own.notifyOne();
        }
      };
      // A dead notifier may not have raised the number. A waiter that a dead one kept asleep checks by itself.
      return { actors, mayWaitForEver: ({ dead }) => dead.includes("notifier") };
    },
  };
}

export const scenarios: readonly Scenario[] = [
  make("one waits twice", 1, false, false, [
    { preemptions: 5 },
    { preemptions: 2, deaths: 1 },
    { preemptions: 3, ...x86 },
  ]),
  make("one waits twice for a published value", 1, true, false, [{ preemptions: 4 }, { preemptions: 3, ...x86 }, {
    preemptions: 3,
    ...x86,
    hasMembarrier: false,
  }]),
  make("two wait, woken one at a time", 2, false, false, [
    { preemptions: 3 },
    { preemptions: 2, deaths: 1 },
    { preemptions: 1, stops: 1 },
  ]),
  make("two wait, woken together", 2, true, true, [{ preemptions: 3 }, { preemptions: 2, deaths: 1 }, {
    preemptions: 2,
    ...x86,
  }]),
];
