import process from "node:process";
import { Broadcast, LatestTable, Mutex, Pipeline, Segment, SeqLock, SpscRing } from "../../mod.ts";
import { orders, peerArgs, report } from "../../support/in_peer.ts";
import { Random } from "../../support/random.ts";
import { Notes } from "../channel/spsc_ring_sample.ts";
import { fillTick, isWholeTick, Job, ROWS, Tick } from "./records.ts";
import { ERRORS, GIVEN, SEEN } from "./notes.ts";

/*
 * What peer.c and peer.py do, too: the same words on the command line, the same lines in return. A record's sequence is
 * its position; a row's, how often it was written.
 */
const [what, name, argument = "0"] = peerArgs;
const segment = Segment.open(name, { role: what, readOnly: what === "watch" });
const count = Number(argument), options = { timeoutMs: 20_000 }, tick = Tick.alloc();
const random = new Random(7);

/** Fails with what is wrong. */
function require(holds: boolean, complaint: string): asserts holds {
  if (holds) return;
  console.error(complaint);
  process.exit(1);
}

const commands: Record<string, () => void> = {
  /** Writes each row `count` times. */
  "table-write"() {
    const writer = segment.open("table", LatestTable, { layout: Tick }).writer();
    report("writing");
    for (let sequence = 1; sequence <= count; sequence++) {
      for (let row = 0; row < ROWS; row++) {
        fillTick(writer.begin(row), sequence);
        writer.commit();
      }
    }
    writer.close();
    report("done");
  },
  /** Reads all rows until each is at `count`. */
  "table-read"() {
    const table = segment.open("table", LatestTable, { layout: Tick }), last = new Array<number>(ROWS).fill(0);
    let torn = 0, backwards = 0, reads = 0, rows = 0;
    report("reading");
    while (rows < ROWS) {
      rows = 0;
      for (let row = 0; row < ROWS; row++) {
        if (!table.read(row, tick)) continue;
        reads++;
        if (!isWholeTick(tick)) torn++;
        if (tick.sequence < last[row]) backwards++;
        last[row] = tick.sequence;
        if (tick.sequence === count) rows++;
      }
    }
    report({ torn, backwards, isEnough: reads >= ROWS });
  },
  "ring-write"() {
    const producer = segment.open("ring", SpscRing, { layout: Tick }).producer();
    for (let next = 0; next < count;) {
      require(producer.claimWait(options) !== undefined, "full for 20 s");
      producer.abort();
      const batch = Math.min(1 + random.below(16), count - next);
      for (let i = 0; i < batch; i++) {
        const record = producer.claim();
        if (record === undefined) break;
        fillTick(record, next++);
      }
      producer.publish();
    }
    producer.close();
    report("done");
  },
  "ring-read"() {
    const consumer = segment.open("ring", SpscRing, { layout: Tick }).consumer();
    let next = 0, torn = 0, wrong = 0;
    while (next < count) {
      const record = consumer.nextWait(options);
      if (record === undefined) break;
      if (!isWholeTick(record)) torn++;
      if (record.sequence !== next) wrong++;
      next++;
    }
    consumer.close();
    report({ received: next, torn, wrong });
  },
  /** Sends for ever, to be killed. */
  "ring-write-on"() {
    const producer = segment.open("ring", SpscRing, { layout: Tick }).producer();
    report("working");
    while (true) {
      require(producer.claimWait(options) !== undefined, "full for 20 s");
      producer.abort();
      for (let batch = 1 + random.below(8); batch > 0; batch--) {
        const record = producer.claim();
        if (record === undefined) break;
        fillTick(record, producer.position + producer.claimed - 1);
      }
      producer.publish();
    }
  },
  /** Receives for ever, and notes what it has seen and freed. */
  "ring-read-on"() {
    const notes = segment.open("notes", Notes, {});
    const consumer = segment.open("ring", SpscRing, { layout: Tick }).consumer();
    let next = -1;
    report("working");
    while (true) {
      consumer.drainWait((record) => {
        const { sequence } = record;
        // A new consumer begins with the records that were not freed; none is lost.
        const isNext = next >= 0 ? sequence === next : sequence >= notes[GIVEN] && sequence <= notes[SEEN];
        if (!isWholeTick(record) || !isNext) notes[ERRORS]++;
        next = sequence + 1;
        if (next > notes[SEEN]) notes[SEEN] = next;
      }, 1 + random.below(32));
      if (next >= 0) notes[GIVEN] = next;
    }
  },
  /** Writes from where the broadcast is to `count`. */
  "broadcast-write"() {
    const broadcast = segment.open("broadcast", Broadcast, { layout: Tick }), writer = broadcast.writer();
    report("working");
    for (let next = broadcast.position; next < count;) {
      const batch = Math.min(1 + random.below(4), count - next);
      for (let i = 0; i < batch; i++) fillTick(writer.claim(), next++);
      writer.publish();
    }
    writer.close();
    report("done");
  },
  /** One of many that write `count` records, in turns; a record's sequence is of its writer, which `check` numbers. */
  "broadcast-share"() {
    const writer = segment.open("shared", Broadcast, { layout: Tick }).writer();
    for (let i = 0; i < count; i++) {
      fillTick(writer.claim(), i);
      writer.publish();
    }
    report("done");
  },
  "broadcast-read"() {
    const reader = segment.open("broadcast", Broadcast, { layout: Tick }).reader({ from: "oldest" });
    let torn = 0, wrong = 0, received = 0;
    report("reading");
    const first = reader.position;
    while (reader.position < count) {
      if (!reader.shiftWait(tick, options)) break;
      if (!isWholeTick(tick)) torn++;
      received++;
      if (tick.sequence !== reader.position - 1 || received + reader.lost !== reader.position - first) wrong++;
    }
    report({ torn, wrong, total: received + reader.lost, isSome: received > 0 });
  },
  watch: () => commands["broadcast-read"](),
  /** Writes `count` jobs. */
  "pipeline-write"() {
    const writer = segment.open("pipeline", Pipeline, { layout: Job }).writer(), job = Job.alloc();
    for (let sequence = 0; sequence < count; sequence++) {
      Job.assign(job, { sequence, book: 0, pricing: 0 });
      require(writer.pushWait(job, options), "no space for 20 s");
    }
    writer.close();
    report("done");
  },
  book: () => readJobs("book"),
  pricing: () => readJobs("pricing"),
  /** Adds to a plain counter under the mutex. */
  count() {
    const mutex = segment.open("mutex", Mutex, {}), notes = segment.open("notes", Notes, {});
    for (let there = 0, isHere = 0; there < 2; isHere = 1) { // both begin at once
      mutex.lock();
      there = notes[3] += 1 - isHere;
      mutex.unlock();
    }
    for (let i = 0; i < count; i++) {
      mutex.lock();
      notes[0]++;
      mutex.unlock();
    }
    report("done");
  },
  /** Changes two words that must be equal, under the mutex, for ever. */
  "count-on"() {
    const mutex = segment.open("mutex", Mutex, {}), notes = segment.open("notes", Notes, {});
    report("working");
    while (true) {
      mutex.lock();
      if (mutex.ownerDied) {
        notes[0] = notes[1] = Math.max(notes[0], notes[1]);
        mutex.markConsistent();
      } else if (notes[0] !== notes[1]) notes[ERRORS]++;
      notes[0]++;
      for (let i = random.below(100); i > 0; i--) notes[2] += i;
      notes[1]++;
      mutex.unlock();
    }
  },
  /** Holds the mutex until it dies. */
  hold() {
    require(segment.open("mutex", Mutex, {}).lock(options), "not free for 20 s");
    report("held");
    setInterval(() => {}, 1000);
  },
  /** Takes the mutex over, and repairs nothing if `count` is 0. */
  take() {
    const mutex = segment.open("mutex", Mutex, {});
    report("taking");
    require(mutex.lock(options), "not free for 20 s");
    const { ownerDied } = mutex;
    if (ownerDied && count > 0) mutex.markConsistent();
    mutex.unlock();
    report(ownerDied);
  },
  /** Dies within a write of the seqlock. */
  "seqlock-half"() {
    const lock = segment.open("seqlock", SeqLock, {});
    lock.lock();
    lock.beginWrite().f64[0] = -1;
    report("writing");
    setInterval(() => {}, 1000);
  },
  /** Writes the record `count` times: eight equal numbers. */
  "seqlock-write"() {
    const lock = segment.open("seqlock", SeqLock, {});
    for (let i = 1; i <= count; i++) lock.write(({ f64 }) => void f64.fill(i, 0, 8));
    report("done");
  },
  /** Reads until it is at `count`. */
  "seqlock-read"() {
    const lock = segment.open("seqlock", SeqLock, {}), seen = new Float64Array(8);
    let torn = 0;
    report("reading");
    do {
      lock.read(({ f64 }) => void seen.set(f64.subarray(0, 8) as Float64Array));
      if (seen.some((value) => value !== seen[0])) torn++;
    } while (seen[0] < count);
    report({ torn });
  },
};

function readJobs(reader: "book" | "pricing"): void {
  const jobs = segment.open("pipeline", Pipeline, { layout: Job }).reader(reader, { from: "oldest" });
  let received = 0, wrong = 0;
  report("reading");
  while (received < count) {
    const job = jobs.nextWait(options);
    if (job === undefined) break;
    if (job.sequence !== received) wrong++;
    if (reader === "pricing" && job.book !== job.sequence + 1) wrong++;
    job[reader] = job.sequence + 1;
    received++;
  }
  jobs.close();
  report({ received, wrong });
}

if (what === "count" || what.endsWith("-on")) {
  report("ready");
  for await (const _ of orders()) {
    commands[what]();
    break;
  }
} else commands[what]();
if (what !== "hold" && what !== "seqlock-half") process.exit(0);
