import { describe, it } from "node:test";
import { spawnSync } from "node:child_process";
import { assertEquals } from "@std/assert";
import { array, cHeader, enumeration, type Field, type Struct, struct, u16, u8 } from "../../lib/layout/mod.ts";
import { hasCompiler } from "../../support/machine.ts";
import { Random } from "../../support/random.ts";
import { pick, randomField } from "./random_struct.ts";

const SEED = 4711;

/** Names that C, C++, their compilers or common headers keep, and names that come close to what those become. */
const NASTY: readonly string[] =
  ("int int_ int__ uint32_t uint32_t_ uint8_t int8_t uint_fast16_t size_t ptrdiff_t wchar_t char16_t nullptr_t " +
    "INT32_MAX INT32_MAX_ UINT32_C UINT64_MAX SIZE_MAX WCHAR_MIN UINT8_WIDTH NULL EOF I assert static_assert alignof " +
    "offsetof class class_ new this template and not_eq bool true typeof co_await module import char double float struct " +
    "union static inline register linux unix errno stdin main _Bool _Static_assert _Alignof __LINE__ x__LINE__ xx__LINE__ " +
    "__FILE__ __cplusplus __x86_64__ _ __ ___ _a x_a SHMKIT_a xSHMKIT_a printf exit read").split(" ");

/** Every language in which headers must compile, by the command that checks what it reads. */
const skip = hasCompiler ? false : "no C compiler";
const skipCpp = spawnSync("c++", ["--version"]).status === 0 ? false : "no C++ compiler";
const LANGUAGES: readonly [name: string, skip: string | false, command: string, args: string[]][] = [
  ["C11", skip, "cc", ["-x", "c", "-std=c11"]],
  ["C with a compiler's extensions", skip, "cc", ["-x", "c"]],
  ["C++11", skipCpp, "c++", ["-x", "c++", "-std=c++11"]],
  ["C++20", skipCpp, "c++", ["-x", "c++", "-std=c++20"]],
];

function compile(command: string, args: readonly string[], program: string): void {
  const { status, stderr } = spawnSync(
    command,
    [...args, "-Wall", "-Wextra", "-Werror", "-pedantic", "-fsyntax-only", "-"],
    { input: program, encoding: "utf8", maxBuffer: 2 ** 26 },
  );
  if (status !== 0) throw new Error(`${stderr.slice(0, 4000)}\n${program}`);
}

/** The member names of a printed struct, in order. */
function members(header: string, name: string): string[] {
  const body = header.match(new RegExp(`typedef struct ${name} \\{\\n([^}]*)\\}`))![1];
  return body.trimEnd().split("\n").map((line) => line.match(/^ {2}\w+ (\w+)/)![1]);
}

/** A struct of bytes. */
function bytesNamed(name: string, names: readonly string[]): Struct {
  return struct(name, Object.fromEntries(names.map((each) => [each, u8])));
}

/** An enumeration with values that no other has, so that two of one name would not pass as the same. */
function nastyEnumeration(random: Random): Field {
  const members: Record<string, number> = {};
  for (let i = 1 + random.below(5); i > 0; i--) members[pick(random, ["a", "b", "a_b", ...NASTY])] = random.u32();
  return enumeration(members);
}

/** A struct whose fields are named as keywords, types, macros, its own constants, itself and its parts. */
function nastyStruct(random: Random, name: string, depth = 0): Struct {
  const fields: Record<string, Field> = {};
  const parts = ["a", "b", "a_b", "int"];
  for (let i = 3 + random.below(12); i > 0; i--) {
    const a = pick(random, NASTY), b = pick(random, parts), c = pick(random, parts);
    const key = pick(random, [a, `${a}_`, `x${a}`, b, name, `${name}_`, `${name}_${b}_${c}`, `${name}_${b}_${a}`]);
    if (random.below(3) === 0) fields[key] = nastyEnumeration(random);
    else if (random.below(4) > 0 || depth > 1) fields[key] = randomField(random, 2);
    else {
      const inner = nastyStruct(random, `${name}_${parts[depth]}`, depth + 1);
      fields[pick(random, [inner.name, `${inner.name}_`, key])] = random.below(2) === 0 ? inner : array(inner, 2);
      return struct(name, fields); // one part, as two of one name would be refused
    }
  }
  return struct(name, fields);
}

describe("names in C headers", () => {
  it("follow from the name alone, and two never become one", () => {
    const names = [...new Set(NASTY.flatMap((name) => [name, `${name}_`, `x${name}`]))];
    const all = members(cHeader(bytesNamed("All", names)), "All");
    assertEquals(new Set(all).size, names.length);
    names.forEach((name, i) => assertEquals(members(cHeader(bytesNamed("One", [name])), "One"), [all[i]]));
  });

  it("change only where they must", () => {
    const names = ["int", "__LINE__", "INT8_MAX", "uint8_t", "bid", "x_", "Quote", "toString"];
    assertEquals(members(cHeader(bytesNamed("S", names)), "S"), [
      "int_",
      "x__LINE__",
      "INT8_MAX_",
      "uint8_t_",
      "bid",
      "x_",
      "Quote",
      "toString",
    ]);
    const Quote = bytesNamed("Quote", ["bid"]);
    assertEquals(members(cHeader(struct("S", { Quote, quote: u8 })), "S"), ["Quote_", "quote"]);
  });

  it("of constants differ from all others", () => {
    const Part = struct("A_b", { c: enumeration({ d: 7 }) });
    const b = enumeration({ buy: 1, c_d: 2 }), b_c = enumeration({ d: 3 });
    assertEquals(cHeader(struct("A", { b, b_c, A_b_buy: u8, part: Part })).match(/#define A.*/g), [
      "#define A_b_c_d UINT32_C(7)",
      "#define A_b_buy_ UINT32_C(1)",
      "#define A_b_c_d_ UINT32_C(2)",
      "#define A_b_c_d__ UINT32_C(3)",
    ]);
    const header = cHeader(struct("INT", { FAST8: enumeration("MAX") }));
    assertEquals(header.match(/#define INT.*/g), ["#define INT_FAST8_MAX_ UINT32_C(0)"]);
  });

  for (const [language, skip, command, args] of LANGUAGES) {
    it(`compile as ${language}, seed ${SEED}`, { skip, timeout: 240_000 }, () => {
      const random = new Random(SEED);
      const headers = Array.from({ length: 60 }, (_, i) => cHeader(nastyStruct(random, `T${i}`)));
      // Structs with all of the names, each in a field of its own name, in the next one's and in an array's.
      const structs = NASTY.map((name, i) =>
        struct(name, { [name]: u16, [NASTY[(i + 1) % NASTY.length]]: nastyEnumeration(random) })
      );
      const fields = structs.flatMap((each, i): [string, Field][] => [
        [each.name, each],
        [`${NASTY[(i + 1) % NASTY.length]}_of`, array(each, 2)],
      ]);
      headers.push(cHeader(struct("Nasty", Object.fromEntries(fields))));
      // A header twice, and two with a struct in common.
      const Common = bytesNamed("Common", ["a"]), common = [Common, struct("WithCommon", { Common, b: Common })];
      headers.push(...common.map(cHeader), ...common.map(cHeader), headers[0]);
      // Names longer than a string may be.
      headers.push(cHeader(bytesNamed("L".repeat(5000), ["m".repeat(5000)])));
      compile(command, args, headers.join("\n"));
    });
  }

  it("of two different structs are not mixed up silently", { skip }, () => {
    const [first, second] = [["a"], ["b"]].map((names) => cHeader(bytesNamed("Same", names)));
    let failed = false;
    try {
      compile("cc", ["-x", "c", "-std=c11"], `${first}\n${second}`);
    } catch {
      failed = true;
    }
    assertEquals(failed, true);
  });
});
