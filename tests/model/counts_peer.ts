import { readdirSync } from "node:fs";
import process from "node:process";
import { tell } from "../../support/in_peer.ts";
import { countsOf } from "./counts.ts";

const files = readdirSync(new URL("./scenarios/", import.meta.url)).map((name) => name.replace(".ts", "")).sort();
tell(await countsOf(files));
process.exit(0);
