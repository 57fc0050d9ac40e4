/**
 * What `npm pack`, `bun pm pack` and `npm publish` run before and after packing: `pack.ts` builds what is packed and
 * makes `package.json` name it; `pack.ts --undo` makes it name the sources again.
 *
 * @module
 */
import process from "node:process";
import { buildPackage, nameSources } from "./support/package.ts";

if (process.argv[2] === "--undo") nameSources();
else {
  try {
    await buildPackage();
  } catch (error) {
    nameSources(); // what comes after packing does not run now
    throw error;
  }
}
