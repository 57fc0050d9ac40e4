import { Histogram } from "../../../lib/structure/histogram/histogram.ts";
import type { HistogramRecorder } from "../../../lib/structure/histogram/histogram_recorder.ts";
import { HistogramReading } from "../../../lib/structure/histogram/histogram_reading.ts";
import { wordsOf } from "../../../lib/structure/shared/long_count.ts";
import { must, type Scenario, share } from "../../../support/explorer/inside/scenario.ts";

/** Two values, and their counts in two lanes. */
const OPTIONS = { highest: 2, digits: 1, recorders: 2 } as const;
/** A count that is about to exceed its low word; and the word of the value 1. */
const NEAR = 2 ** 31 - 2, AT = (128 + 128) / 4 + 1 * 2;

/** Records three times, past 2^31; no reading goes back, and each contains a value or does not yet. */
export const recording: Scenario = {
  part: "Histogram",
  title: "one records three times, past 2^31, another reads twice",
  settings: [{ preemptions: 3 }, { preemptions: 2, deaths: 1 }, { preemptions: 1, memory: "x86", delays: 2 }, {
    preemptions: 1,
    memory: "arm64",
    delays: 1,
  }],
  start() {
    const histogram = share(Histogram, OPTIONS), { words } = histogram;
    const [low, high] = wordsOf(NEAR);
    words[AT] = low;
    words[AT + 1] = high;
    const recorder = histogram.as("ann").recorder(), reader = histogram.as("bob");
    const into = new HistogramReading(OPTIONS);
    let begun = NEAR, last = NEAR;
    const read = (own: Histogram): void => {
      own.read(into);
      const count = into.counts[1];
      must(count >= last && count <= begun, `read ${count}, after ${last}, of ${begun}`);
      last = count;
    };
    return {
      actors: {
        ann() {
          for (let i = 0; i < 3; i++) {
            begun++;
            recorder.record(1);
          }
        },
        bob() {
          for (let i = 0; i < 2; i++) read(reader);
        },
      },
      check({ dead }) {
        const eve = histogram.as("eve");
        read(eve);
        must(dead.includes("ann") || last === NEAR + 3, `recorded ${last - NEAR} of 3`);
        // The next recorder of the lane counts on, whatever its predecessor left.
        const before = last, heir = dead.includes("ann") ? eve.recorder() : recorder;
        for (let i = 1; i <= 2; i++) {
          heir.record(1);
          eve.read(into);
          must(into.counts[1] === before + i, `${into.counts[1]} after ${i} more than ${before}`);
        }
      },
    };
  },
};

/** A reading contains what was recorded before it began, and no more than was begun. */
export const sharing: Scenario = {
  part: "Histogram",
  title: "two record, one of them past 2^31, and another reads",
  settings: [{ preemptions: 2 }, { preemptions: 1, deaths: 1 }, { preemptions: 1, memory: "x86", delays: 1 }],
  start() {
    const histogram = share(Histogram, OPTIONS), { words } = histogram, into = new HistogramReading(OPTIONS);
    const [low, high] = wordsOf(2 ** 31 - 1), recorders: HistogramRecorder[] = [];
    words[AT] = low;
    words[AT + 1] = high;
    for (const who of ["ann", "bob"]) recorders.push(histogram.as(who).recorder());
    let begun = 2 ** 31 - 1, done = begun;
    const record = (own: HistogramRecorder) => () => {
      begun++;
      own.record(1);
      done++;
    };
    const read = (own: Histogram): void => {
      const least = done;
      own.read(into);
      const count = into.counts[1];
      must(count >= least && count <= begun, `read ${count} of ${begun}, and ${least} were there`);
    };
    const reader = histogram.as("cid");
    return {
      actors: { ann: record(recorders[0]), bob: record(recorders[1]), cid: () => read(reader) },
      check: () => read(histogram.as("eve")),
    };
  },
};
