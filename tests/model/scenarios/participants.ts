import type { SegmentStateError } from "../../../lib/errors.ts";
import { Participants } from "../../../lib/memory/participants.ts";
import { openSegmentFile } from "../../../lib/memory/segment_file.ts";
import { Segment } from "../../../lib/memory/segment.ts";
import { as, boot, die, hasDied } from "../../../support/explorer/inside/processes.ts";
import { enter, leave, must, type Scenario, words } from "../../../support/explorer/inside/scenario.ts";

const NAME = "/md", NO_WORDS = new Int32Array(0);

/** How far one is that leaves. */
const THERE = 0, LEAVING = 1, GONE = 2;

/** Makes a segment of so many slots, whose maker died with the first one or has given it back. Returns its id. */
function prepare(maxParticipants: number, isDead: boolean): number {
  boot();
  const segment = Segment.create(NAME, { byteLength: 1024, maxParticipants, maxObjects: 1 });
  const [{ id }] = segment.participants();
  if (isDead) die();
  else segment.close();
  return id;
}

/** The participants of the segment, as an actor finds them before it joins. */
function party(who: string): Participants {
  return as(who, () => {
    const { mapping, header } = openSegmentFile(NAME, {});
    return new Participants(NAME, mapping, header, () => NO_WORDS);
  });
}

/** Joins, and is alone in a slot until it leaves. Returns the id; 0 if there was no slot. */
function join(own: Participants, who: string): number {
  try {
    own.join(who);
  } catch (error) {
    must((error as SegmentStateError).code === "FULL", `${error}`);
    return 0;
  }
  const slot = `in slot ${own.id & 1023}`;
  enter(slot, slot);
  return own.id;
}

function part(own: Participants): void {
  leave();
  own.leave();
}

/** No two have one slot, whoever had it before, and no id comes twice. */
function joining(title: string, slots: number, isDead: boolean, settings: Scenario["settings"]): Scenario {
  return {
    part: "Participants",
    title,
    settings,
    start() {
      const first = prepare(slots, isDead), ids = [first];
      const act = (who: string, own: Participants) => () => {
        const id = join(own, who);
        must(!own.isAlive(first), "one that has left is alive");
        if (id === 0) return;
        must(!ids.includes(id), `id ${id} comes twice`);
        ids.push(id);
        const found = own.list().find((one) => one.id === id);
        must(found?.role === who && own.isAlive(id), "its own slot says otherwise");
        part(own);
      };
      return {
        actors: { ann: act("ann", party("ann")), bob: act("bob", party("bob")) },
        check({ dead }) {
          must(ids.length === 3 || slots === 1 || dead.length > 0, "one had no slot");
          const eve = party("");
          eve.join("eve");
          must(!ids.includes(eve.id), "an id comes twice at the end");
          must(eve.list().length === 1, "somebody is there who has left");
        },
      };
    },
  };
}

/** The holder of a slot is alive for others; one that has left it is not, though another has it by now. */
const asking: Scenario = {
  part: "Participants",
  title: "one leaves, another takes its slot, a third asks",
  settings: [
    { preemptions: 2 },
    { preemptions: 1, deaths: 1 },
    { preemptions: 1, memory: "x86", delays: 1 },
    { preemptions: 1, memory: "arm64", delays: 1 },
  ],
  start() {
    prepare(2, false);
    const ann = party("ann"), bob = party("bob"), cid = party("cid");
    as("ann", () => ann.join("ann"));
    const { id } = ann;
    const phase = words(1, "phase");
    return {
      actors: {
        ann() {
          phase[0] = LEAVING;
          ann.leave();
          phase[0] = GONE;
        },
        bob: () => void bob.join("bob"),
        cid() {
          const before = phase[0], isAlive = cid.isAlive(id);
          must(before !== GONE || !isAlive, "one that has left is alive");
          must(isAlive || phase[0] !== THERE || hasDied("ann"), "one that is there is dead");
        },
      },
      check: () => must(!party("").isAlive(id), "one that has left is alive at the end"),
    };
  },
};

export const scenarios: readonly Scenario[] = [
  joining("two join and leave", 2, false, [
    { preemptions: 2 },
    { preemptions: 1, deaths: 1 },
    { preemptions: 0, stops: 1 },
  ]),
  joining("two take over from a dead one", 2, true, [{ preemptions: 1 }, { preemptions: 0, deaths: 2 }]),
  joining("two want the one slot of a dead one", 1, true, [{ preemptions: 2 }, { preemptions: 1, deaths: 1 }]),
  asking,
];
