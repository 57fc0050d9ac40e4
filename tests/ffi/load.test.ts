import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { UnsupportedError } from "@shmkit/shmkit";
import { load, OLDEST } from "../../ffi/load.ts";
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
    it(`by nobody in ${runtime}, as parts over a SharedArrayBuffer do not load it, however they wait`, async () => {
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

describe("the tables of the runtimes", () => {
  it("list the same functions in the same order, as Libc does", () => {
    const source = (file: string) => readFileSync(new URL(`../../ffi/${file}`, import.meta.url), "utf8");
    const keysOf = (file: string) => {
      const text = source(file), table = text.slice(text.indexOf("const SIGNATURES"), text.indexOf("\n};"));
      return [...table.matchAll(/^ {2}(\w+): \{/gm)].map(([, key]) => key);
    };
    const members = [...source("libc.ts").matchAll(/^ {2}(\w+)\(/gm)].map(([, name]) => name);
    const bun = keysOf("bun.ts");
    assertEquals(bun, keysOf("deno.ts"));
    assertEquals(bun, keysOf("node.ts"));
    assert(bun.length > 25);
    // errno and what the runtime adds to C come last.
    assertEquals(bun.slice(0, -1), members.slice(0, bun.length - 1));
  });
});
