/**
 * Uses a bundle of the package as its user would: `try_bundle.ts <bundle>`.
 *
 * @module
 */
import process from "node:process";
import { pathToFileURL } from "node:url";

const bundle: typeof import("../../mod.ts") = await import(pathToFileURL(process.argv.at(-1)!).href);
const { f64, LatestTable, Segment, struct } = bundle;

const Quote = struct("Quote", { bid: f64 });
using segment = Segment.anonymous({ byteLength: 65536 });
const table = segment.create("quotes", LatestTable, { layout: Quote, rows: 1 });
table.writer().write(0, { bid: 1.5 });
const quote = Quote.alloc();
if (!table.read(0, quote) || quote.bid !== 1.5) throw new Error("The bundle does not return what was written");
console.log(`${"Bun" in globalThis ? "bun" : "deno"}: works, with ${Object.keys(bundle).length} exports`);
