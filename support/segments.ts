import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { closeSync, openSync, readdirSync, writeSync } from "node:fs";
import { Segment } from "@shmkit/shmkit";
import { HEADER_BYTES } from "../lib/memory/header_format.ts";
import { SLOT_BYTES, TID_OFFSET } from "../lib/memory/participants_format.ts";

/** Test segments share a prefix, which distinguishes left-overs from other programs' memory. */
const PREFIX = "/shmkit-test-";

/** A name that no other process uses. */
export function uniqueName(): string {
  return PREFIX + randomUUID();
}

/** Runs with a fresh name and removes it afterwards, whatever happens. */
export async function withName<T>(use: (name: string) => T | Promise<T>): Promise<T> {
  const name = uniqueName();
  try {
    return await use(name);
  } finally {
    Segment.unlink(name);
  }
}

/** Whether a name is in `/dev/shm`. */
export function exists(name: string): boolean {
  return readdirSync("/dev/shm").includes(name.slice(1));
}

/** Lets a slot that was left look as if its last holder was a thread of a process that has ended by now. */
export function leaveByEnded(name: string, slot: number): void {
  const file = openSync(`/dev/shm${name}`, "r+"), ended = new Int32Array([spawnSync("true").pid]);
  writeSync(file, new Uint8Array(ended.buffer), 0, 4, HEADER_BYTES + slot * SLOT_BYTES + TID_OFFSET);
  closeSync(file);
}
