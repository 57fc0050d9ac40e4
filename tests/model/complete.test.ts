import { assertEquals, assertGreater } from "@std/assert";
import { describe, it } from "node:test";
import { buildProgram, explore, type Setting, settingInWords } from "../../support/explorer/mod.ts";
import { Peer } from "../../support/peer.ts";
import { otherRuntime } from "../../support/runtimes.ts";
import { COUNTED, countsOf } from "./counts.ts";
import { scenarioFile, scenarioFiles } from "./scenario_file.ts";

/** Settings so small that they can also be explored without leaving anything out. */
const SMALL: readonly Setting[] = [
  { preemptions: 1 },
  { preemptions: 2 },
  { preemptions: 0, deaths: 1 },
  { preemptions: 1, deaths: 1 },
  { preemptions: 0, deaths: 2 },
  { preemptions: 1, stops: 1 },
  { preemptions: 1, memory: "x86", delays: 1 },
  { preemptions: 1, memory: "arm64", delays: 1 },
];

/** Explorations that take more runs are not compared. */
const MOST_RUNS = 200;

/** Whether whatever happens in one setting happens in another one, too. */
function isWithin(setting: Setting, other: Setting): boolean {
  return setting.preemptions <= other.preemptions && (setting.deaths ?? 0) <= (other.deaths ?? 0) &&
    (setting.stops ?? 0) <= (other.stops ?? 0) && (setting.memory === undefined || setting.memory === other.memory);
}

/** The shortest scenarios of a histogram and an order book have more than that. */
const TOO_LONG = ["histogram", "order_book"];

const FILES = scenarioFiles().filter((name) => !TOO_LONG.includes(name));

describe("skipping known states, and turns that make no difference, loses no outcome", {
  timeout: 600_000,
}, () => {
  for (const file of FILES) {
    it(`scenarios/${file}.ts`, async () => {
      const { scenarios, ...program } = await buildProgram(scenarioFile(file));
      let compared = 0;
      for (const scenario of scenarios) {
        const tooLong: Setting[] = [];
        for (const setting of SMALL) {
          if (tooLong.some((each) => isWithin(each, setting))) continue;
          const all = explore({ scenarios, ...program }, scenario, setting, { isNaive: true, mostRuns: MOST_RUNS });
          if (!all.isWhole) {
            tooLong.push(setting);
            continue;
          }
          const reduced = explore({ scenarios, ...program }, scenario, setting);
          const what = `${scenario.part}: ${scenario.title}: ${settingInWords(setting)}`;
          assertEquals(reduced.failure === undefined, all.failure === undefined, what);
          if (all.failure === undefined) assertEquals([...reduced.outcomes].sort(), [...all.outcomes].sort(), what);
          compared++;
        }
      }
      assertGreater(compared, 0);
    });
  }
});

describe("counts are the same", { timeout: 600_000 }, () => {
  it("in every run, in both runtimes", async () => {
    const peer = Peer.start(otherRuntime, new URL("./counts_peer.ts", import.meta.url));
    const first = await countsOf(COUNTED), second = await countsOf(COUNTED);
    assertEquals(second, first, "twice in this runtime");
    assertEquals(await peer.next(), first, `in ${otherRuntime}`);
    await peer.succeeded();
  });
});
