import process from "node:process";

/** Works, in slices that leave room for signals, until SIGTERM; or until the process that started it is gone. */
export async function untilTold(work: () => void): Promise<void> {
  let isTold = false;
  const parent = process.ppid;
  process.on("SIGTERM", () => isTold = true);
  process.on("SIGINT", () => {}); // Ctrl-C reaches everybody; the parent tells when to end
  while (!isTold && process.ppid === parent) {
    work();
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}
