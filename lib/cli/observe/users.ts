import { readFileSync } from "node:fs";

let names: Map<number, string> | undefined;

/** A user's name, or the id where it has none here. */
export function userName(uid: number): string {
  names ??= readNames();
  return names.get(uid) ?? String(uid);
}

function readNames(): Map<number, string> {
  let text = "";
  try {
    text = readFileSync("/etc/passwd", "utf8");
  } catch {
    // Ids will do.
  }
  return new Map(text.split("\n").map((line) => line.split(":")).map((fields) => [Number(fields[2]), fields[0]]));
}
