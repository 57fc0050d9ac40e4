import { Event } from "../../../lib/sync/event.ts";
import { must, type Scenario, share, words } from "../../../support/explorer/inside/scenario.ts";

const ASLEEP = [9, 11]; // the event count, and the number of sleeps

const manual: Scenario = {
  part: "Event",
  title: "two wait until it is set",
  settings: [{ preemptions: 2 }, { preemptions: 1, deaths: 1 }],
  start() {
    const event = share(Event, {}),
      done = words(1, "done"),
      [ann, bob, cyd] = ["ann", "bob", "cyd"].map((who) => event.as(who));
    const wait = (own: Event) => () => {
      own.wait();
      must(done[0] === 1, "let through before it was set");
    };
    return {
      actors: {
        ann: wait(ann),
        bob: wait(bob),
        cyd() {
          done[0] = 1;
          cyd.set();
        },
      },
      mayWaitForEver: ({ dead }) => dead.includes("cyd"),
      check: ({ dead }) => must(event.as("eve").isSet || dead.includes("cyd"), "it stays set"),
    };
  },
};

const automatic: Scenario = {
  part: "Event",
  title: "two take turns with two auto-reset events",
  settings: [{ preemptions: 2 }, { preemptions: 1, stops: 1 }],
  start() {
    const ping = share(Event, { autoReset: true }), pong = share(Event, { autoReset: true }), turn = words(1, "turn");
    const [annPing, annPong] = [ping.as("ann"), pong.as("ann")], [bobPing, bobPong] = [ping.as("bob"), pong.as("bob")];
    return {
      actors: {
        ann() {
          for (let i = 0; i < 4; i += 2) {
            must(turn[0]++ === i, "ann has the turn");
            annPing.set();
            annPong.wait();
          }
        },
        bob() {
          for (let i = 1; i < 4; i += 2) {
            bobPing.wait();
            must(turn[0]++ === i, "bob has the turn");
            bobPong.set();
          }
        },
      },
    };
  },
};

const impatient: Scenario = {
  part: "Event",
  title: "one waits with a timeout, one tries, one sets it once",
  settings: [{ preemptions: 4 }],
  start() {
    const event = share(Event, { autoReset: true }), through = words(1, "through");
    const [ann, bob, cyd] = ["ann", "bob", "cyd"].map((who) => event.as(who));
    return {
      actors: {
        ann() {
          if (ann.wait({ timeoutMs: 1 })) through[0] += 1;
        },
        bob() {
          if (bob.tryWait()) through[0] += 1;
        },
        cyd: () => cyd.set(),
      },
      check() {
        must(through[0] + Number(event.as("eve").tryWait()) === 1, `set once, and let through ${through[0]}`);
        event.mustBeUnchanged(ASLEEP);
      },
    };
  },
};

export const scenarios: readonly Scenario[] = [manual, automatic, impatient];
