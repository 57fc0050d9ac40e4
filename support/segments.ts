import { randomUUID } from "node:crypto";
import { readdirSync } from "node:fs";
import { Segment } from "@shmkit/shmkit";

/** Test segments share a prefix, which distinguishes left-overs from other programs' memory. */
const PREFIX = "/shmkit-test-";

/** A name that no other process uses. */
export function uniqueName(): string {
  return PREFIX + randomUUID();
}

/** Whether a name is one that a test made. */
export function isTestName(name: string): boolean {
  return name.startsWith(PREFIX);
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
