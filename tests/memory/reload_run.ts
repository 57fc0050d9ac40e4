import process from "node:process";
import { LatestTable, Mutex, Segment, type ShmkitError, struct, u32 } from "../../mod.ts";
import { report } from "../../support/in_peer.ts";

/*
 * One run of a program that is reloaded: it takes a table's writer and a lock, in one of three attachments, and closes
 * none.
 */
const Row = struct("Row", { n: u32 });

/** What a run leaves in the globals for the next one. */
interface Left {
  uses: (() => unknown)[];
}

const codeOf = (use: () => unknown): string => {
  try {
    use();
    return "nothing";
  } catch (error) {
    return (error as ShmkitError).code ?? String(error);
  }
};

export function runOf(name: string, number: number): void {
  const globals = globalThis as { left?: Left }, former = globals.left;
  const segment = Segment.openOrCreate(name, { byteLength: 65_536, maxParticipants: 4, role: `run ${number}` });
  // With the first attachment all is taken back.
  const participants = segment.participants().map(({ role }) => role);
  const others = [Segment.open(name), Segment.open(name, { readOnly: true })];
  const table = segment.openOrCreate("table", LatestTable, { layout: Row, rows: 1 });
  const mutex = segment.openOrCreate("mutex", Mutex, {});
  const writer = table.writer(), row = Row.alloc();
  const kept = table.read(0, row) ? row.n : 0;
  writer.write(0, { n: number });
  const isLocked = mutex.lock({ timeoutMs: 20_000 }), { ownerDied } = mutex;
  if (ownerDied) mutex.markConsistent();
  // A former run in the same globals continues, perhaps by timers: all it has is closed, and it gets nothing new.
  report({ number, participants, kept, isLocked, ownerDied, former: former?.uses.map(codeOf) });
  globals.left = {
    uses: [
      () => writer.write(0, { n: 99 }),
      () => mutex.unlock(),
      () => segment.objects(),
      () => others[0].participants(),
      () => others[1].objects(),
      () => Segment.open(name),
      () => Segment.openOrCreate(name, { byteLength: 65_536 }),
      () => Segment.anonymous({ byteLength: 4096 }),
    ],
  };
  // It ends with the test.
  process.stdin.on("end", () => process.exit(0)).resume();
  setInterval(() => {}, 1000);
}
