/**
 * Uses a bundle of the package as its user would: `try_bundle.ts <bundle>`.
 *
 * @module
 */
import process from "node:process";
import { pathToFileURL } from "node:url";
import { tryLibrary } from "./tried.ts";

const path = process.argv.at(-1)!;
await tryLibrary(await import(pathToFileURL(path).href), path);
