interface Runtime {
  setImmediate?(call: () => void): unknown;
  setTimeout(call: () => void, ms: number): unknown;
  process?: Process;
}

interface Process {
  getBuiltinModule?(name: string): unknown;
  on(event: "exit", listener: () => void): void;
  off(event: "exit", listener: () => void): void;
}

/** Where a program's own end is an event of its global scope, as in Deno. */
interface Scope {
  addEventListener?(event: "unload", listener: () => void): void;
  removeEventListener?(event: "unload", listener: () => void): void;
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
  const { setImmediate, setTimeout } = globalThis as unknown as Runtime;
  if (setImmediate === undefined) setTimeout(call, 0);
  else setImmediate(call);
}

/**
 * Calls a function after some time, if the process is still there: it is not kept alive for it.
 *
 * @returns What cancels it.
 */
export function later(call: () => void, ms: number): () => void {
  const { process } = globalThis as unknown as Runtime;
  // Node's timers, as those of some runtimes are plain numbers.
  const timers = process?.getBuiltinModule?.("node:timers") as NodeTimers | undefined;
  const timer = (timers?.setTimeout ?? setTimeout)(call, ms);
  (timer as { unref?(): void }).unref?.();
  return () => (timers?.clearTimeout ?? clearTimeout)(timer as never);
}

/**
 * Calls a function when this thread's program ends by itself: the process need not end with it, as files that Deno
 * tests follow one another in one.
 *
 * @param call May be called twice.
 * @returns What cancels it.
 */
export function atEnd(call: () => void): () => void {
  const { process } = globalThis as unknown as Runtime, scope = globalThis as unknown as Scope;
  process?.on("exit", call);
  scope.addEventListener?.("unload", call); // Deno's tests have no other
  return () => {
    process?.off("exit", call);
    scope.removeEventListener?.("unload", call);
  };
}
