import { assertEquals, assertGreater } from "@std/assert";
import { describe, it } from "node:test";
import { readFileSync } from "node:fs";
import ts from "typescript";
import { root } from "../../tasks/project.ts";

const CONFIG = `${root}tests/layout/tsconfig.json`, TYPOS = `${root}tests/layout/typos.ts`;

/** The lines of `typos.ts` at which the compiler finds an error, if the file has this text. Others are not judged. */
function errorLines(text: string): number[] {
  const { config } = ts.readConfigFile(CONFIG, (path) => readFileSync(path, "utf8"));
  const { options, fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, `${root}tests/layout`);
  const host = ts.createCompilerHost(options), { getSourceFile } = host;
  host.getSourceFile = (path, target, ...rest) => {
    return path === TYPOS ? ts.createSourceFile(path, text, target) : getSourceFile(path, target, ...rest);
  };
  const program = ts.createProgram(fileNames, { ...options, types: [] }, host), file = program.getSourceFile(TYPOS)!;
  const found = program.getSemanticDiagnostics(file);
  return [...new Set(found.map(({ start }) => file.getLineAndCharacterOfPosition(start!).line + 1))];
}

describe("the type tests", () => {
  it("refuse each misspelt field, and nothing else", { timeout: 240_000 }, () => {
    const text = readFileSync(TYPOS, "utf8"), lines = text.split("\n");
    const expected = lines.flatMap((line, i) => line.trim().startsWith("// @ts-expect-error ") ? [i + 2] : []);
    assertGreater(expected.length, 30);
    assertEquals(errorLines(text.replaceAll("// @ts-expect-error ", "// ")), expected);
  });
});
