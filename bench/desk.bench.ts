/**
 * The desk on the Binance capture, as fast as possible: events a second from the feed's first line to the last process,
 * the whole way through shared memory; beside the same work in one process, and beside the same processes with JSON
 * over Unix sockets. In turn, each run with new processes, so starting to compile is part of all of them.
 *
 * `SHMKIT_CAPTURES` names the folder with the capture.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { DEFAULT_OPTIONS } from "../examples/desk/supervisor/desk_options.ts";
import { runDesk } from "../examples/desk/supervisor/run_desk.ts";
import { Peer } from "../support/peer.ts";
import { command, thisRuntime } from "../support/runtimes.ts";
import { machine, median, printTable } from "./support/figures.ts";
import { runJson } from "./support/run_json.ts";

const RUNS = 5;
const FILE = "binance-usdm-btcusdt-20240808.jsonl.gz";

/** What each way must find, whichever it is. */
interface Found {
  readonly seconds: number;
  readonly events: number;
  readonly tops: number;
  readonly equal: number;
  readonly trades: number;
}

const folder = process.env.SHMKIT_CAPTURES;
if (folder === undefined) {
  console.log("SKIPPED: SHMKIT_CAPTURES names no folder with captures of market data");
  process.exit(0);
}
const capture = join(folder, FILE);

const ways: Readonly<Record<string, () => Promise<Found>>> = {
  "one process, no channel": baseline,
  "6 processes, shared memory": desk,
  "6 processes, JSON over Unix sockets": sockets,
};
const runs: Record<string, Found[]> = Object.fromEntries(Object.keys(ways).map((name) => [name, []]));
for (let i = 0; i < RUNS; i++) {
  for (const [name, run] of Object.entries(ways)) {
    const found = await run();
    if (found.tops !== 6545 || found.equal !== 6545 || found.trades !== 21_313) {
      throw new Error(`Cannot measure ${name} as it must find what is there: found ${JSON.stringify(found)}`);
    }
    runs[name].push(found);
  }
}

console.log(machine());
const rates = (name: string) => runs[name].map(({ events, seconds }) => events / seconds);
const reference = median(rates("6 processes, JSON over Unix sockets"));
printTable(
  ["Binance capture, 93,954 events", "events/s", "least", "most", "to sockets"],
  Object.keys(ways).map((name) => {
    const all = rates(name);
    const figures = [median(all), Math.min(...all), Math.max(...all)].map((rate) =>
      Math.round(rate).toLocaleString("en")
    );
    return [name, ...figures, `${(median(all) / reference).toFixed(1)} ×`];
  }),
);
console.log(`warm, on the built-in market: ${Math.round(await warmRate()).toLocaleString("en")} events/s`);
process.exit(0);

/** Once the runtimes have compiled, with 66 options to price on each move: the middle one of tenths of a second. */
async function warmRate(): Promise<number> {
  const { timeline, verdict: { complaints } } = await runDesk({ ...DEFAULT_OPTIONS, seconds: 5, speed: 0 });
  if (complaints.length > 0) throw new Error(complaints.join("; "));
  return median(timeline.filter(({ at }) => at > 2).map(({ rates }) => rates.events));
}

function baseline(): Promise<Found> {
  const script = fileURLToPath(new URL("./support/desk_baseline.ts", import.meta.url));
  const { file, args } = command(thisRuntime, script, [capture]);
  return Promise.resolve(runJson<Found>(file, args));
}

async function desk(): Promise<Found> {
  const { receivedSeconds, audit, verdict: { complaints } } = await runDesk({
    ...DEFAULT_OPTIONS,
    files: [capture],
    seconds: Infinity,
    speed: 0,
  });
  if (complaints.length > 0 || receivedSeconds === undefined) throw new Error(complaints.join("; "));
  const { events, tops, equalTops, trades } = audit;
  return { seconds: receivedSeconds, events, tops, equal: equalTops, trades };
}

async function sockets(): Promise<Found> {
  const scratch = mkdtempSync(join(tmpdir(), "shmkit-bench-"));
  const script = new URL("./support/desk_socket.ts", import.meta.url);
  const peers = ["audit", "hedging", "risk", "pricing", "book", "feed"].map((role) =>
    Peer.start(thisRuntime, script, [role, scratch, capture])
  );
  try {
    for (const peer of peers) await peer.next();
    const start = performance.now();
    peers[5].send("go");
    const found = await peers[0].next<Omit<Found, "seconds">>();
    return { ...found, seconds: (performance.now() - start) / 1000 };
  } finally {
    for (const peer of peers) peer.kill();
    await Promise.all(peers.map(({ exited }) => exited));
    rmSync(scratch, { recursive: true });
  }
}
