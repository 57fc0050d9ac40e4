import { loadBunLibc } from "./bun.ts";
import { loadDenoLibc } from "./deno.ts";
import { UnsupportedError } from "./error.ts";
import type { Libc, LibcSource } from "./libc.ts";
import { SYSCALLS } from "./linux.ts";
import { loadNodeLibc } from "./node.ts";

/** The oldest runtimes the package is tested on. */
export const OLDEST: { readonly bun: string; readonly deno: string; readonly node: string } = {
  bun: "1.4.0",
  deno: "2.5.0",
  node: "26.9.0",
};

/** What is asked of the globals of whichever runtime this is. */
export interface Globals {
  Bun?: { version: string };
  Deno?: { version: { deno: string }; build: { os: string; arch: string } };
  process?: {
    platform?: string;
    arch?: string;
    versions?: { node?: string };
    getBuiltinModule?(name: string): unknown;
  };
}

let loaded: Libc | undefined;

/**
 * Whether the processor is known to keep loads in order and stores in order (x86-64: Intel SDM 3A, 9.2). Where that is
 * not known, payloads are copied with atomic accesses.
 */
export function hasTotalStoreOrder(): boolean {
  const { Deno, process } = globalThis as unknown as Globals;
  return (Deno?.build.arch ?? process?.arch) === "x86_64" || process?.arch === "x64";
}

/**
 * This thread's libc, loaded at the first call.
 *
 * @throws {UnsupportedError} On another runtime, an older one, another platform, without libc or without permission.
 */
export function libc(): Libc {
  return loaded ??= load(globalThis as unknown as Globals);
}

/**
 * This thread's libc if something has loaded it already. What also serves memory that the runtime manages asks here, as
 * loading may ask a person for a permission: a thread that maps no memory needs no libc.
 */
export function loadedLibc(): Libc | undefined {
  return loaded;
}

/** Loads libc for the runtime whose globals are given; apart from `libc` so that tests can pretend another one. */
export function load({ Bun, Deno, process }: Globals): Libc {
  if (Deno !== undefined) {
    requireVersion("Deno", Deno.version.deno, OLDEST.deno);
    const arch = Deno.build.arch === "x86_64" ? "x64" : Deno.build.arch === "aarch64" ? "arm64" : Deno.build.arch;
    return firstThatLoads(Deno.build.os, arch, (source) => loadDenoLibc(Deno, source));
  }
  if (Bun !== undefined) {
    requireVersion("Bun", Bun.version, OLDEST.bun);
    const ffi = process?.getBuiltinModule?.("bun:ffi");
    return firstThatLoads(process?.platform, process?.arch, (source) => loadBunLibc(ffi, source));
  }
  // Bun and Deno report a version of Node, too.
  const node = process?.versions?.node;
  if (node !== undefined) {
    requireVersion("Node", node, OLDEST.node);
    const ffi = process?.getBuiltinModule?.("node:ffi");
    if (ffi === undefined || ffi === null) {
      throw new UnsupportedError(
        "RUNTIME",
        `Cannot share memory between processes as this Node ${node} has no node:ffi; is it switched off?`,
      );
    }
    return firstThatLoads(process?.platform, process?.arch, (source) => loadNodeLibc(ffi, source));
  }
  throw new UnsupportedError(
    "RUNTIME",
    "Cannot share memory between processes as this runtime is none of Bun, Deno and Node; Region.over(new SharedArrayBuffer(n)) works everywhere",
  );
}

function requireVersion(runtime: string, version: string, oldest: string): void {
  const [major, minor] = version.split(".").map(Number);
  const [oldestMajor, oldestMinor] = oldest.split(".").map(Number);
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  throw new UnsupportedError("VERSION", `Cannot use ${runtime} ${version} as ${runtime} must be ${oldest} or newer`);
}

/** Tries glibc's name, then musl's. */
function firstThatLoads(
  platform: string | undefined,
  arch: string | undefined,
  loadFrom: (source: LibcSource) => Libc,
): Libc {
  if (platform !== "linux" || (arch !== "x64" && arch !== "arm64")) {
    throw new UnsupportedError(
      "PLATFORM",
      `Cannot share memory between processes on ${platform} ${arch} as only Linux on x86-64 and arm64 is supported`,
    );
  }
  const libraries = ["libc.so.6", `libc.musl-${arch === "x64" ? "x86_64" : "aarch64"}.so.1`];
  const causes: unknown[] = [];
  for (const library of libraries) {
    try {
      return loadFrom({ library, syscalls: SYSCALLS[arch] });
    } catch (cause) {
      const refusal = permissionRefusal(cause);
      if (refusal !== undefined) throw new UnsupportedError("PERMISSION", refusal, { cause });
      causes.push(cause);
    }
  }
  throw new UnsupportedError("LIBC", `Cannot load libc as none of ${libraries.join(", ")} has all functions`, {
    cause: causes.length === 1 ? causes[0] : new AggregateError(causes),
  });
}

/** What to say of a runtime's refusal of a permission; undefined for another error. */
function permissionRefusal(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  // Deno's: NotCapable since 2.0.
  if (error.name === "NotCapable" || error.name === "PermissionDenied") {
    return "Cannot load libc as Deno was started without the permission: run it with --allow-ffi (a path-scoped grant is not enough)";
  }
  if ((error as { code?: unknown }).code === "ERR_ACCESS_DENIED") {
    return "Cannot load libc as Node was started with --permission and without this one: run it with --allow-ffi, too";
  }
  return undefined;
}
