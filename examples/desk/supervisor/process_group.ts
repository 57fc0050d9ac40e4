import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { command, type Runtime } from "../../../support/runtimes.ts";
import { type Desk, type DeskRole, ROLES } from "../layout/desk.ts";
import { readCounts } from "../layout/process_counts.ts";
import { ProcessRow } from "../layout/records.ts";

/** A process that was ended by something else than the supervisor's word. */
export interface Death {
  readonly role: DeskRole;
  /** How it ended, in words. */
  readonly how: string;
  /** When it was killed, or when its end was noticed, in nanoseconds on the segment's clock. */
  readonly diedAt: number;
  /** From the kill (or, if another process did it, from its detection) until the successor is ready. */
  recoveryMs: number | undefined;
}

/**
 * A process that ends this often within this time, or without having done anything in between, is not going to work.
 */
const MOST_FAILURES = 5, WITHIN_MS = 5000;
/** What a terminal sends to all its processes, and what a supervisor acts on. */
export const INTERRUPTIONS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** How long processes have to end by themselves. */
const GRACE_MS = 10_000;

/** A role and its process. */
interface Player {
  readonly role: DeskRole;
  readonly runtime: Runtime;
  readonly args: readonly string[];
  child: ChildProcess | undefined;
  /** When it was killed, on the segment's clock; NaN if it was not. */
  killedAt: number;
  /** When it ended by itself. */
  readonly failures: number[];
  /** How often in a row that was without any progress, and how many messages it had received at the last time. */
  fruitless: number;
  messages: number;
  /** The death that its start is to make up for. */
  death: Death | undefined;
}

/** Starts a desk's processes, starts those again that die, and ends them. */
export class ProcessGroup {
  /** Deaths so far. */
  readonly deaths: Death[] = [];
  /** A fatal fault: a process that dies again and again. */
  failure: string | undefined;
  readonly #desk: Desk;
  readonly #players: Player[];
  readonly #row = ProcessRow.alloc();
  #isEnding = false;
  readonly #onExit = () => this.#killAll();

  /**
   * Starts nothing yet.
   *
   * @param runtimeOf Which runtime a role runs on.
   * @param argsOf Arguments of a role besides the segment's name.
   */
  constructor(desk: Desk, runtimeOf: (role: DeskRole) => Runtime, argsOf: (role: DeskRole) => readonly string[]) {
    this.#desk = desk;
    this.#players = ROLES.map((role) => ({
      role,
      runtime: runtimeOf(role),
      args: argsOf(role),
      child: undefined,
      killedAt: NaN,
      failures: [],
      fruitless: 0,
      messages: 0,
      death: undefined,
    }));
    process.on("exit", this.#onExit);
  }

  /** Starts all. */
  start(): void {
    for (const player of this.#players) this.#start(player);
  }

  /** Whether all are alive and have reported that they work, and `step` has seen that of all successors. */
  get isReady(): boolean {
    return this.#players.every(({ role, death }) => death === undefined && this.isWorking(role));
  }

  /** Whether a role's process is alive and has reported that it works. */
  isWorking(role: DeskRole): boolean {
    const { child, killedAt } = this.#playerOf(role);
    if (!Number.isNaN(killedAt)) return false; // its end was not noticed yet
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return false;
    if (!this.#desk.processes[role].read(0, this.#row)) return false;
    return this.#row.pid === child.pid && this.#row.readyAt > 0;
  }

  /** Checks whether successors are at work; call it often. */
  step(): void {
    for (const player of this.#players) {
      if (player.death === undefined || !this.isWorking(player.role)) continue;
      player.death.recoveryMs = Math.max(0, this.#row.readyAt - player.death.diedAt) / 1e6;
      player.death = undefined;
    }
  }

  /** `kill -9`. @returns False if it is not at work just now. */
  kill(role: DeskRole): boolean {
    const player = this.#playerOf(role);
    if (!this.isWorking(role) || player.death !== undefined) return false;
    player.killedAt = this.#desk.segment.now();
    // Not the child's own `kill`, of which runtimes remember more than that a signal was sent.
    process.kill(player.child!.pid!, "SIGKILL");
    return true;
  }

  /** The process id of a role. */
  pidOf(role: DeskRole): number | undefined {
    return this.#playerOf(role).child?.pid;
  }

  /** Waits for all to end, as requested; kills those that do not. @returns Their roles. */
  async end(): Promise<DeskRole[]> {
    this.#isEnding = true;
    const late: DeskRole[] = [];
    await Promise.all(this.#players.map(async ({ role, child }) => {
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const timer = setTimeout(() => {
        late.push(role);
        child.kill("SIGKILL");
      }, GRACE_MS);
      await new Promise((resolve) => child.once("exit", resolve));
      clearTimeout(timer);
    }));
    process.off("exit", this.#onExit);
    return late;
  }

  #start(player: Player): void {
    const { role, runtime } = player;
    const script = fileURLToPath(new URL(`../processes/${role}.ts`, import.meta.url));
    const { file, args } = command(runtime, script, [this.#desk.segment.name, ...player.args]);
    const child = spawn(file, args, { stdio: ["ignore", role === "monitor" ? "inherit" : "ignore", "inherit"] });
    player.child = child;
    child.on("error", (error) => this.failure = `${role} cannot be started: ${error.message}`);
    child.on("exit", (code, signal) => {
      if (!this.#isEnding) this.#replace(player, signal ?? `code ${code}`);
    });
  }

  #replace(player: Player, how: string): void {
    const { failures } = player, now = performance.now(), isPlanned = !Number.isNaN(player.killedAt);
    const since = isPlanned ? player.killedAt : this.#desk.segment.now();
    // One that dies before it was ready is followed by one that makes up for the first death.
    if (player.death === undefined) {
      player.death = { role: player.role, how: isPlanned ? "killed" : how, diedAt: since, recoveryMs: undefined };
      this.deaths.push(player.death);
    }
    player.killedAt = NaN;
    if (!isPlanned) failures.push(now);
    // A kill -9 from outside says nothing about whether it would have worked.
    if (!isPlanned && how !== "SIGKILL") this.#countFruitless(player);
    if (failures.filter((time) => now - time < WITHIN_MS).length >= MOST_FAILURES) {
      this.failure = `${player.role} ended ${MOST_FAILURES} times within ${WITHIN_MS / 1000} s, at last with ${how}`;
    } else if (player.fruitless >= MOST_FAILURES) {
      this.failure = `${player.role} ended ${MOST_FAILURES} times without any progress, at last with ${how}`;
    } else this.#start(player);
  }

  #countFruitless(player: Player): void {
    const { messages } = readCounts(this.#desk.counters)(player.role);
    player.fruitless = messages > player.messages ? 1 : player.fruitless + 1;
    player.messages = messages;
  }

  #playerOf(role: DeskRole): Player {
    return this.#players.find((player) => player.role === role)!;
  }

  #killAll(): void {
    for (const { child } of this.#players) {
      if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    }
  }
}
