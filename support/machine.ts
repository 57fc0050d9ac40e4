/**
 * What this machine allows a test to do. A test that cannot run says so in its name.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { statfsSync } from "node:fs";
import process from "node:process";

/** Whether this user may become another one. */
export const isRoot: boolean = process.getuid?.() === 0;

/** Whether a process may have a `/dev/shm` of its own, to fill it. */
export const canUnshare: boolean =
  spawnSync("unshare", ["--mount", "--map-root-user", "sh", "-c", "mount -t tmpfs -o size=1m tmpfs /dev/shm"])
    .status === 0;

/** Whether there is a C compiler. */
export const hasCompiler: boolean = spawnSync("cc", ["--version"]).status === 0;

/** Bytes free in `/dev/shm`. */
export function freeSharedMemory(): number {
  const { bavail, bsize } = statfsSync("/dev/shm");
  return bavail * bsize;
}
