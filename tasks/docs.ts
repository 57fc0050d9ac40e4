/**
 * Writes the reference of every public name to `dist/docs/`: `bun run docs`.
 *
 * @module
 */
import { mkdirSync } from "node:fs";
import process from "node:process";
import { runtimes } from "../support/runtimes.ts";
import { publicModules, root, succeeds } from "./project.ts";

const FOLDER = "dist/docs";

mkdirSync(root + FOLDER, { recursive: true });
const holds = await succeeds(runtimes.deno, "doc", "--html", "--name=shmkit", `--output=${FOLDER}`, ...publicModules());
if (holds) console.log(`${FOLDER}/index.html`);
process.exit(holds ? 0 : 1);
