/**
 * Processes of a script that `serve`s, by the hundred: each is a fork of one that has loaded it.
 *
 * @module
 */
import { basename } from "node:path";
import process from "node:process";
import type { ForkNews, ForkOrder } from "./in_fork.ts";
import { type Exit, Peer } from "./peer.ts";
import type { Runtime } from "./runtimes.ts";

/** Without threads of the engine's own, which a fork would not have. */
const ENV: Record<string, string> = {
  SHMKIT_FORKS: "1",
  BUN_JSC_useConcurrentGC: "0",
  BUN_JSC_useConcurrentJIT: "0",
  BUN_JSC_numberOfGCMarkers: "1",
};
const FLAGS = ["--allow-all", "--v8-flags=--single-threaded"];

const SIGSEGV = 11;

/** Those that fork and have no child now, by runtime and script. */
const idle = new Map<string, Peer[]>();
const all = new Set<Peer>();

/** A process that runs a script: a child of one that was started before. */
export class Fork {
  readonly runtime: Runtime;
  /** The script's name, without its ending. */
  readonly script: string;
  readonly #key: string;
  readonly #parent: Peer;
  readonly #errorsBefore: number;
  readonly #lines: unknown[] = [];
  readonly #waiting: { resolve(line: unknown): void; reject(error: Error): void }[] = [];
  #pid = 0;
  #exit: Exit | undefined;
  /** Resolves once the process has ended. */
  readonly exited: Promise<Exit>;

  private constructor(runtime: Runtime, script: URL, args: readonly string[]) {
    this.runtime = runtime;
    this.script = basename(script.pathname).replace(/(_peer)?\.ts$/, "");
    this.#key = `${runtime} ${script}`;
    const parent = idle.get(this.#key)?.pop() ?? Peer.start(runtime, script, [], ENV, { permissions: FLAGS });
    all.add(parent);
    this.#parent = parent;
    this.#errorsBefore = parent.errors.length;
    this.exited = this.#listen({ args });
  }

  /** Starts a script; arguments go over as text. */
  static start(runtime: Runtime, script: URL, args: readonly (string | number)[] = []): Fork {
    return new Fork(runtime, script, args.map(String));
  }

  /** Ends all processes, the parents too. To be called when the tests of a file are done. */
  static async endAll(): Promise<void> {
    idle.clear();
    const parents = [...all];
    all.clear();
    for (const parent of parents) process.kill(parent.pid, "SIGKILL"); // its child dies with it
    await Promise.all(parents.map((parent) => parent.exited));
  }

  /** The process id, once it has said anything. */
  get pid(): number {
    return this.#pid;
  }

  /** Whether it runs, or is stopped. */
  get isRunning(): boolean {
    return this.#pid !== 0 && this.#exit === undefined;
  }

  /** What it wrote to standard error. */
  get errors(): string {
    return this.#parent.errors.slice(this.#errorsBefore);
  }

  /** The next line it prints, parsed. Fails if the process ends first. */
  next<T>(): Promise<T> {
    if (this.#lines.length > 0) return Promise.resolve(this.#lines.shift() as T);
    if (this.#exit !== undefined) return Promise.reject(this.#ended());
    return new Promise((resolve, reject) =>
      this.#waiting.push({ resolve: resolve as (line: unknown) => void, reject })
    );
  }

  /** Sends a line of JSON. Whoever is to be killed must have read it before: it says so. */
  send(value: unknown): void {
    this.#parent.send(value);
  }

  /** Sends a signal. One that has ended meanwhile gets none. */
  kill(signal: "SIGKILL" | "SIGSTOP" | "SIGCONT" = "SIGKILL"): void {
    if (this.isRunning) process.kill(this.#pid, signal);
  }

  async #listen(order: ForkOrder): Promise<Exit> {
    this.#parent.send(order);
    try {
      while (true) {
        const line = await this.#parent.next<ForkNews>();
        if (typeof line === "object" && line !== null && "born" in line) this.#pid = line.born;
        else if (typeof line === "object" && line !== null && "ended" in line) {
          if (this.#pid !== 0 || (line.ended & 0x7f) !== SIGSEGV) return this.#end(line.ended);
          // Its engine took memory in the last moment before the fork, and kept it from the child: once more.
          this.#parent.send(order);
        } else if (this.#waiting.length > 0) this.#waiting.shift()!.resolve(line);
        else this.#lines.push(line);
      }
    } catch {
      return this.#end(9); // the parent has ended, and so has its child
    }
  }

  /** Ends with what `waitpid` says. */
  #end(status: number): Exit {
    const signal = status & 0x7f;
    this.#exit = {
      code: signal === 0 ? status >> 8 : null,
      signal: signal === 0 ? null : signal === 9 ? "SIGKILL" : `signal ${signal}`,
    };
    if (all.has(this.#parent)) idle.set(this.#key, [...idle.get(this.#key) ?? [], this.#parent]);
    for (const { reject } of this.#waiting.splice(0)) reject(this.#ended());
    return this.#exit;
  }

  #ended(): Error {
    const { signal, code } = this.#exit!;
    return new Error(`Process ${this.#pid} of ${this.#key} ended with ${signal ?? `code ${code}`}: ${this.errors}`);
  }
}
