import process from "node:process";
import { tell } from "../../support/in_peer.ts";
import { COUNTED, countsOf } from "./counts.ts";

tell(await countsOf(COUNTED));
process.exit(0);
