import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { hasCompiler } from "../../support/machine.ts";

/**
 * Compiles a program in C, or in C++ by its name, for as long as this process lives; undefined, and said aloud, without
 * a compiler.
 */
export function compile(source: URL, flags: readonly string[] = []): string | undefined {
  if (!hasCompiler) {
    console.log("There is no cc here: no comparison with C.");
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), "shmkit-bench-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const program = join(folder, "program");
  const compiler = source.pathname.endsWith(".cpp") ? "c++" : "cc";
  const { status, stderr } = spawnSync(compiler, ["-O2", ...flags, "-o", program, fileURLToPath(source)], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`Cannot compile ${source.pathname}: ${stderr}`);
  return program;
}
