/**
 * A project that uses the package: a fresh folder outside the repository, and what runs in it.
 *
 * @module
 */
import { spawn } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { runtimes } from "../../support/runtimes.ts";
import { root } from "../project.ts";

/** The package's name. */
export const PACKAGE = "@shmkit/shmkit";

/** The flag that silences Node's warning about its experimental FFI. */
const QUIET = "--disable-warning=ExperimentalWarning";

/** What a program needs under Node's permission model, beside its own files and those of the package. */
const PERMISSIONS = ["--disable-warning=PERM0003", "--permission", "--allow-ffi"];

/** A folder, and commands that are run in it. Each says whether it ended well and warned of nothing. */
export class UserProject {
  readonly #name: string;
  readonly #folder: string;

  /**
   * @param scratch Where to make it.
   * @param files By name: a text, or what a JSON file holds.
   */
  constructor(scratch: string, name: string, files: Readonly<Record<string, unknown>>) {
    this.#name = name;
    this.#folder = join(scratch, name);
    mkdirSync(this.#folder);
    for (const [file, content] of Object.entries({ "package.json": { type: "module" }, ...files })) {
      writeFileSync(this.path(file), typeof content === "string" ? content : JSON.stringify(content));
    }
  }

  /** Where a file of it lies. */
  path(file: string): string {
    return join(this.#folder, file);
  }

  /** Links a package into it, as `npm i ../folder` does. */
  link(name: string, folder: string): void {
    const path = this.path(join("node_modules", name));
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(folder, path);
  }

  bun(...args: string[]): Promise<boolean> {
    return this.run(runtimes.bun, ...args);
  }

  deno(...args: string[]): Promise<boolean> {
    return this.run(runtimes.deno, ...args);
  }

  node(...args: string[]): Promise<boolean> {
    return this.run(runtimes.node, QUIET, ...args);
  }

  /** As `node`, under its permission model. */
  restrictedNode(...args: string[]): Promise<boolean> {
    return this.node(...PERMISSIONS, ...[this.#folder, root].map((folder) => `--allow-fs-read=${folder}`), ...args);
  }

  tsc(): Promise<boolean> {
    return this.bun(`${root}node_modules/typescript/lib/tsc.js`, "-p", ".");
  }

  /** A warning counts as a failure: a user's project must not see any. */
  run(file: string, ...args: string[]): Promise<boolean> {
    const PATH = `${dirname(runtimes.node)}:${process.env.PATH}`;
    const env = { ...process.env, PATH, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" };
    const child = spawn(file, args, { cwd: this.#folder, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => output += data);
    return new Promise((resolve) => {
      child.on("error", (error) => output += error.message);
      child.on("close", (code) => {
        const holds = code === 0 && !/\bwarning\b/i.test(output);
        if (!holds) console.error(`${this.#name}: ${file} ${args.join(" ")} ended with ${code}\n${output}`);
        resolve(holds);
      });
    });
  }
}
