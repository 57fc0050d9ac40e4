import { assertEquals } from "@std/assert";
import { describe, it } from "node:test";
import { importCircles, violationsOf } from "../../tasks/import_rule.ts";

function assertBreaks(path: string, text: string, reason: string): void {
  assertEquals(violationsOf(path, text), [`${path}:1: ${reason}`]);
}

function assertHolds(path: string, text: string): void {
  assertEquals(violationsOf(path, text), []);
}

describe("the import rule", () => {
  it("lets imports go down", () => {
    assertHolds("lib/memory/a.ts", `import { b } from "../layout/mod.ts"; export * from "../../ffi/mod.ts";`);
    assertHolds("lib/layout/a.ts", `import type { Word } from "../atomic/mod.ts";`);
    assertHolds("lib/channel/a.ts", `import { ClosedError } from "../errors.ts";`);
    assertHolds("lib/errors.ts", `export { ShmkitError } from "../ffi/mod.ts";`);
    assertHolds("mod.ts", `export { b } from "./lib/channel/mod.ts";`);
  });

  it("lets other folders in by the doors only", () => {
    const reason = "of another folder, only mod.ts and internal.ts";
    assertHolds("lib/memory/a.ts", `import { b } from "../layout/internal.ts";`);
    assertHolds("lib/memory/a.ts", `import * as system from "../../ffi/system.ts";`);
    assertBreaks("lib/memory/a.ts", `import { b } from "../layout/text.ts";`, `imports lib/layout/text.ts: ${reason}`);
    assertBreaks("lib/memory/a.ts", `import "../../ffi/bun.ts";`, `imports ffi/bun.ts: ${reason}`);
    assertBreaks("mod.ts", `export * from "./lib/sync/event.ts";`, `imports lib/sync/event.ts: ${reason}`);
  });

  it("keeps siblings apart", () => {
    assertHolds("lib/channel/spsc_ring/a.ts", `import { b } from "../shared/b.ts";`);
    assertHolds("lib/channel/shared/a.ts", `import { b } from "./b.ts";`);
    assertBreaks(
      "lib/channel/spsc_ring/a.ts",
      `import { b } from "../byte_ring/b.ts";`,
      "imports lib/channel/byte_ring/b.ts: siblings share what is in shared/",
    );
  });

  it("lets a folder import from itself", () => {
    assertHolds("lib/memory/deep/a.ts", `import { b } from "../b.ts";`);
  });

  it("refuses imports that go up or across", () => {
    assertBreaks("lib/memory/a.ts", `import "../channel/b.ts";`, "imports lib/channel/b.ts: imports go down only");
    assertBreaks("lib/atomic/a.ts", `import "../layout/b.ts";`, "imports lib/layout/b.ts: imports go down only");
    assertBreaks("ffi/a.ts", `import "../lib/errors.ts";`, "imports lib/errors.ts: imports go down only");
    assertBreaks("lib/errors.ts", `import "./atomic/mod.ts";`, "imports lib/atomic/mod.ts: imports go down only");
    assertBreaks("lib/memory/a.ts", `import "../../mod.ts";`, "imports mod.ts: imports go down only");
  });

  it("sees every form of import", () => {
    const reason = "imports lib/cli/b.ts: imports go down only";
    assertBreaks("lib/sync/a.ts", `import type { B } from "../cli/b.ts";`, reason);
    assertBreaks("lib/sync/a.ts", `export { b } from "../cli/b.ts";`, reason);
    assertBreaks("lib/sync/a.ts", `const b = await import("../cli/b.ts");`, reason);
    assertBreaks("lib/sync/a.ts", `type B = typeof import("../cli/b.ts");`, reason);
  });

  it("refuses packages, runtime modules and what lies outside", () => {
    assertBreaks("lib/memory/a.ts", `import { join } from "node:path";`, "imports node:path: imports are relative");
    assertBreaks("ffi/bun.ts", `import { dlopen } from "bun:ffi";`, "imports bun:ffi: imports are relative");
    assertBreaks("lib/cli/a.ts", `import $ from "dax";`, "imports dax: imports are relative");
    assertBreaks(
      "lib/cli/a.ts",
      `import "../../tests/b.ts";`,
      "imports tests/b.ts, which belongs to no floor",
    );
    assertBreaks(
      "lib/cli/a.ts",
      "await import(name);",
      "imports what is known only when it runs: imports are relative",
    );
  });

  it("lets the command alone have its packages and Node's modules", () => {
    assertHolds(
      "lib/cli/view/a.ts",
      `import pc from "picocolors"; import process from "node:process"; process.argv;`,
    );
    assertBreaks("lib/cli/a.ts", "Deno.pid;", "names Deno: only ffi/ may");
    assertBreaks("lib/memory/a.ts", `import "commander";`, "imports commander: imports are relative");
    assertBreaks("lib/wait/a.ts", `import "../cli/a.ts";`, "imports lib/cli/a.ts: imports go down only");
    assertBreaks("mod.ts", `import "./lib/cli/a.ts";`, "imports ./lib/cli/a.ts: the command has packages");
  });

  it("refuses a file without a floor", () => {
    assertEquals(violationsOf("lib/odd/a.ts", ""), ["lib/odd/a.ts: belongs to no floor"]);
  });

  it("refuses runtimes' names outside ffi/", () => {
    for (const text of ["Deno.pid;", `globalThis.Deno;`, `globalThis["Deno"];`, `"Deno" in globalThis;`]) {
      assertBreaks("lib/memory/a.ts", text, "names Deno: only ffi/ may");
      assertHolds("ffi/a.ts", text);
    }
    assertBreaks("lib/memory/a.ts", "type P = Deno.PointerValue;", "names Deno: only ffi/ may");
    assertBreaks("lib/memory/a.ts", "const held = { process };", "names process: only ffi/ may");
    assertBreaks("mod.ts", "Bun.gc(true);", "names Bun: only ffi/ may");
  });

  it("refuses Atomics outside its file", () => {
    const text = "Atomics.load(words, 0);";
    assertHolds("lib/atomic/atomics.ts", text);
    assertBreaks("lib/atomic/futex.ts", text, "names Atomics: only lib/atomic/atomics.ts may");
    assertBreaks("ffi/a.ts", text, "names Atomics: only lib/atomic/atomics.ts may");
  });

  it("lets comments, texts and members say the names", () => {
    assertHolds("lib/memory/a.ts", '/** Deno, `import "node:fs"`, {@link Atomics} */ export const a = 1; // Bun');
    assertHolds("lib/memory/a.ts", "const message = `Cannot run under Bun: ${1} Deno`;");
    assertHolds("lib/memory/a.ts", "entry.process; const entry = { process: 1 }; interface Entry { process: number }");
  });
});

describe("import circles", () => {
  it("are found, types included", () => {
    const texts = new Map([
      ["lib/layout/a.ts", `import { b } from "./b.ts";`],
      ["lib/layout/b.ts", `import { c } from "./c.ts";`],
      ["lib/layout/c.ts", `import type { b } from "./b.ts";`],
    ]);
    assertEquals(importCircles(texts), ["import circle: lib/layout/b.ts → lib/layout/c.ts → lib/layout/b.ts"]);
  });

  it("are not seen in a diamond", () => {
    const texts = new Map([
      ["lib/layout/a.ts", `import "./b.ts"; import "./c.ts";`],
      ["lib/layout/b.ts", `import "./d.ts";`],
      ["lib/layout/c.ts", `import "./d.ts";`],
      ["lib/layout/d.ts", ""],
    ]);
    assertEquals(importCircles(texts), []);
  });
});
