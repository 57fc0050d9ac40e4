/**
 * The same books and checks in one process, without any channel: `desk_baseline.ts <capture>`. Prints seconds and
 * events.
 */
import process from "node:process";
import { CaptureCheck } from "../../examples/desk/check/capture_check.ts";
import { CaptureSource } from "../../examples/desk/input/capture_source.ts";
import { replay } from "../../examples/desk/input/replay.ts";
import { ReplayClock } from "../../examples/desk/input/replay_clock.ts";

const start = performance.now();
const source = new CaptureSource(process.argv[2]), check = new CaptureCheck(source.instruments);
await replay([source], new ReplayClock(Infinity), (event) => check.accept(event));
const { tops, equalTops, trades } = check.finish();
const seconds = (performance.now() - start) / 1000;
console.log(JSON.stringify({ seconds, events: source.report.total, tops, equal: equalTops, trades }));
