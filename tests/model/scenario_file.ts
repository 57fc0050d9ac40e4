import { readdirSync } from "node:fs";

/** The path of a file of scenarios, from the project's root. */
export function scenarioFile(name: string): string {
  return `tests/model/scenarios/${name}.ts`;
}

/** The names of all files of scenarios, in order. */
export function scenarioFiles(): string[] {
  return readdirSync(new URL("./scenarios/", import.meta.url)).map((name) => name.replace(".ts", "")).sort();
}
