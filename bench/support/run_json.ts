import { spawnSync } from "node:child_process";

/** Runs a process to its end and parses the line it prints. */
export function runJson<T>(file: string, args: readonly (string | number)[]): T {
  const { status, signal, stdout, stderr, error } = spawnSync(file, args.map(String), { encoding: "utf8" });
  if (status === 0) return JSON.parse(stdout);
  throw new Error(`${file} ${args.join(" ")} ended with ${error?.message ?? signal ?? `code ${status}`}: ${stderr}`);
}
