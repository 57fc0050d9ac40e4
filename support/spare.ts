/**
 * Processes of a script that `serve`s, one soon after the other: each was started before it is wanted.
 *
 * @module
 */
import { basename } from "node:path";
import process from "node:process";
import type { SpareOrder } from "./in_spare.ts";
import { type Exit, Peer } from "./peer.ts";
import type { Runtime } from "./runtimes.ts";

/** Those that wait for what they are to do, by runtime and script. */
const waiting = new Map<string, Peer[]>();
const all = new Set<Peer>();

/** How many are started ahead: more would take the processors from those at work. */
const AHEAD = 1;

/** A process that runs a script. */
export class Spare {
  readonly runtime: Runtime;
  /** The script's name, without its ending. */
  readonly script: string;
  readonly #peer: Peer;
  #hasEnded = false;
  /** Resolves once the process has ended. */
  readonly exited: Promise<Exit>;

  private constructor(runtime: Runtime, script: URL, args: readonly string[]) {
    this.runtime = runtime;
    this.script = basename(script.pathname).replace(/(_peer)?\.ts$/, "");
    const key = `${runtime} ${script}`, spares = waiting.get(key) ?? [];
    waiting.set(key, spares);
    while (spares.length <= AHEAD) {
      const peer = Peer.start(runtime, script, [], { SHMKIT_SPARE: "1" });
      spares.push(peer);
      all.add(peer);
    }
    const peer = this.#peer = spares.shift()!;
    peer.send({ args } satisfies SpareOrder);
    this.exited = peer.exited.then((exit) => {
      this.#hasEnded = true;
      all.delete(peer);
      return exit;
    });
  }

  /** Starts a script; arguments go over as text. */
  static start(runtime: Runtime, script: URL, args: readonly (string | number)[] = []): Spare {
    return new Spare(runtime, script, args.map(String));
  }

  /** Ends all processes, those that wait too. To be called when the tests of a file are done. */
  static async endAll(): Promise<void> {
    waiting.clear();
    const left = [...all];
    for (const peer of left) sendSignal(peer, "SIGKILL");
    await Promise.all(left.map((peer) => peer.exited));
    all.clear();
  }

  /** The process id. */
  get pid(): number {
    return this.#peer.pid;
  }

  /** Whether it runs, or is stopped. */
  get isRunning(): boolean {
    return !this.#hasEnded;
  }

  /** What it wrote to standard error. */
  get errors(): string {
    return this.#peer.errors;
  }

  /** The next line it prints, parsed. Fails if the process ends first. */
  next<T>(): Promise<T> {
    return this.#peer.next();
  }

  /** Sends a line of JSON. */
  send(value: unknown): void {
    this.#peer.send(value);
  }

  /** Sends a signal, unless the process has ended. */
  kill(signal: "SIGKILL" | "SIGSTOP" | "SIGCONT" = "SIGKILL"): void {
    if (this.isRunning) sendSignal(this.#peer, signal);
  }
}

function sendSignal({ pid }: Peer, signal: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as { code?: string }).code !== "ESRCH") throw error; // it has just ended
  }
}
