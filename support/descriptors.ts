import { readdirSync, readlinkSync } from "node:fs";

/**
 * The descriptors by which a process has files open. Those that its runtime opens and closes meanwhile, in threads of
 * its own, are among them: a test counts those of its files only.
 *
 * @param pid The process.
 * @param isMeant Which files are meant, given the path that the kernel knows.
 */
export function descriptorsOf(pid: number | "self", isMeant: (path: string) => boolean): string[] {
  return readdirSync(`/proc/${pid}/fd`).filter((fd) => {
    try {
      return isMeant(readlinkSync(`/proc/${pid}/fd/${fd}`));
    } catch {
      return false; // it has just been closed
    }
  });
}

/** How many descriptors of shared memory this process has: with names that tests made, and without. */
export function sharedDescriptors(): number {
  return descriptorsOf("self", (path) => /^\/(dev\/shm\/shmkit-test|memfd:shmkit)/.test(path)).length;
}
