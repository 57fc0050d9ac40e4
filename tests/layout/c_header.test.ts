import { describe, it } from "node:test";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  array,
  bool,
  bytes,
  chars,
  cHeader,
  decimal,
  enumeration,
  f32,
  f64,
  i32,
  i64,
  type Struct,
  struct,
  u16,
  u53,
  u8,
  Views,
} from "../../lib/layout/mod.ts";
import { hasCompiler } from "../../support/machine.ts";
import { Random } from "../../support/random.ts";
import { randomStruct } from "./random_struct.ts";

const SEED = 77;
const skip = hasCompiler ? false : "no C compiler";

/** Compiles and runs a C program in a folder of its own; `use` gets the folder before it runs. */
function runC(
  program: string,
  use: (folder: string) => void = () => {},
  after: (folder: string) => void = () => {},
): string {
  const folder = mkdtempSync(join(tmpdir(), "shmkit-"));
  try {
    writeFileSync(join(folder, "main.c"), program);
    const compiled = spawnSync(
      "cc",
      ["-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic", "-o", join(folder, "main"), join(folder, "main.c")],
      { encoding: "utf8" },
    );
    if (compiled.status !== 0) throw new Error(`${compiled.stderr}\n${program}`);
    use(folder);
    const ran = spawnSync(join(folder, "main"), [], { encoding: "utf8", cwd: folder });
    if (ran.status !== 0) throw new Error(`exit ${ran.status}: ${ran.stderr}`);
    after(folder);
    return ran.stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The member names of a printed struct, in order. */
function members(header: string, name: string): string[] {
  const body = header.match(new RegExp(`typedef struct ${name} \\{\\n([^}]*)\\}`))![1];
  return body.trimEnd().split("\n").map((line) => line.match(/^ {2}\w+ (\w+)/)![1]);
}

const Level = struct("Level", { px: decimal(2), qty: f64 });
const Trade = struct("Trade", {
  side: enumeration({ buy: 1, sell: 2 }),
  int: u16,
  int_: u8,
  price: decimal(8),
  time: u53,
  name: chars(6),
  raw: bytes(2),
  live: bool,
  rate: f32,
  delta: i32,
  big: i64,
  grid: array(array(u16, 3), 2),
  levels: array(Level, 2),
});

describe("cHeader", () => {
  it("prints the declarations that C needs", () => {
    const header = cHeader(Trade);
    for (
      const text of [
        "#define Trade_side_sell UINT32_C(2)",
        "  uint8_t side; /* buy, sell */",
        "  uint16_t int_;",
        "  uint8_t int__;",
        "  int64_t price; /* value * 10^8 */",
        "  uint64_t time; /* at most 2^53 - 1 */",
        "  char name[6];",
        "  uint16_t grid[2][3];",
        "  Level levels[2];",
        'static_assert(offsetof(Trade, int_) == 2, "Trade.int");',
        `static_assert(sizeof(Trade) == ${Trade.byteLength}, "Trade");`,
      ]
    ) assertStringIncludes(header, text);
    assertEquals(header.split("typedef struct Level ").length, 2, "each struct once");
  });

  it("refuses two structs of one name", () => {
    const Other = struct("Level", { px: f64 });
    assertThrows(
      () => cHeader(struct("Book", { a: Level, b: Other })),
      TypeError,
      "Cannot print a C header as struct names must be unique: received two different Level",
    );
  });

  it(`agrees with the C compiler about random structs, seed ${SEED}`, { skip, timeout: 240_000 }, () => {
    const random = new Random(SEED), structs = Array.from({ length: 40 }, () => randomStruct(random));
    const prints = structs.map((each: Struct) => {
      const names = members(cHeader(each), each.name);
      const offsets = names.map((name) => `printf("%zu ", offsetof(${each.name}, ${name}));`).join(" ");
      return `${offsets} printf("%zu %zu\\n", sizeof(${each.name}), _Alignof(${each.name}));`;
    });
    const output = runC(
      `${structs.map(cHeader).join("\n")}\n#include <stdio.h>\nint main(void) {\n${prints.join("\n")}\nreturn 0; }\n`,
    );
    const expected = structs.map((each) =>
      [...each.fields.map(({ byteOffset }) => byteOffset), each.byteLength, each.alignment].join(" ")
    );
    assertEquals(output.trim().split("\n"), expected);
  });

  it("shares bytes with C, both ways", { skip, timeout: 240_000 }, () => {
    const view = Trade.alloc(), memory = Trade.viewsOf(view);
    Trade.assign(view, {
      side: "sell",
      int: 65535,
      int_: 7,
      price: -60000.12345678,
      time: 2 ** 53 - 1,
      name: "héllo",
      raw: new Uint8Array([1, 255]),
      live: true,
      rate: 0.25,
      delta: -5,
      big: -(2n ** 63n),
      grid: [[1, 2, 3], [4, 5, 6]],
      levels: [{ px: 1.5, qty: 0.1 }, { px: -0.01, qty: -1e300 }],
    });
    const program = `${cHeader(Trade)}
#include <stdio.h>
#include <string.h>
#define CHECK(x) if (!(x)) { fprintf(stderr, "%s\\n", #x); return 1; }
int main(void) {
  Trade t;
  FILE *f = fopen("bytes", "rb");
  CHECK(f && fread(&t, sizeof t, 1, f) == 1)
  fclose(f);
  CHECK(t.side == Trade_side_sell && t.int_ == 65535 && t.int__ == 7)
  CHECK(t.price == INT64_C(-6000012345678) && t.time == (UINT64_C(1) << 53) - 1)
  CHECK(memcmp(t.name, "h\\xc3\\xa9llo", 6) == 0 && t.raw[0] == 1 && t.raw[1] == 255 && t.live == 1)
  CHECK(t.rate == 0.25f && t.delta == -5 && t.big == INT64_MIN && t.grid[1][0] == 4 && t.grid[0][2] == 3)
  CHECK(t.levels[0].px == 150 && t.levels[0].qty == 0.1 && t.levels[1].px == -1 && t.levels[1].qty == -1e300)
  t.side = Trade_side_buy; t.int_ = 1; t.int__ = 2; t.price = 1; t.time = UINT64_C(1) << 40;
  memset(t.name, 0, sizeof t.name); strcpy(t.name, "abc");
  t.raw[1] = 9; t.live = 0; t.rate = -0.5f; t.delta = INT32_MIN; t.big = INT64_MAX; t.grid[1][2] = 99;
  t.levels[1].px = 12345; t.levels[1].qty = 2.5;
  f = fopen("bytes", "wb");
  CHECK(f && fwrite(&t, sizeof t, 1, f) == 1 && fclose(f) == 0)
  return 0;
}
`;
    runC(
      program,
      (folder) =>
        writeFileSync(join(folder, "bytes"), memory.u8.subarray(0, Trade.byteLength) as Uint8Array<ArrayBuffer>),
      (folder) => memory.u8.set(readFileSync(join(folder, "bytes"))),
    );
    assertEquals(Trade.toObject(Trade.view(new Views(memory.buffer))), {
      side: "buy",
      int: 1,
      int_: 2,
      price: 1e-8,
      time: 2 ** 40,
      name: "abc",
      raw: new Uint8Array([1, 9]),
      live: false,
      rate: -0.5,
      delta: -(2 ** 31),
      big: 2n ** 63n - 1n,
      grid: [[1, 2, 3], [4, 5, 99]],
      levels: [{ px: 1.5, qty: 0.1 }, { px: 123.45, qty: 2.5 }],
    });
  });

  if (!hasCompiler) process.stderr.write("tests/layout/c_header.test.ts: no C compiler, two tests skipped\n");
});
