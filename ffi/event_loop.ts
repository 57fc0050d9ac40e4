interface Timers {
  setImmediate?(call: () => void): unknown;
  setTimeout(call: () => void, ms: number): unknown;
  process?: { getBuiltinModule?(name: string): unknown };
}

interface NodeTimers {
  setTimeout(call: () => void, ms: number): unknown;
  clearTimeout(timer: unknown): void;
}

/**
 * Calls a function in the next turn of the event loop, after what has happened by then. Keeps the process alive until
 * then.
 */
export function nextTurn(call: () => void): void {
  const { setImmediate, setTimeout } = globalThis as unknown as Timers;
  if (setImmediate === undefined) setTimeout(call, 0);
  else setImmediate(call);
}

/**
 * Calls a function after some time, if the process is still there: it is not kept alive for it.
 *
 * @returns What cancels it.
 */
export function later(call: () => void, ms: number): () => void {
  const { process } = globalThis as unknown as Timers;
  // Node's timers, as those of some runtimes are plain numbers.
  const timers = process?.getBuiltinModule?.("node:timers") as NodeTimers | undefined;
  const timer = (timers?.setTimeout ?? setTimeout)(call, ms);
  (timer as { unref?(): void }).unref?.();
  return () => (timers?.clearTimeout ?? clearTimeout)(timer as never);
}
