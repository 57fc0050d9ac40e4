import type { Patch } from "./program_files.ts";

/**
 * Numbers of the library that only make runs longer: a wait that checks twice shows everything that one does that
 * checks 24 times. The places for blocked attachments are so few that they run out.
 */
export const SHORTENED: readonly Patch[] = [
  { file: "lib/sync/shared/owned_word.ts", from: "const SPINS = 24;", to: "const SPINS = 1;", isOptional: true },
  { file: "lib/sync/seq_lock_reader.ts", from: "const POLLS = 16;", to: "const POLLS = 1;", isOptional: true },
  { file: "lib/atomic/backoff.ts", from: "{ spins = 6, yields = 4,", to: "{ spins = 1, yields = 0,", isOptional: true },
  {
    file: "lib/channel/mpmc_queue/vain_polls.ts",
    from: "const POLLS_PER_QUESTION = 16;",
    to: "const POLLS_PER_QUESTION = 2;",
    isOptional: true,
  },
  {
    file: "lib/channel/byte_ring/claim_lock.ts",
    from: "{ spins: 6, yields: 16,",
    to: "{ spins: 1, yields: 0,",
    isOptional: true,
  },
  { file: "lib/channel/byte_ring/claim_lock.ts", from: "const SLEEPS = 4;", to: "const SLEEPS = 2;", isOptional: true },
  { file: "lib/channel/byte_ring/claim_watch.ts", from: "const POLLS = 8;", to: "const POLLS = 1;", isOptional: true },
  {
    file: "lib/channel/shared/waiter.ts",
    from: "const FIRST_POLLS = 64;",
    to: "const FIRST_POLLS = 1;",
    isOptional: true,
  },
  {
    file: "lib/memory/blank_file.ts",
    from: "const CHUNK_BYTES = 2 ** 20;",
    to: "const CHUNK_BYTES = 2 ** 10;",
    isOptional: true,
  },
  { file: "lib/sync/shared/lock_format.ts", from: "BLOCKED_PLACES = 32;", to: "BLOCKED_PLACES = 2;", isOptional: true },
];

/**
 * Code that is made from text while the program runs gets its twins then. Its serial numbers only keep engines from
 * sharing profiles.
 */
export const EVALUATED: readonly Patch[] = [
  { file: "lib/layout/source.ts", from: "return new Function(", to: "return $evaluate(", isOptional: true },
  { file: "lib/layout/source.ts", from: "${serial++}", to: "", isOptional: true },
];

const RAW_MEMORY = '"../../support/explorer/inside/raw_memory.ts"';

/** The arrays over a mapped file: their stand-ins make steps of what methods access. */
export const MAPPED: readonly Patch[] = [
  mapped("bytes", 'import { readText, writeCutText } from "../layout/internal.ts";', "Uint8Array"),
  mapped(
    "catalog",
    'import { load, sleep, store } from "../atomic/mod.ts";',
    "DataView, Int32Array, Uint32Array, Uint8Array",
  ),
  mapped("header", 'import { libc } from "../../ffi/mod.ts";', "Uint8Array"),
  mapped("participants", 'import { ESRCH } from "../../ffi/linux.ts";', "DataView, Uint32Array"),
  mapped("segment_file", 'import * as linux from "../../ffi/linux.ts";', "DataView, Int32Array, Uint8Array"),
  {
    ...mapped("segment", 'import { type AnyStruct, assertSameLayout, Views } from "../layout/mod.ts";', "Views"),
    to: `import { type AnyStruct, assertSameLayout } from "../layout/mod.ts";\nimport { Views } from ${RAW_MEMORY};`,
  },
];

function mapped(file: string, line: string, names: string): Patch {
  const to = `${line}\nimport { ${names} } from ${RAW_MEMORY};`;
  return { file: `lib/memory/${file}.ts`, from: line, to, isOptional: true };
}

/** Points before the calls of the kernel, which are no accesses to memory. */
export const POINTS_AT_CALLS: readonly Patch[] = [
  {
    file: "lib/atomic/futex.ts",
    from: "if (this.word.length === 0) return true; // detached",
    to: "load(this.word, 0);\n    if (this.word.length === 0) return true; // detached",
  },
  {
    file: "lib/atomic/futex.ts",
    from: "const woken = libc().futex(this.word, FUTEX_WAKE,",
    to: "load(this.word, 0);\n    const woken = libc().futex(this.word, FUTEX_WAKE,",
  },
];

/** The same, of what segments call: the kernel, and writes by methods of arrays. */
export const POINTS_IN_SEGMENTS: readonly Patch[] = [
  ...MAPPED.filter(({ file }) => file !== "lib/memory/segment.ts"), // an object's words are elements of arrays
  {
    file: "ffi/load.ts",
    from: 'import { loadNodeLibc } from "./node.ts";',
    to: 'import { loadNodeLibc } from "./node.ts";\nimport { withPoints } from "../support/explorer/kernel_points.ts";',
  },
  {
    file: "ffi/load.ts",
    from: "return loaded ??= load(globalThis as unknown as Globals);",
    to: "return loaded ??= withPoints(load(globalThis as unknown as Globals));",
  },
  // Its buffer, which is its own, is taken for a mapping if it has a page or more.
  { file: "lib/memory/blank_file.ts", from: "const CHUNK_BYTES = 2 ** 20;", to: "const CHUNK_BYTES = 2 ** 10;" },
  // A script that asks where it lies is not bundled, and starts more slowly.
  { file: "lib/memory/attachments.ts", from: "import.meta.url ?? crypto.randomUUID();", to: "crypto.randomUUID();" },
];
