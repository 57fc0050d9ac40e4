import { assert, assertEquals, assertGreater } from "@std/assert";
import { after, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { buildWithPoints } from "../../support/explorer/build.ts";
import type { RealProgram, Report, Task } from "../../support/explorer/points_peer.ts";
import { Spare } from "../../support/spare.ts";
import { thisRuntime } from "../../support/runtimes.ts";
import { Cast, ENOUGH_MS, MEANWHILE_MS, untilStopped, within } from "./kills/cast.ts";

/** A scenario, and the actor to kill in it. */
interface Case {
  /** `part: title`. */
  readonly scenario: string;
  readonly victim: string;
  /**
   * Another actor, and a part of the text of the point where it is stopped while the victim runs, in its way.
   */
  readonly inTheWay?: readonly [actor: string, point: string];
  /** Whether the victim can wait for the others, which therefore begin when it does not continue by itself. */
  readonly needsOthers?: boolean;
}

const LOCKS = ["Mutex", "SpinLock", "TicketLock", "RwLock", "Semaphore", "SeqLock"];
const TRIES = "one locks, one tries to, one waits with a timeout";

const CASES: readonly Case[] = [
  ...LOCKS.map((part) => ({ scenario: `${part}: ${TRIES}`, victim: "ann" })),
  ...["Mutex", "TicketLock", "Semaphore"].map((part): Case => ({
    scenario: `${part}: two lock twice`,
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
  { scenario: "Condition: one waits for one item", victim: "producer" },
  { scenario: "Event: two wait until it is set", victim: "cyd" },
  { scenario: "Barrier: one of two dies, and another takes its place", victim: "ann" },
  { scenario: "Once: three run the function", victim: "ann" },
];

const SHARING = "two of many writers, three records each", PRODUCING = "two of many producers send three messages each";

/** Channels: the holder of a role dies, at any point from before it has it, and an heir or the others continue. */
const CHANNEL_CASES: readonly Case[] = [
  ...["producer", "consumer"].flatMap((victim): Case[] => [
    {
      scenario: "SpscRing: four records through a ring of two, by producers and consumers with heirs",
      victim,
    },
    { scenario: "MpmcQueue: two push three each, two shift", victim },
    { scenario: "ByteRing: four messages by producers and consumers with heirs", victim },
  ]),
  { scenario: `ByteRing: ${PRODUCING}`, victim: "producer" },
  ...["writer", "first"].map((victim): Case => ({
    scenario: "Pipeline: four records, changed by a first reader; it and the writer have heirs",
    victim,
  })),
  ...["writer", "reader"].map((victim): Case => ({
    scenario: "Broadcast: four records by a writer with an heir, for two readers",
    victim,
  })),
  { scenario: `Broadcast: ${SHARING}`, victim: "writer" },
  {
    scenario: "LatestTable: a row written four times, by a writer with an heir",
    victim: "writer",
  },
].map((one) => ({ ...one, needsOthers: true }));

/** Bun's and Deno's runners share the cases, so that each kills every lock, in one of the two ways. */
const SHARE = thisRuntime === "bun" ? 0 : 1;

/** How long to wait for a victim that does not reach its point: it sleeps until the actor in its way continues. */
const ASLEEP_MS = 25;

const { program, peer } = buildWithPoints("tests/model/kills/all.ts"), SCRIPT = pathToFileURL(peer);
const { scenarios, Segment, enterSegment }: RealProgram = await import(pathToFileURL(program).href);

const kills = new Map<string, number>();

/** Runs once, and kills the victim at its n-th point. Returns the point; undefined if the victim reached its end. */
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
    cast.release(peer);
  };

  // All attach before any acts, one after the other: attaching may take the lock for a moment.
  const rest = others.filter((actor) => actor !== inTheWay?.[0]), living: Spare[] = [];
  const blocker = inTheWay === undefined ? undefined : await attach(...inTheWay);
  const dying = await attach(victim, n);
  for (const actor of rest) living.push(await attach(actor));
  if (blocker !== undefined) {
    blocker.send("go");
    const report = await within(blocker.next<Report>());
    assert("stopped" in report, `${inTheWay} is never reached: ${JSON.stringify(report)}`);
    await untilStopped(blocker);
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
    cast.release(dying);
  }
  if (blocker !== undefined) await finish(blocker);
  for (const peer of living) await (isHopeless ? cast.kill(peer) : finish(peer));
  check?.({ dead: isDead ? [victim] : [] });
  return isDead ? report.stopped : undefined;
}

/** Whether an actor only takes over: it begins when the victim is stopped, and so finds the role taken at first. */
function isHeir(actor: string): boolean {
  return actor.startsWith("next");
}

describe("kill -9 between any two accesses to shared memory", { timeout: 600_000 }, () => {
  after(() => Spare.endAll());

  const isOwn = (_: Case, i: number): boolean => i % 2 === SHARE;
  const locks = CASES.filter((one, i) => isOwn(one, i + Math.floor(i / LOCKS.length)));
  for (const one of [...locks, ...CHANNEL_CASES.filter(isOwn)]) {
    const met = one.inTheWay === undefined ? "" : `, which met ${one.inTheWay[0]}`;
    it(`${one.scenario}: of ${one.victim}${met}`, async () => {
      const cast = new Cast(SCRIPT, [one.scenario]), places = new Set<string>();
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
