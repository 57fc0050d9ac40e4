import { assert, assertEquals, assertGreater } from "@std/assert";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";

const ROOT = new URL("../../", import.meta.url);

/** The one file that the desk needs besides the package: it finds the runtimes' binaries. */
const TAKEN_ALONG = ["support/runtimes.ts"];

function json(path: string): Record<string, Record<string, string>> {
  return JSON.parse(readFileSync(new URL(path, ROOT), "utf8"));
}

describe("the desk's files", () => {
  it("import public modules, Node's, and the packages named here, and nothing else of the repository", () => {
    const folder = new URL("examples/desk/", ROOT);
    const modules = Object.values(json("deno.json").exports).map((path) => new URL(path, ROOT).href);
    const own = [...modules, ...TAKEN_ALONG.map((path) => new URL(path, ROOT).href)];
    const { devDependencies, optionalDependencies } = json("package.json");
    const packages = Object.keys({ ...devDependencies, ...optionalDependencies });
    const others = new Set<string>();
    let files = 0;
    for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      if (!name.endsWith(".ts")) continue;
      files++;
      const file = new URL(name, folder), text = readFileSync(file, "utf8");
      for (const [, specifier] of text.matchAll(/^(?:import|export)\b[^;]*? from "([^"]+)";$/gm)) {
        if (specifier.startsWith("node:") || packages.includes(specifier)) continue;
        assert(specifier.startsWith("."), `${name} imports ${specifier}`);
        const path = new URL(specifier, file).href;
        if (!path.startsWith(folder.href)) others.add(path);
      }
    }
    assertEquals([...others].filter((path) => !own.includes(path)), []);
    assertGreater(files, 50);
    assertGreater(others.size, 2);
  });
});
