import process from "node:process";
import { KeyedTable, Segment } from "../../mod.ts";
import { peerArgs, report } from "../../support/in_peer.ts";
import { killBefore } from "./dying.ts";
import { keyOf, Sample } from "./keyed_table_sample.ts";

/** Does one thing with a table, and dies before its n-th atomic write. */
const [what, handle, step] = peerArgs;
const segment = Segment.open(handle, { role: "victim" });
const table = segment.open("table", KeyedTable, { layout: Sample });
const keys = [...table.keys()], victim = keys[keys.length >> 1] as string;
table.has("");

const NEW = 777;
const number = Number(/[0-9]+/.exec(victim)![0]);
report({ maybe: what === "remove" ? number : NEW });
killBefore(Number(step), () => process.kill(process.pid, "SIGKILL"));
if (what === "add") table.add(keyOf(NEW));
else table.remove(victim);
process.exit(0);
