import { assert, assertEquals, assertGreater } from "@std/assert";
import { readFileSync } from "node:fs";
import { after, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { buildWithPoints } from "../../support/explorer/build.ts";
import type { RealProgram, Report, Task } from "../../support/explorer/points_peer.ts";
import { Peer } from "../../support/peer.ts";
import { thisRuntime } from "../../support/runtimes.ts";

/** Whom to kill, in which scenario. */
interface Case {
  readonly file: string;
  /** `part: title`. */
  readonly scenario: string;
  readonly victim: string;
  /**
   * Another, and a part of the text of the point where it is stopped while the victim runs: the victim meets it there.
   */
  readonly inTheWay?: readonly [actor: string, point: string];
}

const LOCKS = ["Mutex", "SpinLock", "TicketLock", "RwLock", "Semaphore", "SeqLock"];
const TRIES = "one takes it, one tries, one waits a while";

const CASES: readonly Case[] = [
  ...LOCKS.map((part) => ({ file: "exclusion", scenario: `${part}: ${TRIES}`, victim: "ann" })),
  ...["Mutex", "TicketLock", "Semaphore"].map((part): Case => ({
    file: "exclusion",
    scenario: `${part}: two take it twice`,
    victim: "ann",
    inTheWay: ["bob", "data[1]"],
  })),
  { file: "rw_lock", scenario: "RwLock: a writer and a reader", victim: "reader0" },
  { file: "rw_lock", scenario: "RwLock: a writer and a reader", victim: "reader0", inTheWay: ["writer0", "data[1]"] },
  { file: "rw_lock", scenario: "RwLock: a writer and a reader", victim: "writer0", inTheWay: ["reader0", "data[1]"] },
  { file: "seq_lock", scenario: "SeqLock: a writer dies, another repairs, one reads", victim: "ann" },
  { file: "condition", scenario: "Condition: one waits for one thing", victim: "producer" },
  { file: "event", scenario: "Event: two wait until it is set", victim: "cyd" },
  { file: "barrier", scenario: "Barrier: one of two dies, and another takes its place", victim: "ann" },
  { file: "once", scenario: "Once: three run it", victim: "ann" },
];

/** Bun's and Deno's runner take half of the cases each, such that each kills every lock, in one of the two ways. */
const SHARE = thisRuntime === "bun" ? 0 : 1;

/** For how long one that does not come to its point is waited for: it sleeps, until who is in its way goes on. */
const ASLEEP_MS = 25;
/** For how long the others run before the victim is killed: some wait for it by then. */
const MEANWHILE_MS = 5;
const ENOUGH_MS = 10_000;

const programs = new Map<string, { program: RealProgram; peer: URL }>();
for (const file of new Set(CASES.map(({ file }) => file))) {
  const { program, peer } = buildWithPoints(`tests/model/scenarios/${file}.ts`);
  programs.set(file, { program: await import(pathToFileURL(program).href), peer: pathToFileURL(peer) });
}

const kills = new Map<string, number>();

/** The processes of one case. Those that live take part in one run after the other. */
class Cast {
  readonly #script: URL;
  readonly #scenario: string;
  readonly #idle: Peer[] = [];
  #spare: [Peer, Promise<unknown>] | undefined;
  readonly #all = new Set<Peer>();

  constructor(script: URL, scenario: string) {
    this.#script = script;
    this.#scenario = scenario;
  }

  /** One that is ready, and another that gets ready meanwhile: the next one killed is replaced without a wait. */
  async take(): Promise<Peer> {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    const [peer, ready] = this.#spare ?? this.#start();
    this.#spare = this.#start();
    assertEquals(await ready, "ready");
    return peer;
  }

  #start(): [Peer, Promise<unknown>] {
    const peer = Peer.start(thisRuntime, this.#script, [this.#scenario]), ready = peer.next();
    ready.catch(() => {}); // killed before it was ready
    this.#all.add(peer);
    return [peer, ready];
  }

  giveBack(peer: Peer): void {
    this.#idle.push(peer);
  }

  async kill(peer: Peer): Promise<void> {
    this.#all.delete(peer);
    peer.kill("SIGKILL");
    await peer.exited;
  }

  async end(): Promise<void> {
    await Promise.all([...this.#all].map((peer) => this.kill(peer)));
  }
}

/** One run in which the victim is killed at its n-th point. Returns where that was; undefined if it came to its end. */
async function killAt(
  n: number,
  { file, scenario: name, victim, inTheWay }: Case,
  cast: Cast,
): Promise<string | undefined> {
  const { program: { scenarios, Segment, enterSegment } } = programs.get(file)!;
  const scenario = scenarios.find(({ part, title }) => `${part}: ${title}` === name)!;
  using segment = Segment.anonymous({ byteLength: 1 << 16, maxParticipants: 16, role: "test" });
  enterSegment(segment, undefined);
  const { actors, check, mayWaitForEver } = scenario.start();
  const others = Object.keys(actors).filter((actor) => actor !== victim);
  const attach = async (actor: string, stopAt?: number | string) => {
    const peer = await cast.take(), task: Task = { segment: segment.name, actor, stopAt };
    peer.send(task);
    assertEquals(await within(peer.next()), "attached");
    return peer;
  };
  const finish = async (peer: Peer) => {
    assertEquals(await within(peer.next<Report>()), { done: true }, `${name}, point ${n}`);
    cast.giveBack(peer);
  };

  // All attach before anybody acts, one after the other: to attach may take the lock for a moment.
  const rest = others.filter((actor) => actor !== inTheWay?.[0]), living: Peer[] = [];
  const blocker = inTheWay === undefined ? undefined : await attach(...inTheWay);
  const dying = await attach(victim, n);
  for (const actor of rest) living.push(await attach(actor));
  if (blocker !== undefined) {
    blocker.send("go");
    const report = await within(blocker.next<Report>());
    assert("stopped" in report, `${inTheWay} is never there: ${JSON.stringify(report)}`);
    await untilStopped(blocker); // it says so right before
  }
  dying.send("go");
  const coming = dying.next<Report>();
  await Promise.race([coming, delay(blocker === undefined ? ENOUGH_MS : ASLEEP_MS, undefined, { ref: false })]);
  blocker?.kill("SIGCONT");
  const report = await within(coming), isDead = "stopped" in report;
  const isHopeless = isDead && mayWaitForEver?.({ dead: [victim] }) === true;
  if (!isHopeless) { for (const peer of living) peer.send("go"); }
  if (isDead) {
    await delay(MEANWHILE_MS);
    await cast.kill(dying);
  } else {
    assertEquals(report, { done: true }, `${name}, point ${n}`);
    cast.giveBack(dying);
  }
  if (blocker !== undefined) await finish(blocker);
  for (const peer of living) await (isHopeless ? cast.kill(peer) : finish(peer));
  check?.({ dead: isDead ? [victim] : [] });
  return isDead ? report.stopped : undefined;
}

/** Waits until the kernel has stopped a process: one that is told to go on before that would not. */
async function untilStopped({ pid }: Peer): Promise<void> {
  while (!/\) T /.test(readFileSync(`/proc/${pid}/stat`, "utf8"))) await delay(1);
}

async function within<T>(promise: Promise<T>): Promise<T> {
  const late = Symbol();
  const first = await Promise.race([promise, delay(ENOUGH_MS, late, { ref: false })]);
  if (first === late) throw new Error(`Nothing came for ${ENOUGH_MS} ms`);
  return first as T;
}

describe("kill -9 between any two accesses to shared memory", { timeout: 600_000 }, () => {
  for (const one of CASES.filter((_, i) => (i + Math.floor(i / LOCKS.length)) % 2 === SHARE)) {
    const met = one.inTheWay === undefined ? "" : `, which met ${one.inTheWay[0]}`;
    it(`${one.scenario}: of ${one.victim}${met}`, async () => {
      const cast = new Cast(programs.get(one.file)!.peer, one.scenario), places = new Set<string>();
      try {
        let n = 1;
        for (let place = await killAt(n, one, cast); place !== undefined; place = await killAt(++n, one, cast)) {
          places.add(place);
        }
        assertGreater(n, 2);
        const part = one.scenario.replace(/:.*/, "");
        kills.set(part, (kills.get(part) ?? 0) + n - 1);
      } finally {
        await cast.end();
      }
    });
  }

  after(() =>
    console.log(`killed in ${thisRuntime}: ${[...kills].map(([part, count]) => `${part} ${count}`).join(", ")}`)
  );
});
