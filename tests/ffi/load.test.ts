import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { UnsupportedError } from "@shmkit/shmkit";
import { loadBunLibc } from "../../ffi/bun.ts";
import { loadDenoLibc } from "../../ffi/deno.ts";
import { SYSCALLS } from "../../ffi/linux.ts";
import { load, OLDEST } from "../../ffi/load.ts";
import { loadNodeLibc } from "../../ffi/node.ts";
import { type CSignature, type Kind, SIGNATURES } from "../../ffi/signatures.ts";
import { Peer } from "../../support/peer.ts";
import { command } from "../../support/runtimes.ts";

const SCRIPT = new URL("./permission_peer.ts", import.meta.url);
const LOCAL_PARTS = new URL("./local_parts_peer.ts", import.meta.url);
const noFfi = { dlopen: () => assert(false, "must not be reached") };

describe("libc is refused", () => {
  const bun = (version: string, platform = "linux", arch = "x64") => ({
    Bun: { version },
    process: { platform, arch, getBuiltinModule: () => noFfi },
  });
  const deno = (version: string, os = "linux", arch = "x86_64") => ({
    Deno: { version: { deno: version }, build: { os, arch }, ...noFfi },
  });
  const node = (version: string, ffi: unknown = noFfi, platform = "linux") => ({
    process: { platform, arch: "x64", versions: { node: version }, getBuiltinModule: () => ffi },
  });
  const cases: [title: string, globals: Record<string, unknown>, code: string, says: string][] = [
    ["elsewhere", { process: { platform: "linux", arch: "x64" } }, "RUNTIME", "none of Bun, Deno and Node"],
    ["by an older Node", node("20.20.2"), "VERSION", `Node 20.20.2 as Node must be ${OLDEST.node} or newer`],
    ["by Node of the year before", node("26.8.1"), "VERSION", "Node 26.8.1"],
    ["by Node without node:ffi", node("26.10.0", null), "RUNTIME", "this Node 26.10.0 has no node:ffi"],
    ["by Node on Windows", node("26.10.0", noFfi, "win32"), "PLATFORM", "on win32 x64"],
    ["in a browser", {}, "RUNTIME", "Region.over(new SharedArrayBuffer(n)) works everywhere"],
    ["by an older Bun", bun("1.3.9"), "VERSION", `Bun 1.3.9 as Bun must be ${OLDEST.bun} or newer`],
    ["by a much older Bun", bun("0.8.1"), "VERSION", "Bun 0.8.1"],
    ["by an older Deno", deno("2.4.5"), "VERSION", `Deno 2.4.5 as Deno must be ${OLDEST.deno} or newer`],
    ["by Deno 1", deno("1.46.3"), "VERSION", "Deno 1.46.3"],
    ["on Windows", bun("1.4.5", "win32"), "PLATFORM", "on win32 x64 as only Linux"],
    ["on macOS", deno("2.9.6", "darwin", "aarch64"), "PLATFORM", "on darwin arm64 as only Linux"],
    ["on 32-bit ARM", bun("1.4.5", "linux", "arm"), "PLATFORM", "on linux arm as only"],
  ];
  for (const [title, globals, code, says] of cases) {
    it(title, () => assertEquals(assertThrows(() => load(globals), UnsupportedError, says).code, code));
  }

  it("where there is none, by either name, with both causes", () => {
    const tried: string[] = [];
    const dlopen = (library: string) => {
      tried.push(library);
      throw new Error(`no ${library}`);
    };
    const globals = { Deno: { version: { deno: "2.9.6" }, build: { os: "linux", arch: "aarch64" }, dlopen } };
    const error = assertThrows(() => load(globals), UnsupportedError, "libc.so.6, libc.musl-aarch64.so.1");
    assertEquals([error.code, tried], ["LIBC", ["libc.so.6", "libc.musl-aarch64.so.1"]]);
    assertEquals((error.cause as AggregateError).errors.map(String), [
      "Error: no libc.so.6",
      "Error: no libc.musl-aarch64.so.1",
    ]);
  });

  for (const permissions of [["--allow-read=."], ["--allow-read=.", "--allow-ffi=libc.so.6"]]) {
    it(`by Deno with ${permissions.join(" ")}; importing the package needs no permission`, async () => {
      const peer = Peer.start("deno", SCRIPT, [], {}, { permissions });
      const { imported, local, code, message } = await peer.next<Record<string, string>>();
      assertEquals([imported, local, code], ["yes", "works", "PERMISSION"]);
      assertMatch(message, /run it with --allow-ffi/);
      await peer.succeeded();
    });
  }

  it("by Node with --permission alone, and not with --allow-ffi", () => {
    for (const [flags, expected] of [[[], "PERMISSION"], [["--allow-ffi"], "none"]] as const) {
      const { file, args } = command("node", fileURLToPath(SCRIPT));
      const all = ["--permission", "--allow-fs-read=*", ...flags, ...args];
      const { stdout, stderr } = spawnSync(file, all, { encoding: "utf8" });
      assert(stdout !== "", stderr);
      const { imported, local, code, message } = JSON.parse(stdout);
      assertEquals([imported, local, code], ["yes", "works", expected]);
      if (code !== "none") assertMatch(message, /with --permission .* run it with --allow-ffi, too/);
    }
  });

  for (const runtime of ["bun", "deno", "node"] as const) {
    it(`never in ${runtime} for parts over a SharedArrayBuffer, which do not load it, however they wait`, async () => {
      const peer = Peer.start(runtime, LOCAL_PARTS, [], {}, { permissions: [] });
      assertEquals(await peer.next(), { loads: 0, isSpied: true });
      await peer.succeeded();
    });
  }

  it("not by Deno with --allow-ffi alone", async () => {
    const peer = Peer.start("deno", SCRIPT, [], {}, { permissions: ["--allow-ffi"] });
    assertEquals(await peer.next(), { imported: "yes", local: "works", code: "none", message: "" });
    await peer.succeeded();
  });
});

describe("the table of C functions", () => {
  const entries = Object.entries<CSignature>(SIGNATURES);

  it("lists those of Libc in its order", () => {
    const libc = readFileSync(new URL("../../ffi/libc.ts", import.meta.url), "utf8");
    const members = [...libc.matchAll(/^ {2}(\w+)\(/gm)].map(([, name]) => name);
    const names = entries.map(([name]) => name);
    assert(names.length > 25);
    // errno and what the runtime adds to C come last.
    assertEquals(names.slice(0, -1), members.slice(0, names.length - 1));
    assertEquals([names.at(-1), members[names.length - 1]], ["errno_location", "errno"]);
  });

  /** What a backend opens: functions by C's name, what they take and what they give. */
  type Opened = [symbol: string, takes: readonly string[], gives: string][];
  const memory = () => new ArrayBuffer(4), source = { library: "libc.so.6", syscalls: SYSCALLS.x64 };
  const opening =
    (opened: Opened, read: (name: string, signature: never) => Opened[number]) =>
    (_library: string, some: Record<string, never>) => {
      opened.push(...Object.entries(some).map(([name, signature]) => read(name, signature)));
      const functions = Object.fromEntries(Object.keys(some).map((name) => [name, () => null]));
      return { symbols: functions, functions };
    };
  const backends: [runtime: string, memory: string, address: string, load: (opened: Opened) => void][] = [
    ["Bun", "ptr", "ptr", (opened) => {
      type Signature = { args: string[]; returns: string };
      const dlopen = opening(
        opened,
        (name, { args, returns }: Signature) => [name, args, returns.replace("_fast", "")],
      );
      loadBunLibc({ dlopen, toArrayBuffer: memory }, source);
    }],
    ["Deno", "buffer", "pointer", (opened) => {
      type Signature = { name: string; parameters: string[]; result: string };
      const dlopen = opening(opened, (_, { name, parameters, result }: Signature) => [name, parameters, result]);
      loadDenoLibc({ dlopen, UnsafePointerView: { getArrayBuffer: memory } }, source);
    }],
    ["Node", "pointer", "pointer", (opened) => {
      type Signature = { arguments: string[]; return: string };
      const short = (type: string) => type.replace(/^(u?)int/, (_, unsigned) => unsigned === "" ? "i" : "u");
      const read = (name: string, { arguments: takes, return: gives }: Signature): Opened[number] => {
        return [name, takes.map(short), short(gives)];
      };
      loadNodeLibc({ dlopen: opening(opened, read), toArrayBuffer: memory }, source);
    }],
  ];
  for (const [runtime, memoryType, addressType, load] of backends) {
    it(`is what ${runtime} is given in its words, each function once`, () => {
      const opened: Opened = [];
      load(opened);
      const wordOf = (kind: Kind) => kind === "memory" ? memoryType : kind === "address" ? addressType : kind;
      const expected = entries.map(([name, { takes, gives, symbol = name }]): Opened[number] => [
        symbol,
        // To Node go zeros, too, up to nine values: `ffi/node.ts` explains why.
        takes.map(wordOf).concat(Array(runtime === "Node" ? 9 - takes.length : 0).fill("i32")),
        // In Bun a pointer is never -1, as which a failure comes.
        gives === "address" && runtime === "Bun" ? "i64" : wordOf(gives),
      ]);
      const sorted = (list: Opened) => list.map((one) => JSON.stringify(one)).sort();
      assertEquals(sorted(opened), sorted(expected));
    });
  }
});
