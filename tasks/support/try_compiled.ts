/**
 * Uses the library from within an executable that was made of it.
 *
 * @module
 */
import * as library from "../../mod.ts";
import { tryLibrary } from "./tried.ts";

await tryLibrary(library, "the executable");
