/**
 * Other processes, of either runtime or of another language, that run beside a test and talk with it in lines of JSON.
 *
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { bundled } from "./bundle.ts";
import { command, type Runtime } from "./runtimes.ts";

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** How a process is started. */
export interface PeerOptions {
  /**
   * Shell words before the command, such as "ulimit -n 64 && exec". If they mount something, they run in a mount
   * namespace of their own.
   */
  readonly prefix?: string;
  /** Deno's permission flags, instead of all. */
  readonly permissions?: readonly string[];
}

/** Running peers. A test that fails leaves some, which would run for ever. */
const running = new Set<number>();

process.on("exit", () => {
  for (const pid of running) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has just ended.
    }
  }
});

/** A process that runs a script. */
export class Peer {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #waiting: { resolve(line: string): void; reject(error: Error): void }[] = [];
  #errors = "";
  /** Resolves once the process has ended and its output was read. */
  readonly exited: Promise<Exit>;

  private constructor(
    { file, args: all }: { file: string; args: readonly string[] },
    env: Record<string, string>,
    prefix: string | undefined,
  ) {
    const [start, startArgs] = prefix === undefined ? [file, all] : shell(prefix, file, all);
    this.#child = spawn(start, startArgs, { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, ...env } });
    const pid = this.#child.pid;
    if (pid !== undefined) running.add(pid);
    this.#child.stderr!.on("data", (data) => this.#errors += data);
    createInterface({ input: this.#child.stdout! }).on("line", (line) => {
      const next = this.#waiting.shift();
      if (next) next.resolve(line);
      else this.#lines.push(line);
    });
    this.exited = new Promise((resolve) => {
      this.#child.on("exit", () => void running.delete(pid!));
      this.#child.on("close", (code, signal) => {
        for (const { reject } of this.#waiting.splice(0)) reject(this.#ended(code, signal));
        resolve({ code, signal });
      });
    });
  }

  /**
   * Starts a script, `new URL("./some_peer.ts", import.meta.url)`; arguments go over as text.
   */
  static start(
    runtime: Runtime,
    script: URL,
    args: readonly (string | number)[] = [],
    env: Record<string, string> = {},
    options: PeerOptions = {},
  ): Peer {
    const { prefix, permissions } = options;
    return new Peer(command(runtime, bundled(fileURLToPath(script)), args.map(String), permissions), env, prefix);
  }

  /** Starts any program, which talks in the same way; arguments go over as text. */
  static run(file: string, args: readonly (string | number)[], env: Record<string, string> = {}): Peer {
    return new Peer({ file, args: args.map(String) }, env, undefined);
  }

  /** The process id. */
  get pid(): number {
    return this.#child.pid!;
  }

  /** What it wrote to standard error. */
  get errors(): string {
    return this.#errors;
  }

  /** The next line it prints, parsed. Fails if the process ends first. */
  async next<T>(): Promise<T> {
    const line = this.#lines.shift() ?? await new Promise<string>((resolve, reject) => {
      const { exitCode, signalCode } = this.#child;
      if (exitCode !== null || signalCode !== null) {
        // Its last lines may still be on their way.
        this.exited.then(() => {
          const late = this.#lines.shift();
          if (late === undefined) reject(this.#ended(exitCode, signalCode));
          else resolve(late);
        });
      } else this.#waiting.push({ resolve, reject });
    });
    return JSON.parse(line);
  }

  /** Sends a line of JSON to its standard input. */
  send(value: unknown): void {
    this.#child.stdin!.write(JSON.stringify(value) + "\n");
  }

  /** Sends a signal. */
  kill(signal: "SIGKILL" | "SIGSTOP" | "SIGCONT" | "SIGTERM" = "SIGKILL"): void {
    // Not the child's own `kill`, after which a runtime may take the process for dead although it was only stopped.
    process.kill(this.pid, signal);
  }

  /** Waits for the end and fails unless it was a good one. */
  async succeeded(): Promise<void> {
    const { code, signal } = await this.exited;
    if (code !== 0) throw this.#ended(code, signal);
  }

  #ended(code: number | null, signal: string | null): Error {
    return new Error(`Process ${this.pid} ended with ${signal ?? `code ${code}`}: ${this.#errors}`);
  }
}

function shell(prefix: string, file: string, args: readonly string[]): [file: string, args: string[]] {
  const words = ["sh", "-c", `${prefix} "$0" "$@"`, file, ...args];
  return prefix.startsWith("mount ")
    ? ["unshare", ["--mount", "--map-root-user", ...words]]
    : [words[0], words.slice(1)];
}
