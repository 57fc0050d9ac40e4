import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { pathToFileURL } from "node:url";
import { LatestTable, Mutex, parseSchema, Segment, type Struct } from "@shmkit/shmkit";
import { pythonDeclaration } from "../../lib/cli/schema/python.ts";
import { typescriptDeclaration } from "../../lib/cli/schema/typescript.ts";
import { hasCompiler } from "../../support/machine.ts";
import { withName } from "../../support/segments.ts";
import { shmkit, shmkitJson } from "./command.ts";

/** Every kind of field, nested structs, and names that other languages reserve. */
const SCHEMA = "Quote{class:u8,import:i8,a:u16,b:i16,c:u32,d:i32,e:f32,f:f64,g:bool,h:u64,i:i64,j:u53,k:decimal(8)," +
  "l:chars(5),m:bytes(3),n:enum16(low=0,high=300),o:[[f64;2];3],p:f64{x:u8,__y:[Leg{price:f64};2]},q:Leg{price:f64}}";

const hasPython = spawnSync("python3", ["-c", "import ctypes"]).status === 0;

describe("shmkit schema", () => {
  it("declares a table's records in C, Python and TypeScript", () =>
    withName(async (name) => {
      using segment = Segment.create(name, { byteLength: 65_536 });
      segment.create("quotes", LatestTable, { layout: parseSchema(SCHEMA) as Struct, rows: 1 });
      segment.create("lock", Mutex, {});
      for (const [flag, says] of [["--c", "double price;"], ["--python", "class Quote"], ["--typescript", "struct("]]) {
        const { code, out } = await shmkit(["schema", name, "quotes", flag]);
        assertEquals(code, 0);
        assertStringIncludes(out, says);
      }
      assertEquals((await shmkitJson(["schema", name, "quotes", "--c"])).json.schema, SCHEMA);
      const refusals: [args: string[], code: number, says: string][] = [
        [["schema", name, "lock", "--c"], 1, "it has no schema"],
        [["schema", name, "none", "--c"], 1, "found 'quotes', 'lock'"],
        [["schema", name, "quotes"], 2, "must be given"],
        [["schema", name, "quotes", "--c", "--python"], 2, "must be given"],
      ];
      for (const [args, code, says] of refusals) {
        const answer = await shmkit(args);
        assertEquals(answer.code, code);
        assertStringIncludes(answer.errors, says);
      }
    }));

  it("is TypeScript of the same schema", async () => {
    const folder = mkdtempSync(join(tmpdir(), "shmkit-schema-")), file = join(folder, "quote.ts");
    try {
      const mod = new URL("../../mod.ts", import.meta.url).href;
      writeFileSync(file, typescriptDeclaration(parseSchema(SCHEMA)).replace("@shmkit/shmkit", mod));
      const { Quote } = await import(pathToFileURL(file).href);
      assertEquals(Quote.schema, SCHEMA);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("is Python whose assertions hold", { skip: hasPython ? false : "there is no Python" }, () => {
    const input = `${pythonDeclaration(parseSchema(SCHEMA))}\nprint(ctypes.sizeof(Quote), Quote.class_.offset)\n`;
    const { stdout, stderr } = spawnSync("python3", ["-"], { input, encoding: "utf8" });
    assertEquals([stdout, stderr], [`${parseSchema(SCHEMA).byteLength} 0\n`, ""]);
  });

  it(
    "is a C header that compiles",
    { skip: hasCompiler ? false : "there is no C compiler" },
    () =>
      withName(async (name) => {
        using segment = Segment.create(name, { byteLength: 65_536 });
        segment.create("quotes", LatestTable, { layout: parseSchema(SCHEMA) as Struct, rows: 1 });
        const { out } = await shmkit(["schema", name, "quotes", "--c"]);
        const { status, stderr } = spawnSync("cc", [
          "-std=c11",
          "-Wall",
          "-Wextra",
          "-Wpedantic",
          "-fsyntax-only",
          "-xc",
          "-",
        ], {
          input: out,
          encoding: "utf8",
        });
        assertEquals([status, stderr], [0, ""]);
      }),
  );
});

describe("shmkit doctor", () => {
  it("reports what this machine has, and how to repair what it lacks", async () => {
    const { json } = await shmkitJson(["doctor"]),
      found = new Map<string, { verdict: string; found: string }>(
        json.map((finding: { what: string }) => [finding.what, finding]),
      );
    for (
      const what of ["kernel", "/dev/shm", "a segment", "futex_waitv", "membarrier", "memlock", "cores", "bun", "deno"]
    ) {
      assertEquals(found.has(what), true, what);
    }
    assertEquals(found.get("a segment")?.verdict, "good");
    assertMatch(found.get("/dev/shm")!.found, /free/);
    for (const { verdict, advice } of json) {
      if (verdict === "slow" || verdict === "fails") assertEquals(typeof advice, "string");
    }
    assertMatch((await shmkit(["doctor"])).out, /^good {2}kernel/);
  });
});

describe("shmkit", () => {
  it("prints its commands and its version, and ends with 2 for arguments that it does not understand", async () => {
    const help = await shmkit(["--help"]);
    assertEquals(help.code, 0);
    for (const command of ["list", "inspect", "top", "doctor", "clean", "schema"]) {
      assertMatch(help.out, new RegExp(`^  ${command} `, "m"));
    }
    assertEquals((await shmkit([])).code, 2);
    const { version } = JSON.parse(
      await import("node:fs").then(({ readFileSync }) =>
        readFileSync(new URL("../../package.json", import.meta.url), "utf8")
      ),
    );
    assertEquals((await shmkit(["--version"])).out, `${version}\n`);
  });
});
