import type { SystemError } from "../../../ffi/error.ts";
import type { SegmentStateError } from "../../../lib/errors.ts";
import { removeAbandonedSegment } from "../../../lib/memory/abandoned_segment.ts";
import { Segment } from "../../../lib/memory/segment.ts";
import { boot, fileOf, pidOf } from "../../../support/explorer/inside/processes.ts";
import { must, type Scenario } from "../../../support/explorer/inside/scenario.ts";

const NAME = "/md", OPTIONS = { byteLength: 1024, maxParticipants: 3, maxObjects: 2 };
/** For three at once: with few words, and no slot for the third. */
const SMALL = { byteLength: 1024, maxParticipants: 2, maxObjects: 1 };
const LONGER = { byteLength: 1152, maxParticipants: 4, maxObjects: 1 };

/** Removes a name, if it is there and its segment is abandoned. */
function removeIfAbandoned(name: string): boolean {
  try {
    return removeAbandonedSegment(name);
  } catch (error) {
    must((error as SystemError).code === "ENOENT", `${error}`);
    return false;
  }
}

/** Whoever opens or makes the name finds Ann there, unless she is dead, and no other. */
function requireAnnAlone(options: typeof OPTIONS, dead: readonly string[]): void {
  const found = Segment.openOrCreate(NAME, options).participants().length - 1;
  must(found === Number(!dead.includes("ann")), `${found} are in it, and ${dead} are dead`);
}

/** However many open or make a name at once, one makes the segment and all are in the same one. */
const making: Scenario = {
  part: "Segment",
  title: "two open or create a name",
  settings: [{ preemptions: 2 }, { preemptions: 1, deaths: 1 }],
  start() {
    boot();
    const act = () => void Segment.openOrCreate(NAME, OPTIONS);
    return {
      actors: { ann: act, bob: act },
      check({ dead }) {
        const found = Segment.openOrCreate(NAME, OPTIONS).participants();
        must(found.length === 3 - dead.length, `${found.length} are in the segment, and ${dead} are dead`);
        must(new Set(found.map(({ pid }) => pid)).size === found.length, "one has two slots");
      },
    };
  },
};

/** An actor that asks for more than another has made is refused; what a dead one has begun may become longer. */
const sizing: Scenario = {
  part: "Segment",
  title: "two open or create a name of different lengths",
  settings: [{ preemptions: 1 }, { preemptions: 0, deaths: 1 }, { preemptions: 0, stops: 1 }],
  start() {
    boot();
    let isTooSmall = false;
    return {
      actors: {
        ann: () => void Segment.openOrCreate(NAME, OPTIONS),
        bob() {
          try {
            must(Segment.openOrCreate(NAME, LONGER).byteLength === LONGER.byteLength, "bob's is too small");
          } catch (error) {
            isTooSmall = (error as SegmentStateError).code === "TOO_SMALL";
            must(isTooSmall, `${error}`);
          }
        },
      },
      check({ dead }) {
        const last = Segment.openOrCreate(NAME, OPTIONS), left = 3 - dead.length - Number(isTooSmall);
        must(!isTooSmall || last.byteLength === OPTIONS.byteLength, "it is as long as bob asked for");
        must(last.participants().length === left || dead.length > 0, "one is in another segment");
      },
    };
  },
};

/** Who removes a name and makes it again is in a segment of that name, whatever another does meanwhile. */
const remaking: Scenario = {
  part: "Segment",
  title: "one opens or creates a name, another removes it and makes it again",
  settings: [{ preemptions: 1 }, { preemptions: 0, deaths: 1 }],
  start() {
    boot();
    return {
      actors: {
        ann: () => void Segment.openOrCreate(NAME, OPTIONS),
        bob() {
          Segment.unlink(NAME);
          Segment.openOrCreate(NAME, OPTIONS);
        },
      },
      check({ dead }) {
        const pids = Segment.openOrCreate(NAME, OPTIONS).participants().map(({ pid }) => pid);
        must(dead.length > 0 || pids.includes(pidOf("bob")), "bob is not in it");
        must(new Set(pids).size === pids.length && pids.length <= 3, `${pids} are in it`);
      },
    };
  },
};

/** Whoever finds a name finds a segment that is whole, or waits, or makes it: another may remove it meanwhile. */
const removing: Scenario = {
  part: "Segment",
  title: "one opens or creates a name, another removes it",
  settings: [{ preemptions: 2 }, { preemptions: 1, deaths: 1 }],
  start() {
    boot();
    return {
      actors: {
        ann() {
          const segment = Segment.openOrCreate(NAME, OPTIONS);
          must(segment.participants().length === 1, "alone in it");
        },
        bob: () => void Segment.unlink(NAME),
      },
      check() {
        const last = Segment.openOrCreate(NAME, OPTIONS);
        must(last.participants().length <= 2, "participants");
        Segment.unlink(NAME);
        must(fileOf(NAME) === 0, "it cannot be removed");
      },
    };
  },
};

/** A name whose segment nobody is in is removed, and whoever opens it meanwhile is in that one or in a new one. */
const abandoning: Scenario = {
  part: "Segment",
  title: "one opens or creates a name, another removes it if it is abandoned",
  settings: [{ preemptions: 2 }, { preemptions: 1, deaths: 1 }],
  start() {
    boot();
    return {
      actors: {
        ann: () => void Segment.openOrCreate(NAME, OPTIONS),
        bob: () => void removeIfAbandoned(NAME),
      },
      check: ({ dead }) => requireAnnAlone(OPTIONS, dead),
    };
  },
};

/** However many remove an abandoned name at once, none removes that of a segment that another has made meanwhile. */
const abandoningTwice: Scenario = {
  part: "Segment",
  title: "one opens or creates an abandoned name, two remove it if it is abandoned",
  settings: [{ preemptions: 1 }],
  start() {
    boot();
    Segment.create(NAME, SMALL).close();
    const remove = () => void removeIfAbandoned(NAME);
    return {
      actors: { bob: remove, cid: remove, ann: () => void Segment.openOrCreate(NAME, SMALL) },
      check: ({ dead }) => requireAnnAlone(SMALL, dead),
    };
  },
};

/** The same if the other removes the name itself, whatever is in it, before it makes it again. */
const removingTwice: Scenario = {
  part: "Segment",
  title: "one removes an abandoned name and makes it again, another removes it if it is abandoned",
  settings: [{ preemptions: 1 }, { preemptions: 0, deaths: 1 }],
  start() {
    boot();
    Segment.create(NAME, SMALL).close();
    return {
      actors: {
        ann() {
          Segment.unlink(NAME);
          Segment.openOrCreate(NAME, SMALL);
        },
        bob: () => void removeIfAbandoned(NAME),
      },
      check: ({ dead }) => requireAnnAlone(SMALL, dead),
    };
  },
};

/** As two, with a slot for each. */
const makingThrice: Scenario = {
  part: "Segment",
  title: "three open or create a name",
  settings: [{ preemptions: 1 }],
  start() {
    boot();
    const act = () => void Segment.openOrCreate(NAME, { ...SMALL, maxParticipants: 4, byteLength: 1152 });
    return {
      actors: { ann: act, bob: act, cid: act },
      check({ dead }) {
        const found = Segment.openOrCreate(NAME, SMALL).participants();
        must(found.length === 4 - dead.length, `${found.length} are in the segment, and ${dead} are dead`);
        must(new Set(found.map(({ pid }) => pid)).size === found.length, "one has two slots");
      },
    };
  },
};

/** Who only opens a name waits for who makes it; what a dead one has begun is reported, and not taken. */
const opening: Scenario = {
  part: "Segment",
  title: "one creates a name, another waits for it",
  settings: [
    { preemptions: 1 },
    { preemptions: 0, deaths: 1 },
    { preemptions: 0, memory: "x86", delays: 1 },
    { preemptions: 1, memory: "arm64", delays: 1 },
  ],
  start() {
    boot();
    let isIn = false;
    return {
      actors: {
        ann: () => void Segment.create(NAME, OPTIONS),
        bob() {
          try {
            isIn = true;
            must(Segment.open(NAME, { timeoutMs: 3 }).participants().length > 0, "nobody is in it");
          } catch (error) {
            isIn = false;
            const code = (error as SegmentStateError).code;
            must(["ENOENT", "INITIALISING", "CREATOR_DIED"].includes(code), `${error}`);
          }
        },
      },
      check({ dead }) {
        const found = Segment.openOrCreate(NAME, OPTIONS).participants().length - 1;
        const expected = Number(!dead.includes("ann")) + Number(isIn && !dead.includes("bob"));
        must(found === expected, `${found} are in it for ${expected}`);
      },
    };
  },
};

export const scenarios: readonly Scenario[] = [
  making,
  sizing,
  removing,
  remaking,
  abandoning,
  opening,
  abandoningTwice,
  removingTwice,
  makingThrice,
];
