import process from "node:process";
import { report } from "../../support/in_peer.ts";
import { COUNTED, countsOf } from "./counts.ts";

report(await countsOf(COUNTED));
process.exit(0);
