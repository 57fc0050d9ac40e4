import { readdirSync, readFileSync } from "node:fs";

/**
 * What a file of `/proc` says of each thread of a process. A thread that ends meanwhile is left out.
 *
 * @param pid The process.
 * @param file The file in each thread's folder, such as `"syscall"`.
 */
export function ofThreads(pid: number | "self", file: string): string[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((id) => {
    try {
      return [readFileSync(`/proc/${pid}/task/${id}/${file}`, "utf8")];
    } catch {
      return []; // it has just ended
    }
  });
}

/** For how many words each thread of this process waits that waits in the kernel for several. */
function waitedWords(): number[] {
  // The call's number, then its arguments, of which the second is how many.
  return ofThreads("self", "syscall").filter((call) => call.startsWith("449 ")).map((call) =>
    Number(call.split(" ")[2])
  );
}

/** How many threads of this process wait in the kernel for several words. */
export function waitingThreads(): number {
  return waitedWords().length;
}

/** For how many words tasks of this process wait in the kernel: each thread waits for one of its own besides. */
export function watchedWords(): number {
  return waitedWords().reduce((sum, words) => sum + words - 1, 0);
}

/** Whether a process has been stopped by a signal: some time passes between the two. */
export function isStopped(pid: number): boolean {
  return ofThreads(pid, "stat").every((text) => /\) T /.test(text));
}
