/**
 * How a script that a test wants many processes of gets them in a few milliseconds each: a process that has loaded it
 * forks, and the child does the work. Neither runtime is made for that, so a process that forks has no threads besides
 * its own that a child would miss (`support/fork.ts` starts it so), and a child never returns to the event loop.
 *
 * @module
 */
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import process from "node:process";
import { libc } from "../ffi/mod.ts";
import { peerArgs } from "./in_peer.ts";

/** What a process that forks prints about its children, besides what they print. */
export type ForkNews = { readonly born: number } | { readonly ended: number };

/** Says that what follows is one child's arguments. */
export interface ForkOrder {
  readonly args: readonly string[];
}

interface C {
  fork(): number;
  waitpid(pid: number, status: Int32Array, options: number): number;
  madvise(address: number, length: number, advice: number): number;
  prctl(option: number, value: bigint): number;
  getpid(): number;
  _exit(code: number): void;
}

const MADV_DOFORK = 11, PR_SET_PDEATHSIG = 1, SIGKILL = 9n;

/** Prints a line of JSON for the test, at once. */
export function tellNow(value: unknown): void {
  writeSync(1, JSON.stringify(value) + "\n");
}

const byte = new Uint8Array(1), rest = new Int32Array(new SharedArrayBuffer(4));

/** Reads one, or none at the end. Node gives its children a socket, which says that there is nothing yet. */
function readByte(): number {
  while (true) {
    try {
      return readSync(0, byte, 0, 1, null);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      Atomics.wait(rest, 0, 0, 1);
    }
  }
}

/**
 * The next line of JSON that the test sends; waits for it. Undefined once the test has ended. Not a byte more is read:
 * what follows may be another's.
 */
export function toldNow<T>(): T | undefined {
  let line = "";
  while (readByte() === 1) {
    if (byte[0] === 10) return JSON.parse(line);
    line += String.fromCharCode(byte[0]);
  }
  return undefined;
}

/**
 * Does a script's work: here and now; or, if the test wants forks, in a child for each that it asks for.
 *
 * @param work What it does, given the arguments. It must not be left for the event loop.
 */
export function serve(work: (args: readonly string[]) => void): void {
  if (process.env.SHMKIT_FORKS === undefined) {
    work(peerArgs);
    process.exit(0);
  }
  const c = load(), status = new Int32Array(1);
  libc().getpid(); // loads the functions of C that the library uses: half of what it takes to open a segment
  for (let order = toldNow<ForkOrder>(); order !== undefined; order = toldNow<ForkOrder>()) {
    const { args } = order;
    // What is mapped by one look at the maps, or forgotten by a child, is there at the next.
    for (let look = 0; look < 2; look++) keepAll(c);
    const pid = c.fork();
    if (pid === 0) inChild(c, () => work(args));
    c.waitpid(pid, status, 0);
    tellNow({ ended: status[0] } satisfies ForkNews);
  }
}

function inChild(c: C, work: () => void): void {
  let code = 0;
  try {
    c.prctl(PR_SET_PDEATHSIG, SIGKILL);
    tellNow({ born: c.getpid() } satisfies ForkNews);
    work();
  } catch (error) {
    writeSync(2, `${(error as Error).stack ?? error}\n`);
    code = 1;
  }
  c._exit(code);
}

const maps = new Uint8Array(2 ** 17), DASH = 45, SPACE = 32, LINE_END = 10, ZERO = 48, LETTERS = 87;

/**
 * Engines keep their memory from children, to make forks cheap that are followed by an exec. To look at all of it must
 * not need more of it, so this makes no objects.
 */
function keepAll(c: C): void {
  const file = openSync("/proc/self/maps", "r");
  let length = 0;
  for (let some = -1; some !== 0; length += some) some = readSync(file, maps, length, maps.length - length, null);
  closeSync(file);
  for (let at = 0, from = 0, value = 0; at < length; at++) {
    const byte = maps[at];
    if (byte === DASH) {
      from = value;
      value = 0;
    } else if (byte === SPACE) {
      c.madvise(from, value - from, MADV_DOFORK); // of the kernel's own maps it is refused
      value = 0;
      while (maps[at] !== LINE_END) at++;
    } else value = value * 16 + byte - (byte < LETTERS ? ZERO : LETTERS);
  }
}

/** A function's types: of its parameters, then of its result. */
const FUNCTIONS: Record<keyof C, readonly string[]> = {
  fork: ["i32"],
  waitpid: ["i32", "buffer", "i32", "i32"],
  madvise: ["u64", "u64", "i32", "i32"],
  prctl: ["i32", "u64", "i32"],
  getpid: ["i32"],
  _exit: ["i32", "void"],
};

function load(): C {
  const deno = (globalThis as { Deno?: { dlopen(path: string, symbols: unknown): { symbols: unknown } } }).Deno;
  const all = Object.entries(FUNCTIONS).map(([name, types]) => ({ name, types: [...types], result: types.at(-1) }));
  if (deno !== undefined) {
    const symbols = all.map(({ name, types, result }) => [name, { parameters: types.slice(0, -1), result }]);
    return deno.dlopen("libc.so.6", Object.fromEntries(symbols)).symbols as C;
  }
  if (!("Bun" in globalThis)) return loadInNode(all);
  const { dlopen } = process.getBuiltinModule("bun:ffi") as unknown as {
    dlopen(path: string, symbols: unknown): { symbols: unknown };
  };
  const symbols = all.map(({ name, types, result: returns }) => [
    name,
    { args: types.slice(0, -1).map((type) => type === "buffer" ? "ptr" : type), returns },
  ]);
  return dlopen("libc.so.6", Object.fromEntries(symbols)).symbols as C;
}

/** Node's names of the types; what has 64 bits goes over as a bigint. */
const NODE_TYPES: Readonly<Record<string, string>> = { i32: "int32", u64: "uint64", buffer: "pointer", void: "void" };

function loadInNode(all: readonly { readonly name: string; readonly types: readonly string[] }[]): C {
  const { dlopen } = process.getBuiltinModule("node:ffi") as unknown as {
    dlopen(path: string, symbols: unknown): { functions: Record<string, (...args: unknown[]) => unknown> };
  };
  const symbols = all.map(({ name, types }) => {
    const names = types.map((type) => NODE_TYPES[type]);
    return [name, { arguments: names.slice(0, -1), return: names.at(-1) }];
  });
  const c = dlopen("libc.so.6", Object.fromEntries(symbols)).functions as unknown as C & Record<string, never>;
  const { madvise } = c as unknown as Record<string, (...args: unknown[]) => number>;
  return {
    ...c,
    madvise: (address: number, byteLength: number, advice: number) =>
      madvise(BigInt(address), BigInt(byteLength), advice),
  } as unknown as C;
}
