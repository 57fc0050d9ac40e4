import { assertEquals } from "@std/assert";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { thisRuntime } from "../../../support/runtimes.ts";
import { Spare } from "../../../support/spare.ts";

/** How long the others run before the victim is killed: some wait for it by then. */
export const MEANWHILE_MS = 5;
/** How long to wait for what another process does, however busy the machine is. */
export const ENOUGH_MS = 30_000;

/** The processes of one case. The living take part in one run after the other. */
export class Cast {
  readonly #script: URL;
  readonly #args: readonly string[];
  readonly #idle: Spare[] = [];
  #spare: [Spare, Promise<unknown>] | undefined;
  readonly #all = new Set<Spare>();

  /**
   * @param script What each of them runs; it says "ready" when it has begun.
   * @param args Its arguments.
   */
  constructor(script: URL, args: readonly string[]) {
    this.#script = script;
    this.#args = args;
  }

  /** Returns a ready process, and starts another meanwhile, so that the next one killed is replaced without a wait. */
  async take(): Promise<Spare> {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    const [peer, ready] = this.#spare ?? this.#start();
    this.#spare = this.#start();
    assertEquals(await ready, "ready");
    return peer;
  }

  #start(): [Spare, Promise<unknown>] {
    const peer = Spare.start(thisRuntime, this.#script, this.#args), ready = peer.next();
    ready.catch(() => {}); // killed before it was ready
    this.#all.add(peer);
    return [peer, ready];
  }

  /** It has done its part, and can have another one. */
  release(peer: Spare): void {
    this.#idle.push(peer);
  }

  /** Kills one, and waits until it is gone. */
  async kill(peer: Spare): Promise<void> {
    this.#all.delete(peer);
    peer.kill("SIGKILL");
    await peer.exited;
  }

  /** Kills all. */
  async end(): Promise<void> {
    await Promise.all([...this.#all].map((peer) => this.kill(peer)));
  }
}

/** Waits until the kernel has stopped a process, which reports right before: a `SIGCONT` earlier has no effect. */
export async function untilStopped({ pid }: Spare): Promise<void> {
  while (!/\) T /.test(readFileSync(`/proc/${pid}/stat`, "utf8"))) await delay(1);
}

/** Waits for a message, which must come. */
export async function within<T>(promise: Promise<T>): Promise<T> {
  const late = Symbol();
  const first = await Promise.race([promise, delay(ENOUGH_MS, late, { ref: false })]);
  if (first === late) throw new Error(`No message came for ${ENOUGH_MS} ms`);
  return first as T;
}
