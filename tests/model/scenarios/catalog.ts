import type { SegmentStateError } from "../../../lib/errors.ts";
import { OWN_TYPE } from "../../../lib/memory/own_type.ts";
import type { Region } from "../../../lib/memory/region.ts";
import { Segment } from "../../../lib/memory/segment.ts";
import type { SharedType } from "../../../lib/memory/shared_type.ts";
import { as, boot } from "../../../support/explorer/inside/processes.ts";
import { must, type Scenario, type Start } from "../../../support/explorer/inside/scenario.ts";

const NAME = "/md", OPTIONS = { byteLength: 1280, maxParticipants: 4, maxObjects: 2 };

/** Some words, all of a value; an attachment finds them so. */
function words(kind: string): SharedType<{ value: number; schema?: string }, number> {
  return {
    kind,
    [OWN_TYPE]: true,
    byteLength: () => 8,
    schema: ({ schema }: { schema?: string }) => schema,
    init({ views: { i32 } }: Region, { value }: { value: number }) {
      must(i32[0] === 0 && i32[1] === 0, "an object is not zero before it is made");
      i32[0] = value;
      i32[1] = value;
    },
    attach({ views: { i32 } }: Region) {
      const value = i32[0];
      must(value !== 0 && i32[1] === value, "a half-made object is shown");
      return value;
    },
  } as SharedType<{ value: number; schema?: string }, number>;
}

const THING = words("Thing"), OTHER = words("Other");

/** All in a segment that is there; `check` finds what all of them have made. */
function inside(who: readonly string[], act: (segments: Segment[]) => Start["actors"], check: (last: Segment) => void) {
  boot();
  Segment.create(NAME, OPTIONS).close();
  const segments = who.map((name) => as(name, () => Segment.open(NAME)));
  return {
    actors: act(segments),
    check() {
      const last = Segment.open(NAME), found = last.objects();
      must(new Set(found.map(({ name }) => name)).size === found.length, "a name is there twice");
      for (let i = 1; i < found.length; i++) {
        must(found[i].byteOffset >= found[i - 1].byteOffset + found[i - 1].byteLength, "objects overlap");
      }
      check(last);
    },
  };
}

/** However many make an object of one name, one makes it and all have the same. */
const same: Scenario = {
  part: "Catalog",
  title: "two make an object of one name",
  settings: [
    { preemptions: 3 },
    { preemptions: 1, deaths: 1 },
    { preemptions: 1, stops: 1 },
    { preemptions: 1, memory: "x86", delays: 1 },
    { preemptions: 1, memory: "arm64", delays: 1 },
  ],
  start() {
    const values: number[] = [];
    const make = (segment: Segment, value: number) => () =>
      void values.push(segment.openOrCreate("a", THING, { value }));
    return inside(["ann", "bob"], ([ann, bob]) => ({ ann: make(ann, 1), bob: make(bob, 2) }), (last) => {
      const value = last.openOrCreate("a", THING, { value: 3 });
      for (const one of values) must(one === value, `has ${one}, and it is ${value}`);
      must(values.length === 0 || value !== 3, "it is lost");
    });
  },
};

/** Objects of several names do not overlap; what a reader finds is whole. */
const several: Scenario = {
  part: "Catalog",
  title: "two make an object each, a third reads",
  settings: [{ preemptions: 0, deaths: 1 }, { preemptions: 1, memory: "x86", delays: 1 }],
  start() {
    const make = (segment: Segment, name: string, value: number) => () =>
      must(segment.create(name, THING, { value, schema: name }) === value, "another's");
    return inside(["ann", "bob", "cid"], ([ann, bob, cid]) => ({
      ann: make(ann, "a", 1),
      bob: make(bob, "b", 2),
      cid() {
        for (const { name, schema } of cid.objects()) {
          must(schema === name && cid.open(name, THING) === (name === "a" ? 1 : 2), `another ${name}`);
        }
      },
    }), (last) => {
      must(last.openOrCreate("a", THING, { value: 1, schema: "a" }) === 1, "a");
      must(last.openOrCreate("b", THING, { value: 2, schema: "b" }) === 2, "b");
    });
  },
};

/** One that comes second with another type is refused; one that dies leaves room for others. */
const differing: Scenario = {
  part: "Catalog",
  title: "two make different objects of one name",
  settings: [{ preemptions: 2 }, { preemptions: 1, deaths: 1 }, { preemptions: 0, deaths: 2 }],
  start() {
    let made = 0;
    const make = (segment: Segment, type: typeof THING, value: number) => () => {
      try {
        must(segment.openOrCreate("a", type, { value }) === value, "another's");
        made++;
      } catch (error) {
        must((error as SegmentStateError).code === "OTHER_KIND", `${error}`);
      }
    };
    return inside(["ann", "bob"], ([ann, bob]) => ({ ann: make(ann, THING, 1), bob: make(bob, OTHER, 2) }), (last) => {
      must(made <= 1, "both have made it");
      must(last.openOrCreate("b", THING, { value: 3 }) === 3, "b");
    });
  },
};

export const scenarios: readonly Scenario[] = [same, several, differing];
