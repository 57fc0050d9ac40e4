import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** Compiles a C program beside the benchmarks; undefined, and said aloud, where there is no compiler. */
export function compile(source: URL): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "shmkit-bench-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  const program = join(folder, "program");
  const { status, stderr } = spawnSync("cc", ["-O2", "-o", program, fileURLToPath(source)]);
  if (status === 0) return program;
  console.log(`No comparison with C: cc ${status === null ? "was not found" : `failed: ${stderr}`}`);
  return undefined;
}
