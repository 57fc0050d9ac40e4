import { f64, struct } from "../../mod.ts";

/** 64 bytes, one cache line. */
export const Record64 = struct("Record64", { a: f64, b: f64, c: f64, d: f64, e: f64, f: f64, g: f64, h: f64 });
