import process from "node:process";

/** Round trips in C within this process (`bench/c/ring.c` as a library). */
export interface CRings {
  /** Returns the path by which another process opens the rings. */
  make(): string;
  open(path: string): void;
  /** Returns the nanoseconds of a round trip. */
  trips(count: number): number;
  echo(count: number): void;
}

/** Loads the library. */
export function loadCRings(library: string): CRings {
  const c = load(library);
  return {
    make() {
      const fd = c.rings_make();
      if (fd < 0) throw new Error("Cannot make the rings of C");
      return `/proc/${process.pid}/fd/${fd}`;
    },
    open(path) {
      if (c.rings_open(new TextEncoder().encode(`${path}\0`)) < 0) throw new Error(`Cannot open ${path}`);
    },
    trips: (count) => c.rings_trips(count),
    echo: (count) => c.rings_echo(count),
  };
}

interface Functions {
  rings_make(): number;
  rings_open(path: Uint8Array): number;
  rings_trips(count: number): number;
  rings_echo(count: number): void;
}

function load(library: string): Functions {
  // deno-lint-ignore no-explicit-any -- the globals of two runtimes
  const { Deno, process } = globalThis as any;
  if (Deno !== undefined) {
    return Deno.dlopen(library, {
      rings_make: { parameters: [], result: "i32" },
      rings_open: { parameters: ["buffer"], result: "i32" },
      rings_trips: { parameters: ["i32"], result: "f64" },
      rings_echo: { parameters: ["i32"], result: "void" },
    }).symbols;
  }
  return process.getBuiltinModule("bun:ffi").dlopen(library, {
    rings_make: { args: [], returns: "i32" },
    rings_open: { args: ["ptr"], returns: "i32" },
    rings_trips: { args: ["i32"], returns: "f64" },
    rings_echo: { args: ["i32"], returns: "void" },
  }).symbols;
}
