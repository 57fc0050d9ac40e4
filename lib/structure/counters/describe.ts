import { load } from "../../atomic/mod.ts";
import type { PartDescription, PartHolder, Region } from "../../memory/internal.ts";
import { Counters } from "./counters.ts";
import { OWNER_DELTA, STATE_DELTA, USED } from "./format.ts";
import { readGeometry } from "./geometry.ts";

/** Describes {@linkcode Counters} to tools. */
export function describeCounters(region: Region): PartDescription {
  const counters = Counters.attach(region, {}), { i32 } = region.source;
  const { capacity, descriptionsWord, descriptionWords } = readGeometry(region, {});
  const holders = (): PartHolder[] => {
    const owned = new Map<number, number>();
    for (let counter = 0; counter < capacity; counter++) {
      const at = descriptionsWord + counter * descriptionWords, id = load(i32, at + OWNER_DELTA);
      if ((load(i32, at + STATE_DELTA) & USED) !== 0) owned.set(id, (owned.get(id) ?? 0) + 1);
    }
    return Array.from(owned, ([id, count]) => ({ as: `${count} counters`, id }));
  };
  return {
    family: "structure",
    state() {
      const all = counters.list({ withDead: true });
      return {
        facts: { counters: all.length, capacity },
        holders: holders(),
        done: all.reduce((sum, { value }) => sum + value, 0),
        depth: all.length,
        capacity,
      };
    },
    contents: () =>
      counters.list({ withDead: true }).map(({ label, value, type, owner, isAlive }) => ({
        label,
        value,
        type,
        owner: isAlive ? owner : `${owner}, dead`,
      })),
  };
}
