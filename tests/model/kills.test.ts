import { assert, assertEquals, assertGreater } from "@std/assert";
import { readFileSync } from "node:fs";
import { after, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { buildWithPoints } from "../../support/explorer/build.ts";
import type { RealProgram, Report, Task } from "../../support/explorer/points_peer.ts";
import { Spare } from "../../support/spare.ts";
import { thisRuntime } from "../../support/runtimes.ts";

/** Whom to kill, in which scenario. */
interface Case {
  /** `part: title`. */
  readonly scenario: string;
  readonly victim: string;
  /**
   * Another, and a part of the text of the point where it is stopped while the victim runs: the victim meets it there.
   */
  readonly inTheWay?: readonly [actor: string, point: string];
  /** Whether it can wait for what the others do, which therefore begin when it does not go on by itself. */
  readonly needsOthers?: boolean;
}

const LOCKS = ["Mutex", "SpinLock", "TicketLock", "RwLock", "Semaphore", "SeqLock"];
const TRIES = "one takes it, one tries, one waits a while";

const CASES: readonly Case[] = [
  ...LOCKS.map((part) => ({ scenario: `${part}: ${TRIES}`, victim: "ann" })),
  ...["Mutex", "TicketLock", "Semaphore"].map((part): Case => ({
    scenario: `${part}: two take it twice`,
    victim: "ann",
    inTheWay: ["bob", "data[1]"],
  })),
  { scenario: "RwLock: a writer and a reader", victim: "reader0" },
  {
    scenario: "RwLock: a writer and a reader",
    victim: "reader0",
    inTheWay: ["writer0", "data[1]"],
  },
  {
    scenario: "RwLock: a writer and a reader",
    victim: "writer0",
    inTheWay: ["reader0", "data[1]"],
  },
  { scenario: "SeqLock: a writer dies, another repairs, one reads", victim: "ann" },
  { scenario: "Condition: one waits for one thing", victim: "producer" },
  { scenario: "Event: two wait until it is set", victim: "cyd" },
  { scenario: "Barrier: one of two dies, and another takes its place", victim: "ann" },
  { scenario: "Once: three run it", victim: "ann" },
];

const SHARING = "two of many writers, three records each", PRODUCING = "two of many producers give three messages each";

/** Channels: whoever has a role dies, from before it has it, and an heir or the others go on. */
const CHANNEL_CASES: readonly Case[] = [
  ...["producer", "consumer"].flatMap((victim): Case[] => [
    {
      scenario: "SpscRing: four records through a ring of two, by producers and consumers that inherit",
      victim,
    },
    { scenario: "MpmcQueue: two give three each, two take", victim },
    { scenario: "ByteRing: four messages by producers and consumers that inherit", victim },
  ]),
  { scenario: `ByteRing: ${PRODUCING}`, victim: "producer" },
  ...["writer", "first"].map((victim): Case => ({
    scenario: "Pipeline: four records, changed by a first reader, which dies and has an heir, as the writer has",
    victim,
  })),
  ...["writer", "reader"].map((victim): Case => ({
    scenario: "Broadcast: four records by a writer that has an heir, to two readers",
    victim,
  })),
  { scenario: `Broadcast: ${SHARING}`, victim: "writer" },
  {
    scenario: "LatestTable: a row is written four times, by a writer that has an heir",
    victim: "writer",
  },
].map((one) => ({ ...one, needsOthers: true }));

/** Bun's and Deno's runner take half of the cases each, such that each kills every lock, in one of the two ways. */
const SHARE = thisRuntime === "bun" ? 0 : 1;

/** For how long one that does not come to its point is waited for: it sleeps, until who is in its way goes on. */
const ASLEEP_MS = 25;
/** For how long the others run before the victim is killed: some wait for it by then. */
const MEANWHILE_MS = 5;
const ENOUGH_MS = 10_000;

const { program, peer } = buildWithPoints("tests/model/kills/all.ts"), SCRIPT = pathToFileURL(peer);
const { scenarios, Segment, enterSegment }: RealProgram = await import(pathToFileURL(program).href);

const kills = new Map<string, number>();

/** The processes of one case. Those that live take part in one run after the other. */
class Cast {
  readonly #scenario: string;
  readonly #idle: Spare[] = [];
  #spare: [Spare, Promise<unknown>] | undefined;
  readonly #all = new Set<Spare>();

  constructor(scenario: string) {
    this.#scenario = scenario;
  }

  /** One that is ready, and another that gets ready meanwhile: the next one killed is replaced without a wait. */
  async take(): Promise<Spare> {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    const [peer, ready] = this.#spare ?? this.#start();
    this.#spare = this.#start();
    assertEquals(await ready, "ready");
    return peer;
  }

  #start(): [Spare, Promise<unknown>] {
    const peer = Spare.start(thisRuntime, SCRIPT, [this.#scenario]), ready = peer.next();
    ready.catch(() => {}); // killed before it was ready
    this.#all.add(peer);
    return [peer, ready];
  }

  giveBack(peer: Spare): void {
    this.#idle.push(peer);
  }

  async kill(peer: Spare): Promise<void> {
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
  { scenario: name, victim, inTheWay, needsOthers = false }: Case,
  cast: Cast,
): Promise<string | undefined> {
  const scenario = scenarios.find(({ part, title }) => `${part}: ${title}` === name)!;
  using segment = Segment.anonymous({ byteLength: 1 << 16, maxParticipants: 16, role: "test" });
  enterSegment(segment, undefined);
  const { actors, check, mayWaitForEver, hasDied } = scenario.start();
  const others = Object.keys(actors).filter((actor) => actor !== victim);
  const attach = async (actor: string, stopAt?: number | string) => {
    const peer = await cast.take(), task: Task = { segment: segment.name, actor, stopAt };
    peer.send(task);
    assertEquals(await within(peer.next()), "attached");
    return peer;
  };
  const finish = async (peer: Spare) => {
    assertEquals(await within(peer.next<Report>()), { done: true }, `${name}, point ${n}`);
    cast.giveBack(peer);
  };

  // All attach before anybody acts, one after the other: to attach may take the lock for a moment.
  const rest = others.filter((actor) => actor !== inTheWay?.[0]), living: Spare[] = [];
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
  const coming = dying.next<Report>(), longest = needsOthers || blocker !== undefined ? ASLEEP_MS : ENOUGH_MS;
  const isThere = await Promise.race([coming.then(() => true), delay(longest, false, { ref: false })]);
  blocker?.kill("SIGCONT");
  const isEarly = (i: number): boolean => !isThere && needsOthers && !isHeir(rest[i]);
  living.forEach((peer, i) => isEarly(i) && peer.send("go"));
  const report = await within(coming), isDead = "stopped" in report;
  const isHopeless = isDead && mayWaitForEver?.({ dead: [victim] }) === true;
  if (!isHopeless) living.forEach((peer, i) => isEarly(i) || peer.send("go"));
  if (isDead) {
    await delay(MEANWHILE_MS);
    await cast.kill(dying);
    hasDied?.(victim);
  } else {
    assertEquals(report, { done: true }, `${name}, point ${n}`);
    cast.giveBack(dying);
  }
  if (blocker !== undefined) await finish(blocker);
  for (const peer of living) await (isHopeless ? cast.kill(peer) : finish(peer));
  check?.({ dead: isDead ? [victim] : [] });
  return isDead ? report.stopped : undefined;
}

/** Who only takes over: it begins when the victim has been stopped, and so finds its role taken at first. */
function isHeir(actor: string): boolean {
  return actor.startsWith("next");
}

/** Waits until the kernel has stopped a process: one that is told to go on before that would not. */
async function untilStopped({ pid }: Spare): Promise<void> {
  while (!/\) T /.test(readFileSync(`/proc/${pid}/stat`, "utf8"))) await delay(1);
}

async function within<T>(promise: Promise<T>): Promise<T> {
  const late = Symbol();
  const first = await Promise.race([promise, delay(ENOUGH_MS, late, { ref: false })]);
  if (first === late) throw new Error(`Nothing came for ${ENOUGH_MS} ms`);
  return first as T;
}

describe("kill -9 between any two accesses to shared memory", { timeout: 600_000 }, () => {
  after(() => Spare.endAll());

  const isOwn = (_: Case, i: number): boolean => i % 2 === SHARE;
  const locks = CASES.filter((one, i) => isOwn(one, i + Math.floor(i / LOCKS.length)));
  for (const one of [...locks, ...CHANNEL_CASES.filter(isOwn)]) {
    const met = one.inTheWay === undefined ? "" : `, which met ${one.inTheWay[0]}`;
    it(`${one.scenario}: of ${one.victim}${met}`, async () => {
      const cast = new Cast(one.scenario), places = new Set<string>();
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
